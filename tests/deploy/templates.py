"""CloudFormation templates, read and resolved without AWS.

What only a deployment knows stays a symbol: `<StateMachineArns>` for a parameter, `<Table>` for a
reference to a resource, `<Table.Arn>` for its attribute.
"""

import json
import pickle
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
NAMES = (
    "container",
    "serverless",
    "state-machines",
    "push",
    "callbacks",
    "events",
    "destination",
    "alarms",
    "endpoints",
)

PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::URLSuffix": "amazonaws.com",
}
GIVEN = {
    "BusCache": "true",
    "Environment": "dev",
    "FunctionPrefix": "",
    "LogExecutionData": "false",
    "SetApiGatewayLogRole": "true",
    "StreamMode": "PROVISIONED",
    "WithFunctions": "true",
}
"""Parameters whose value decides something; every other one is set to its symbol."""

_LEFT_OUT = object()
_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")


class _Loader(yaml.SafeLoader):
    """`!Sub x` as `{"Fn::Sub": x}`, CloudFormation's own long form."""


def _long_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        text = loader.construct_scalar(node)
        return {name: text.split(".", 1) if tag == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _long_form)


def load(name: str) -> dict[str, Any]:
    """The template as it is written, the caller's to change."""
    template: dict[str, Any] = pickle.loads(_loaded(name))  # noqa: S301 ours, from below
    return template


@cache
def _loaded(name: str) -> bytes:
    """Pickled: that copies five times as fast as `deepcopy`."""
    text = (DEPLOY / f"{name}.yaml").read_text(encoding="utf-8")
    loaded = yaml.load(text, _Loader)  # noqa: S506 a subclass of SafeLoader
    assert isinstance(loaded, dict)
    loaded["Resources"] = dict(_each_repeated(loaded["Resources"]))
    return pickle.dumps(loaded)


def _each_repeated(resources: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What AWS::LanguageExtensions makes of `Fn::ForEach` over a parameter with one value."""
    for id, resource in resources.items():
        if not id.startswith("Fn::ForEach::"):
            yield id, resource
            continue
        name, collection, repeated = resource
        only = {"Fn::Select": [0, collection]}
        text = json.dumps(repeated).replace(json.dumps({"Ref": name}), json.dumps(only))
        text = text.replace(f"${{{name}}}", f"${{{collection['Ref']}}}")
        yield from json.loads(text.replace(f"&{{{name}}}", collection["Ref"])).items()


class Template:
    """One template with its functions worked out. `given` goes over GIVEN."""

    def __init__(self, raw: Mapping[str, Any], **given: str) -> None:
        self._raw = raw
        self._given = GIVEN | given
        made: dict[str, Any] = {}
        for id, resource in raw["Resources"].items():
            condition = resource.get("Condition")
            if condition is None or self.holds(condition):
                made[id] = self.resolve(resource)
        self.resources = made
        self.outputs: dict[str, Any] = {
            name: self.resolve(output["Value"])
            for name, output in raw.get("Outputs", {}).items()
            if "Condition" not in output or self.holds(output["Condition"])
        }

    @property
    def parameters(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._raw.get("Parameters", {})
        return found

    def rule(self, name: str) -> dict[str, Any]:
        """As it is written."""
        found: dict[str, Any] = self._raw["Rules"][name]
        return found

    def of(self, type: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Ids and properties of the resources of a type (`Lambda::Function`)."""
        for id, resource in self.resources.items():
            if resource["Type"] == f"AWS::{type}":
                yield id, resource.get("Properties", {})

    def properties(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.resources[id]["Properties"]
        return found

    def holds(self, condition: str) -> bool:
        return bool(self.resolve(self._raw["Conditions"][condition]))

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [found for each in value if (found := self.resolve(each)) is not _LEFT_OUT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return self._ref(argument)
            if name == "Condition" and isinstance(argument, str):
                return self.holds(argument)
            if name.startswith("Fn::"):
                return self._call(name.removeprefix("Fn::"), argument)
        resolved = {key: self.resolve(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not _LEFT_OUT}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _LEFT_OUT
        if name in PSEUDO:
            return PSEUDO[name]
        symbol = self._given.get(name, f"<{name}>")
        type = self.parameters.get(name, {}).get("Type", "String")
        return [symbol] if type.startswith(("List<", "CommaDelimitedList")) else symbol

    def _call(self, name: str, argument: Any) -> Any:
        if name == "If":
            condition, then, otherwise = argument
            return self.resolve(then if self.holds(condition) else otherwise)
        if name == "GetAtt":
            return f"<{'.'.join(argument)}>"
        if name == "Sub":
            return self._sub(argument)
        return _CALLS[name](self.resolve(argument))

    def _sub(self, argument: Any) -> str:
        text, values = argument if isinstance(argument, list) else (argument, {})

        def found(match: re.Match[str]) -> str:
            name = match[1]
            if name in values:
                return str(self.resolve(values[name]))
            return f"<{name}>" if "." in name else ",".join(listed(self._ref(name)))

        return _PLACEHOLDER.sub(found, text)


_CALLS: Mapping[str, Callable[[list[Any]], Any]] = {
    "And": all,
    "Equals": lambda both: both[0] == both[1],
    "Join": lambda parts: parts[0].join(parts[1]),
    "Not": lambda one: not one[0],
    "Or": any,
    "Select": lambda both: both[1][both[0]],
    "Split": lambda both: _split(*both),
}


def _split(separator: str, text: str) -> list[str]:
    """A symbol has as many parts as anybody may want of an ARN."""
    if text.startswith("<"):
        return [f"{text[:-1]}{separator}{part}>" for part in range(8)]
    return text.split(separator)


def deployed(name: str, **given: str) -> Template:
    return Template(load(name), **given)


def listed(value: Any) -> list[Any]:
    """What may be written as one or as a list of several; lists in it are opened."""
    if not isinstance(value, list):
        return [value]
    return [inner for each in value for inner in listed(each)]
