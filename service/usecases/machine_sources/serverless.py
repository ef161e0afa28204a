"""Turns a serverless.yml with `stepFunctions` into the CloudFormation template it stands for.

https://www.serverless.com/framework/docs/providers/aws/guide/variables
https://github.com/serverless-operations/serverless-step-functions
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json

from .definition_files import document
from .stack_resources import ACCOUNT, REGION
from .stack_values import UNDECIDED

_VARIABLE = re.compile(r"\$\{((?!AWS::)[a-zA-Z]+(?:\([^(){}]*\))?:?[^${}]*)\}")
_SOURCE = re.compile(r"(?P<source>[a-zA-Z]+)(?:\((?P<argument>[^()]*)\))?:?(?P<path>.*)", re.DOTALL)
_LITERAL = re.compile(
    r"'(?P<text>[^']*)'|\"(?P<quoted>[^\"]*)\"|(?P<word>true|false|null|-?[0-9]+)"
)
_MOST_ROUNDS = 20
_ABSENT = object()


def stack_of(document: Json, path: Path) -> Json:
    """Functions and state machines stand in it by their key and by their logical id. Raises
    InvalidDefinition where it has none."""
    found = _Variables(document, path.parent).resolved(document)
    if not isinstance(found, dict) or "stepFunctions" not in found:
        raise InvalidDefinition("has no stepFunctions.")
    service, provider = _name_of(found.get("service")), found.get("provider") or {}
    prefix = f"{service}-{_stage(found)}"
    resources: dict[str, Json] = {}
    for part in _parts(found.get("resources")):
        resources.update(part.get("Resources") or {})
    for key, function in _entries(found.get("functions")):
        declared = _function(key, function, provider, prefix)
        resources[_logical_id(key, "LambdaFunction")] = resources[key] = declared
    declared = found["stepFunctions"] or {}
    for key, machine in _entries(declared.get("stateMachines")):
        resources[machine.get("id") or key] = _machine(key, machine)
    for name in declared.get("activities") or ():
        resources[str(name)] = {
            "Type": "AWS::StepFunctions::Activity",
            "Properties": {"Name": name},
        }
    return {"Resources": resources}


def _function(
    key: str, function: Mapping[str, Any], provider: Mapping[str, Any], prefix: str
) -> Json:
    variables = {**(provider.get("environment") or {}), **(function.get("environment") or {})}
    properties = {
        "FunctionName": function.get("name", f"{prefix}-{key}"),
        "Handler": str(function.get("handler", "")).replace("/", "."),
        "Runtime": function.get("runtime", provider.get("runtime", "nodejs")),
        "Environment": {"Variables": variables},
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def _machine(key: str, machine: Mapping[str, Any]) -> Json:
    """Early versions of the plugin took the definition without `definition`."""
    definition = machine.get("definition") or {
        name: machine[name] for name in ("Comment", "StartAt", "States") if name in machine
    }
    properties = {
        "StateMachineName": machine.get("name", key),
        "StateMachineType": machine.get("type", "STANDARD"),
        "Definition": definition,
        **_logging(machine.get("loggingConfig")),
    }
    return {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}


def _logging(declared: Json) -> dict[str, Json]:
    """The plugin's `loggingConfig`, whose destinations are ARNs of log groups."""
    if not isinstance(declared, dict):
        return {}
    groups = [{"LogGroupArn": arn} for arn in declared.get("destinations") or ()]
    configuration = {
        "Level": declared.get("level", "OFF"),
        "IncludeExecutionData": declared.get("includeExecutionData", False),
        "Destinations": [{"CloudWatchLogsLogGroup": group} for group in groups],
    }
    return {"LoggingConfiguration": configuration}


def _entries(declared: Json) -> list[tuple[str, dict[str, Any]]]:
    """An object, or several in a list (`${file(…)}`)."""
    return [
        (str(key), value or {})
        for part in _parts(declared)
        for key, value in part.items()
        if isinstance(value or {}, dict)
    ]


def _parts(declared: Json) -> list[dict[str, Any]]:
    parts = declared if isinstance(declared, list) else [declared]
    return [part for part in parts if isinstance(part, dict)]


def _logical_id(key: str, ending: str) -> str:
    name = key.replace("-", "Dash").replace("_", "Underscore")
    return f"{name[:1].upper()}{name[1:]}{ending}"


def _name_of(service: Json) -> str:
    return str(service.get("name") if isinstance(service, dict) else service)


def _stage(document: Json) -> str:
    """The file's own: no command line is there to give another."""
    provider = document.get("provider") if isinstance(document, dict) else None
    found = provider.get("stage") if isinstance(provider, dict) else None
    return found if isinstance(found, str) and "${" not in found else "dev"


class _Variables:
    """Fills in `${self:…}`, `${opt:…}`, `${file(…)}` and their like."""

    def __init__(self, document: Json, folder: Path) -> None:
        self._document, self._folder = document, folder
        self._sources: dict[str, Callable[[str], Any]] = {
            "self": lambda path: _within(document, path),
            "env": lambda name: os.environ.get(name, _ABSENT),
            "param": self._parameter,
        }

    def resolved(self, value: Json, depth: int = 0) -> Json:
        if isinstance(value, dict):
            return {
                self.resolved(name, depth): self.resolved(item, depth)
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self.resolved(item, depth) for item in value]
        if not isinstance(value, str):
            return value
        try:
            return self._filled(value.replace("#{AWS::", "${AWS::"), depth)
        except InvalidDefinition as error:  # matters to what asks for it, and only then
            return {UNDECIDED: error.detail}

    def _filled(self, text: str, depth: int) -> Json:
        for _ in range(_MOST_ROUNDS):
            if (match := _VARIABLE.search(text)) is None:
                return text
            found = self._value(match[1], depth)
            if match[0] == text:
                return found
            if isinstance(found, dict | list):
                raise InvalidDefinition(f"{match[0]} is no text.")
            text = f"{text[: match.start()]}{found}{text[match.end() :]}"
        raise InvalidDefinition(f"{text[:100]} asks for itself.")

    def _value(self, expression: str, depth: int) -> Json:
        """The first of its alternatives that there is."""
        if depth > _MOST_ROUNDS:
            raise InvalidDefinition(f"${{{expression}}} asks for itself.")
        for alternative in re.split(r",(?=(?:[^'\"]|'[^']*'|\"[^\"]*\")*$)", expression):
            found = self._alternative(alternative.strip())
            if found is not _ABSENT and found is not None:
                return self.resolved(found, depth + 1)
        raise InvalidDefinition(
            f"${{{expression}}} can't be decided without AWS or its command line."
        )

    def _alternative(self, text: str) -> Any:
        if (literal := _LITERAL.fullmatch(text)) is not None:
            return literal["word"] or literal["text"] or literal["quoted"] or ""
        if (match := _SOURCE.fullmatch(text)) is None:
            return _ABSENT
        source, path = match["source"], match["path"]
        if source == "file":
            return _within(document(self._folder / str(match["argument"])), path)
        if (look := self._sources.get(source)) is not None:
            return look(path)
        usual = {"stage": _stage(self._document), "region": REGION, "accountId": ACCOUNT}
        return usual.get(path, _ABSENT) if source in {"opt", "sls", "aws"} else _ABSENT

    def _parameter(self, name: str) -> Any:
        for stage in (_stage(self._document), "default"):
            if (found := _within(self._document, f"params.{stage}.{name}")) is not _ABSENT:
                return found
        return _ABSENT


def _within(value: Any, path: str) -> Any:
    for name in filter(None, path.split(".")):
        if isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return _ABSENT
    return value
