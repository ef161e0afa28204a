"""`${Name}` in definition templates, as CloudFormation's DefinitionSubstitutions replaces them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-stepfunctions-statemachine.html
"""

import json
import re
from collections.abc import Mapping

from .errors import FieldError, InvalidDefinition

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


def names(template: str) -> tuple[str, ...]:
    """The names a template asks for, each once, in the order of first use."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(template)))


def substitute(template: str, values: Mapping[str, str]) -> str:
    """Fill a JSON template in. Values are escaped for the JSON strings they stand in, and are not
    looked into again: a `${…}` in a value stays.

    A placeholder may also stand outside a string (`"TimeoutSeconds": ${Timeout}`); its value must
    then be JSON itself. Raises InvalidDefinition where a name has no value, listing all such
    names, and where what results isn't JSON.
    """
    _require(template, values)
    pieces: list[str] = []
    end = 0
    inside = False
    for match in _PLACEHOLDER.finditer(template):
        literal = template[end : match.start()]
        inside = _ends_inside_string(literal, inside=inside)
        value = values[match[1]]
        pieces += (literal, json.dumps(value)[1:-1] if inside else value)
        end = match.end()
    text = "".join((*pieces, template[end:]))
    _require_json(text)
    return text


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill plain text in (a name, an ARN). Raises InvalidDefinition where a name has no value."""
    _require(template, values)
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)


def _require(template: str, values: Mapping[str, str]) -> None:
    missing = [name for name in names(template) if name not in values]
    if missing:
        listed = ", ".join(f"${{{name}}}" for name in missing)
        raise InvalidDefinition(
            f"No value is known for {listed}.",
            errors=[FieldError(f"substitutions.{name}", "has no value") for name in missing],
        )


def _ends_inside_string(literal: str, *, inside: bool) -> bool:
    """Whether, after this piece of JSON text, a string is still open."""
    escaped = False
    for character in literal:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = inside
        elif character == '"':
            inside = not inside
    return inside


def _require_json(text: str) -> None:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidDefinition(
            f"The definition is not JSON once its substitutions are filled in: {error}."
        ) from error
