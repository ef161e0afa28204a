"""Fills in `${Name}` in definition templates, as CloudFormation's DefinitionSubstitutions does.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-stepfunctions-statemachine.html
"""

import json
import re
from collections.abc import Mapping

from handrail.core.errors import FieldError, InvalidDefinition

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9_]+)\}")
_IN_JSON = re.compile(rf'\\[\\"]|"|{_PLACEHOLDER.pattern}')


def names(template: str) -> tuple[str, ...]:
    """The names that a template asks for, each once, in the order of first use."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(template)))


def substitute(template: str, values: Mapping[str, str]) -> str:
    """Fill a JSON template in. Values are escaped for the JSON strings they stand in, and a `${…}`
    in a value stays. Outside a string (`"TimeoutSeconds": ${Timeout}`) a value must be JSON itself.
    Raises InvalidDefinition where names have no value, or where the result isn't JSON."""
    _require(template, values)
    in_string = False

    def filled(match: re.Match[str]) -> str:
        nonlocal in_string
        if match[1] is None:
            in_string ^= match[0] == '"'
            return match[0]
        return json.dumps(values[match[1]])[1:-1] if in_string else values[match[1]]

    text = _IN_JSON.sub(filled, template)
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"The definition is not JSON once its substitutions are filled in: {error}."
        raise InvalidDefinition(message) from error
    return text


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill plain text in (a name, an ARN). Raises InvalidDefinition where a name has no value."""
    _require(template, values)
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)


def fill_known(template: str, values: Mapping[str, str]) -> str:
    """Fill plain text in, and leave what has no value as it is."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


def _require(template: str, values: Mapping[str, str]) -> None:
    missing = [name for name in names(template) if name not in values]
    if missing:
        listed = ", ".join(f"${{{name}}}" for name in missing)
        errors = [FieldError(f"substitutions.{name}", "has no value") for name in missing]
        raise InvalidDefinition(f"No value is known for {listed}.", errors=errors)
