"""Reads YAML as the JSON it stands for: by YAML 1.2's rules, so that `on`, `yes`, dates and numbers
with leading zeros stay texts, and with CloudFormation's tags (`!Sub x` is `{"Fn::Sub": "x"}`)."""

import json
import re
from collections.abc import Hashable
from math import isfinite
from typing import Any

import yaml

from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json

try:
    from yaml import CSafeLoader as _SafeLoader  # eight times as fast, where libyaml is there
except ImportError:  # pragma: no cover
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

_SHORT = {"Ref": "Ref", "Condition": "Condition"}
_NULL, _BOOL, _INT, _FLOAT, _MERGE = (
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "merge")
)
_PLAIN = (
    (_NULL, re.compile(r"~|null|Null|NULL|"), ["~", "n", "N", ""]),
    (_BOOL, re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF")),
    (_INT, re.compile(r"-?(0|[1-9][0-9]*)"), list("-0123456789")),
    (
        _FLOAT,
        re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"),
        list("-0123456789"),
    ),
    (_MERGE, re.compile(r"<<"), ["<"]),
)
"""What a plain scalar is when it is no text: numbers as JSON writes them."""


def parse(text: str) -> Json:
    """The one document. Raises InvalidDefinition, `<line>:<column>: …`, where it isn't one, says a
    key twice, or has what JSON can't hold."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 made of the safe one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{mark.line + 1}:{mark.column + 1}: " if mark else ""
        problem = error.problem or error.context
        raise InvalidDefinition(f"{where}is not YAML: {problem}.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidDefinition(f"is not YAML: {' '.join(str(error).split())}.") from error


class _Loader(_SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 yaml's
    yaml_constructors = {  # noqa: RUF012 yaml's
        tag: constructor
        for tag, constructor in _SafeLoader.yaml_constructors.items()
        if tag is None or str(tag).rpartition(":")[2] in {"null", "bool", "str", "seq", "map"}
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """Keys are the texts that are written, each once."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _fault("a key is a text", key)
            if key.tag == _MERGE:
                continue
            if key.value in seen:
                raise _fault(f"the key {key.value!r} is there twice", key)
            seen.add(key.value)
            key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep=deep)


def _fault(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


for _tag, _form, _first in _PLAIN:
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_form.pattern})\Z"), _first)


def _number(loader: Any, node: yaml.ScalarNode) -> int | float:
    text = loader.construct_scalar(node)
    try:
        number: int | float = json.loads(text)
    except ValueError as error:
        raise _fault(f"{text!r} is no number", node) from error
    if not isfinite(number):
        raise _fault(f"{text} is no double", node)
    return number


def _long_form(loader: Any, suffix: str, node: yaml.Node) -> Json:
    """`!GetAtt a.b` and its like, as JSON templates write them."""
    value: Json
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {_SHORT.get(suffix, f"Fn::{suffix}"): value}


_Loader.add_constructor(_INT, _number)
_Loader.add_constructor(_FLOAT, _number)
_Loader.add_multi_constructor("!", _long_form)
