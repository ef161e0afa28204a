"""Fills in `${Name}` in definition templates, as CloudFormation's DefinitionSubstitutions does, and
its pseudo parameters (`${AWS::Region}`).

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-stepfunctions-statemachine.html
"""

import json
import re
from collections.abc import Mapping

from handrail.core.errors import FieldError, InvalidDefinition
from handrail.core.json_text import text_of
from handrail.core.models import Json

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9_]+|AWS::[A-Za-z]+)\}")
_WHOLE = re.compile(rf'(?<!\\)"{_PLACEHOLDER.pattern}"')
_IN_JSON = re.compile(rf'\\[\\"]|"|{_PLACEHOLDER.pattern}')


def names(template: str) -> tuple[str, ...]:
    """The names that a template asks for, each once, in the order of first use."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(template)))


def substitute(template: str, values: Mapping[str, Json]) -> str:
    """Fill a JSON template in. Texts are escaped for the JSON strings they stand in, and a `${…}`
    in a value stays. A number, truth value, list or object takes the place of the whole string
    `"${Name}"`. Outside a string (`"TimeoutSeconds": ${Timeout}`) a text must be JSON itself.
    Raises InvalidDefinition where names have no value, a list or object stands within a text, or
    the result isn't JSON."""
    _require(template, values)
    in_string = False

    def place(match: re.Match[str]) -> str:
        nonlocal in_string
        if match[1] is None:
            in_string ^= match[0] == '"'
            return match[0]
        if in_string:
            return json.dumps(_within(match[1], values))[1:-1]
        value = values[match[1]]
        return value if isinstance(value, str) else text_of(value)

    text = _IN_JSON.sub(place, _WHOLE.sub(lambda match: _bare(match, values), template))
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"The definition is not JSON once its substitutions are filled in: {error}."
        raise InvalidDefinition(message) from error
    return text


def fill(template: str, values: Mapping[str, Json]) -> str:
    """Fill plain text in (a name, an ARN). Raises InvalidDefinition where a name has no value, or a
    list or an object for one."""
    _require(template, values)
    return _PLACEHOLDER.sub(lambda match: _within(match[1], values), template)


def filled(value: Json, values: Mapping[str, Json]) -> Json:
    """The value with every text in it filled in. Raises as `fill`."""
    match value:
        case str():
            return fill(value, values)
        case list():
            return [filled(item, values) for item in value]
        case dict():
            return {fill(name, values): filled(item, values) for name, item in value.items()}
        case _:
            return value


def fill_known(template: str, values: Mapping[str, Json]) -> str:
    """Fill plain text in, and leave what has no value as it is."""
    known = {name: value for name, value in values.items() if isinstance(value, str)}
    return _PLACEHOLDER.sub(lambda match: known.get(match[1], match[0]), template)


def _within(name: str, values: Mapping[str, Json]) -> str:
    """The value as a part of a text."""
    value = values[name]
    if isinstance(value, list | dict):
        kind = "a list" if isinstance(value, list) else "an object"
        fault = FieldError(f"substitutions.{name}", f"{kind} can't be part of a text")
        raise InvalidDefinition(
            f"${{{name}}} is {kind}: it can't be part of a text.", errors=[fault]
        )
    return value if isinstance(value, str) else text_of(value)


def _bare(whole: re.Match[str], values: Mapping[str, Json]) -> str:
    return whole[0] if isinstance(values[whole[1]], str) else f"${{{whole[1]}}}"


def _require(template: str, values: Mapping[str, Json]) -> None:
    missing = [name for name in names(template) if name not in values]
    if missing:
        listed = ", ".join(f"${{{name}}}" for name in missing)
        errors = [FieldError(f"substitutions.{name}", "has no value") for name in missing]
        message = f"No value is known for {listed}: `substitutions` in machine.json may give one."
        raise InvalidDefinition(message, errors=errors)
