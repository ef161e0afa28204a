"""Checks inputs and outputs against a JSON Schema before AWS sees them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from pydantic_core import PydanticSerializationError

from handrail.core.errors import FieldError, InvalidDefinition, InvalidInput, InvalidOutput
from handrail.core.json_text import LONGEST_INTEGER, text_of
from handrail.core.models import Json

from .exact_numbers import Number, is_multiple, is_number, is_whole

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError, ValidationError

MAX_ERRORS = 20
MAX_MESSAGE = 200


class InputSchema:
    """A JSON Schema 2020-12, compiled at its first use: importing the validator is slow.
    References reach the schema's own parts only; nothing is ever fetched. Numbers are compared as
    decimals: 0.3 is a multiple of 0.1, and none is too large to be told from the next."""

    def __init__(self, schema: Mapping[str, Json] | bool, *, root: str = "input") -> None:
        """`root` is what paths start at, and what the value is called: input or output."""
        self._schema, self._root = schema, root
        self._broken = InvalidOutput if root == "output" else InvalidInput
        self._validator: Draft202012Validator | None = None

    def compile(self) -> "Draft202012Validator":
        """Raises InvalidDefinition where this is no valid schema. Cheap the second time."""
        if self._validator is not None:
            return self._validator
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - takes 0.1 s, seldom needed
        from jsonschema.exceptions import SchemaError as Broken  # noqa: PLC0415
        from referencing import Registry  # noqa: PLC0415
        from referencing.exceptions import Unresolvable  # noqa: PLC0415

        try:
            text = text_of(self._schema)
            Draft202012Validator.check_schema(json.loads(text))
            schema = json.loads(text, parse_float=Decimal, object_hook=_without_dialect)
        except (Broken, Unresolvable, RecursionError, ValueError, ArithmeticError) as error:
            message = f"The {self._root} schema is not a valid JSON Schema."
            faults = [_field(f"{self._root}_schema", error)] if isinstance(error, Broken) else []
            raise InvalidDefinition(message, errors=faults) from error
        self._validator = _exact_validator()(schema, registry=Registry())
        return self._validator

    def check(self, value: Json) -> None:
        """Raises InvalidInput (or InvalidOutput) with up to 20 field errors, their paths from the
        root, and InvalidDefinition where the schema itself is broken. Messages quote no values.
        A key that comes twice in an object is refused, as is a number too long to be compared."""
        from referencing.exceptions import Unresolvable  # noqa: PLC0415 - slow, as above

        validator = self.compile()
        try:
            exact = json.loads(_text(value), **_READING)
            faults = islice(validator.iter_errors(exact), MAX_ERRORS)
            errors = [_field(self._root, fault) for fault in faults]
        except Unresolvable as error:
            message = f"The {self._root} schema refers to something outside itself, or not there."
            raise InvalidDefinition(message) from error
        except RecursionError:
            raise self._broken(f"The {self._root} is nested too deeply.") from None
        except _Unchecked as error:
            message = f"The {self._root} {error}."
            raise self._broken(message, errors=[FieldError(self._root, str(error))]) from None
        if errors:
            count = "one place" if len(errors) == 1 else f"{len(errors)} places"
            more = " or more" if len(errors) == MAX_ERRORS else ""
            message = f"The {self._root} breaks the state machine's schema in {count}{more}."
            raise self._broken(message, errors=errors)


class _Unchecked(Exception):
    """What a schema can't be held against."""


def _decimal(text: str) -> Decimal:
    try:
        if len(text) <= LONGEST_INTEGER:
            return Decimal(text)
    except ArithmeticError:  # an exponent of nineteen digits
        pass
    raise _Unchecked("holds a number that is too long to be checked")


def _members(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    """Whoever reads the value takes the first or the last: the schema must have seen that one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Unchecked("has an object with the same key twice")
    return found


_READING: Mapping[str, Json] = {"parse_float": _decimal, "object_pairs_hook": _members}


def _without_dialect(schema: dict[str, Json]) -> dict[str, Json]:
    """jsonschema would change to its own validator, of doubles, where a part names its dialect."""
    if isinstance(schema.get("$schema"), str):
        del schema["$schema"]
    return schema


@cache
def _exact_validator() -> "type[Draft202012Validator]":
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - slow, as above
    from jsonschema.exceptions import ValidationError as Broken  # noqa: PLC0415

    def multiple_of(_: Json, divisor: Number, value: Json, schema: Json) -> "Iterator[Broken]":
        if is_number(value) and not is_multiple(value, divisor):
            yield Broken("")

    checks = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: is_whole(value))
    keywords = {"multipleOf": multiple_of}
    exact: type[Draft202012Validator] = validators.extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, keywords, type_checker=checks
    )
    return exact


def _field(root: str, error: "ValidationError | SchemaError") -> FieldError:
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
    return FieldError(f"{root}{path}", _message(error)[:MAX_MESSAGE])


def _message(error: "ValidationError | SchemaError") -> str:
    """jsonschema's own messages begin with the value at fault; ours don't show it."""
    keyword = str(error.validator)
    wanted: Json = error.validator_value
    match keyword:
        case "None":
            return "is not allowed here"
        case "type":
            return f"must be of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
        case "required":
            # One error for each missing property; only its message tells which.
            begins = error.message.startswith
            return f"lacks {next((n for n in wanted if begins(f'{n!r} is a required')), '')}"
        case "additionalProperties":
            schema = error.schema if isinstance(error.schema, Mapping) else {}
            known, unknown = schema.get("properties", {}), ""
            if "patternProperties" not in schema and isinstance(error.instance, Mapping):
                unknown = f": {', '.join(key for key in error.instance if key not in known)}"
            return f"has properties the schema does not know{unknown}"
    return _words(keyword, wanted)


def _words(keyword: str, wanted: Json) -> str:
    if keyword in {"enum", "const"}:
        values = wanted if keyword == "enum" else [wanted]
        said = [json.dumps(value, default=float, ensure_ascii=False) for value in values]
        return f"must be {'one of ' * (keyword == 'enum')}{', '.join(said)}"
    if (unit := _COUNTED.get(keyword[3:])) and keyword[:3] in {"min", "max"}:
        least = "least" if keyword.startswith("min") else "most"
        return f"must have at {least} {wanted} {unit}{'s' * (wanted != 1)}"
    return _RULES.get(keyword, f"breaks {keyword}").format(wanted)


_COUNTED: Mapping[str, str] = {"Length": "character", "Items": "item", "Properties": "member"}
_RULES: Mapping[str, str] = {
    "pattern": "must match pattern {}",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "multipleOf": "must be a multiple of {}",
    "uniqueItems": "has the same item twice",
    "anyOf": "is written in none of the ways it may be",
    "oneOf": "is written in none of the ways it may be, or in several at once",
}


def _text(value: Json) -> str:
    """Raises RecursionError where it is nested too deeply to be written."""
    try:
        return text_of(value)
    except PydanticSerializationError as error:
        raise RecursionError from error
