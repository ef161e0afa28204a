"""Evaluates CloudFormation's functions in a template, as far as they can be without an account.

Region, account, partition and URL suffix stay `${REGION}` and so on, until they are known. What
only an account could tell gets a value that looks like it, and is noted.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json

from .stack_resources import ACCOUNT, REGION, Resource, attribute_of, reference_to

UNDECIDED = "Fn::Undecided"
"""Ours: what it holds says why a value can't be decided."""
_IN_SUB = re.compile(r"\$\{(!?)([^}]*)\}")
_PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "${PARTITION}",
    "AWS::URLSuffix": "${URL_SUFFIX}",
    "AWS::NotificationARNs": [],
}


class _NoValue:
    """`AWS::NoValue`: what holds it does without."""


NO_VALUE = _NoValue()


@dataclass(slots=True)
class StackValues:
    """What the names of one template stand for. `given` are parameters' values in place of their
    defaults; `notes` grows as values are made up."""

    name: str
    parameters: Mapping[str, Json]
    mappings: Mapping[str, Json]
    conditions: Mapping[str, Json]
    resources: Mapping[str, Resource]
    given: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _deciding: set[str] = field(default_factory=set)

    def of(self, node: Json) -> Json:
        """The value. Raises InvalidDefinition with what can't be decided."""
        if isinstance(node, list):
            return [value for value in map(self.of, node) if value is not NO_VALUE]
        if not isinstance(node, dict):
            if isinstance(node, str) and "{{resolve:" in node:
                self._note(f"{node} stays as it is: AWS alone resolves it.")
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if (function := _FUNCTIONS.get(name)) is not None:
                try:
                    return function(self, argument)
                except (TypeError, ValueError, KeyError, IndexError) as error:
                    shown = json.dumps(node)[:200]
                    raise InvalidDefinition(f"{shown} can't be evaluated.") from error
            if name == UNDECIDED:
                raise InvalidDefinition(argument)
            if name.startswith("Fn::"):
                raise InvalidDefinition(f"{name} can't be evaluated without AWS.")
        found = {name: self.of(value) for name, value in node.items()}
        return {name: value for name, value in found.items() if value is not NO_VALUE}

    def text(self, node: Json) -> str:
        """As a part of a text. Raises InvalidDefinition, also for a list or an object."""
        value = self.of(node)
        if isinstance(value, str):
            return value
        if isinstance(value, bool | int | float):
            return json.dumps(value)
        raise InvalidDefinition(f"{json.dumps(node)[:200]} is no text.")

    def holds(self, condition: str) -> bool:
        """Raises InvalidDefinition where there is none, or it asks for itself."""
        if condition not in self.conditions or condition in self._deciding:
            raise InvalidDefinition(f"The condition {condition} can't be decided.")
        self._deciding.add(condition)
        try:
            return bool(self.of(self.conditions[condition]))
        finally:
            self._deciding.remove(condition)

    def _reference(self, name: Json) -> Json:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in {"AWS::StackName", "AWS::StackId"}:
            stack = f"arn:${{PARTITION}}:cloudformation:{REGION}:{ACCOUNT}:stack/{self.name}/1"
            return self.name if name == "AWS::StackName" else stack
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name in self.parameters:
            return self._parameter(name)
        logical_id, _, published = str(name).partition(".")
        if logical_id not in self.resources:
            raise InvalidDefinition(f"{name} is no parameter and no resource of the template.")
        resource = self.resources[logical_id]
        if published:  # SAM's !Ref Function.Version, Function.Alias
            alias = self.text(resource.properties.get("AutoPublishAlias", "live"))
            qualifier = alias if published == "Alias" else "1"
            return f"{attribute_of(resource, 'Arn', self.of, self._note)}:{qualifier}"
        return reference_to(resource, self.of, self._note)

    def _parameter(self, name: str) -> Json:
        """CloudFormation's are texts, or lists of them."""
        declared = self.parameters[name]
        kind = str(declared.get("Type", "String"))
        value = self.given.get(name, declared.get("Default"))
        if value is None:
            self._note(f"The parameter {name} has no default: {name!r} stands for it.")
            value = name
        if "List" in kind:
            items = value if isinstance(value, list) else str(value).split(",")
            return [str(item).strip() for item in items]
        return value if isinstance(value, str) else json.dumps(value)

    def _attribute(self, argument: Json) -> Json:
        path = argument if isinstance(argument, str) else ".".join(map(self.text, argument))
        logical_id, _, attribute = path.partition(".")
        if logical_id not in self.resources or not attribute:
            raise InvalidDefinition(f"{path} is no attribute of a resource of the template.")
        return attribute_of(self.resources[logical_id], attribute, self.of, self._note)

    def _substituted(self, argument: Json) -> str:
        template, given = (argument, {}) if isinstance(argument, str) else argument

        def value(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return f"${{{match[2]}}}"
            if name in given:
                return self.text(given[name])
            dotted = "." in name and name not in self.resources
            return self.text({"Fn::GetAtt": name} if dotted else {"Ref": name})

        return _IN_SUB.sub(value, template)

    def _imported(self, argument: Json) -> str:
        name = self.text(argument)
        self._note(f"Another stack exports {name}: {name!r} stands for it.")
        return name

    def _chosen(self, argument: Json) -> Json:
        condition, then, otherwise = argument
        return self.of(then if self.holds(condition) else otherwise)

    def _condition(self, argument: Json) -> Json:
        """Elsewhere, as in a state, it is a name like any other."""
        known = isinstance(argument, str) and argument in self.conditions
        return self.holds(argument) if known else {"Condition": self.of(argument)}

    def _found_in_map(self, argument: Json) -> Json:
        """A map by region, account or partition has a row for each: the usual one is taken."""
        name, row, column = (self.text(part) for part in argument[:3])
        row = {REGION: "us-east-1", "${PARTITION}": "aws", ACCOUNT: "123456789012"}.get(row, row)
        return self.of(self.mappings[name][row][column])

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def _selected(values: StackValues, argument: Json) -> Json:
    index, items = argument
    return values.of(items)[int(values.text(index))]


_FUNCTIONS: dict[str, Callable[[StackValues, Any], Json]] = {
    "Ref": StackValues._reference,
    "Condition": StackValues._condition,
    "Fn::GetAtt": StackValues._attribute,
    "Fn::Sub": StackValues._substituted,
    "Fn::Join": lambda values, argument: values.text(argument[0]).join(
        map(values.text, values.of(argument[1]))
    ),
    "Fn::Select": _selected,
    "Fn::Split": lambda values, argument: values.text(argument[1]).split(argument[0]),
    "Fn::FindInMap": StackValues._found_in_map,
    "Fn::If": StackValues._chosen,
    "Fn::ImportValue": StackValues._imported,
    "Fn::Equals": lambda values, argument: values.of(argument[0]) == values.of(argument[1]),
    "Fn::Not": lambda values, argument: not values.of(argument[0]),
    "Fn::And": lambda values, argument: all(map(values.of, argument)),
    "Fn::Or": lambda values, argument: any(map(values.of, argument)),
    "Fn::Length": lambda values, argument: len(values.of(argument)),
    "Fn::ToJsonString": lambda values, argument: json.dumps(values.of(argument)),
}
