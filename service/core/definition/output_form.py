"""Makes form fields for a callback's output whose schema is a flat object of simple values, and
reads what is typed back into values of its types. `InputSchema` checks the rest of its rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic_core import from_json

from handrail.core.errors import FieldError, InvalidOutput
from handrail.core.json_text import LONGEST_INTEGER, JsonText, text_of
from handrail.core.models import Json

from .exact_numbers import is_whole

Kind = Literal["text", "long", "number", "integer", "choice"]

_COMPOUND = {"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if"}
_KINDS: Mapping[str, Kind] = {"string": "text", "number": "number", "integer": "integer"}
_LONG = 200


@dataclass(frozen=True, slots=True)
class Option:
    """One of several values; `text` is its JSON, which the form sends back."""

    value: Json

    @property
    def text(self) -> str:
        return text_of(self.value)

    @property
    def label(self) -> str:
        if isinstance(self.value, bool):
            return "Yes" if self.value else "No"
        return self.value if isinstance(self.value, str) else self.text


@dataclass(frozen=True, slots=True)
class FormField:
    """`path` is its name in the form and in field errors, `default` the text it starts with."""

    name: str
    kind: Kind
    title: str
    description: str
    required: bool
    default: str
    choices: tuple[Option, ...] = ()

    @property
    def path(self) -> str:
        return f"output.{self.name}"


def form_fields(schema: Json) -> tuple[FormField, ...] | None:
    """The fields that make up such an output, None where the schema isn't that simple."""
    fields = askable_fields(schema)
    required = schema.get("required", []) if isinstance(schema, Mapping) else []
    whole = bool(fields) and {field.name for field in fields} >= {*schema["properties"], *required}
    return fields if whole else None


def askable_fields(schema: Json) -> tuple[FormField, ...]:
    """The fields for those members of an object that a form can ask for."""
    if not isinstance(schema, Mapping) or schema.get("type") != "object" or "$ref" in schema:
        return ()
    properties, required = schema.get("properties"), schema.get("required", [])
    if not isinstance(properties, Mapping):
        return ()
    fields = [_field(name, rules, name in required) for name, rules in properties.items()]
    return tuple(filter(None, fields))


def read_fields(fields: tuple[FormField, ...], typed: Mapping[str, str]) -> dict[str, Json]:
    """The output that was meant; an empty field that may be left out is left out. `typed` is by
    path. Raises InvalidOutput with an error for each field that can't be read."""
    output: dict[str, Json] = {}
    errors: list[FieldError] = []
    for field in fields:
        try:
            if (text := typed.get(field.path, "")).strip():
                output[field.name] = _value(field, text)
            elif field.required:
                raise ValueError("is needed")
        except ValueError as error:
            errors.append(FieldError(field.path, str(error)))
    if errors:
        raise InvalidOutput("Some fields can't be used as they are.", errors=errors)
    return output


def _field(name: str, rules: Json, required: bool) -> FormField | None:
    if not isinstance(rules, Mapping) or _COMPOUND & rules.keys():
        return None
    values = [rules["const"]] if "const" in rules else rules.get("enum")
    if not isinstance(values, list):
        values = [True, False] if rules.get("type") == "boolean" else []
    compound = any(isinstance(value, dict | list) for value in values)
    choices = () if compound else tuple(map(Option, values))
    kind = "choice" if choices else _KINDS.get(str(rules.get("type")))
    if kind is None:
        return None
    longest = rules.get("maxLength")
    if kind == "text" and isinstance(longest, int) and longest > _LONG:
        kind = "long"
    title = str(rules.get("title") or name.replace("_", " ").capitalize())
    description = str(rules.get("description") or "")
    default = rules.get("default", "")
    if "default" in rules and (choices or not isinstance(default, str)):
        default = text_of(default)
    return FormField(name, kind, title, description, required, default, choices)


def _value(field: FormField, text: str) -> Json:
    """Raises ValueError with a text for whoever typed it."""
    if field.kind == "choice":
        chosen = [choice.value for choice in field.choices if choice.text == text]
        if not chosen:
            raise ValueError("must be one of the choices")
        return chosen[0]
    if field.kind not in {"number", "integer"}:
        return text
    try:
        value = from_json(text.strip(), allow_inf_nan=False)
    except ValueError:
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")
    return _whole_number(text.strip()) if field.kind == "integer" else JsonText(text.strip())


def _whole_number(text: str) -> int:
    """Spelled as programs expect one: 3 where 3.0 was typed."""
    try:
        number = Decimal(text)
    except ArithmeticError:  # an exponent of nineteen digits
        raise ValueError("must be a number") from None
    if not is_whole(number):
        raise ValueError("must be a whole number")
    if number.adjusted() >= LONGEST_INTEGER:
        raise ValueError(f"must have {LONGEST_INTEGER:,} digits at most")
    return int(number)
