"""Checks an execution's input against its state machine's JSON Schema before AWS sees it."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from .errors import FieldError, InvalidDefinition, InvalidInput, InvalidOutput
from .models import Json

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError, ValidationError

MAX_ERRORS = 20
MAX_MESSAGE = 200


class InputSchema:
    """A JSON Schema 2020-12, compiled at its first use: importing the validator is slow.

    References reach the schema's own parts only; nothing is ever fetched.
    """

    def __init__(self, schema: Mapping[str, Json] | bool, *, root: str = "input") -> None:
        """`root` is what paths start at, and what the value is called: input or output."""
        self.schema = schema
        self._root = root
        self._broken = InvalidOutput if root == "output" else InvalidInput
        self._validator: Draft202012Validator | None = None

    def compile(self) -> None:
        """Raises InvalidDefinition where this is no valid schema. Cheap the second time."""
        self._compiled()

    def check(self, value: Json) -> None:
        """Raises InvalidInput (or InvalidOutput) with up to 20 field errors, their paths from the
        root, and InvalidDefinition where the schema itself is broken. Messages quote no values."""
        from referencing.exceptions import Unresolvable  # noqa: PLC0415 - slow, as below

        validator = self._compiled()
        try:
            errors = _first(validator.iter_errors(value), self._root)
        except Unresolvable as error:
            message = f"The {self._root} schema refers to something outside itself, or not there."
            raise InvalidDefinition(message) from error
        except RecursionError:
            raise self._broken(f"The {self._root} is nested too deeply.") from None
        if errors:
            message = f"The {self._root} breaks the state machine's schema in {_count(errors)}."
            raise self._broken(message, errors=errors)

    def _compiled(self) -> "Draft202012Validator":
        if self._validator is None:
            self._validator = _compile(self.schema, self._root)
        return self._validator


def _compile(schema: Mapping[str, Json] | bool, root: str) -> "Draft202012Validator":
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - takes 0.1 s, often never needed
    from jsonschema.exceptions import SchemaError as Broken  # noqa: PLC0415
    from referencing import Registry  # noqa: PLC0415
    from referencing.exceptions import Unresolvable  # noqa: PLC0415

    broken = f"The {root} schema is not a valid JSON Schema."
    try:
        Draft202012Validator.check_schema(schema)
    except Broken as error:
        path = _path(f"{root}_schema", error.absolute_path)
        raise InvalidDefinition(broken, errors=[_field(path, error)]) from error
    except (Unresolvable, RecursionError) as error:
        raise InvalidDefinition(broken) from error
    return Draft202012Validator(schema, registry=Registry())


def _first(errors: Iterable["ValidationError"], root: str) -> list[FieldError]:
    found: list[FieldError] = []
    for error in errors:
        found.append(_field(_path(root, error.absolute_path), error))
        if len(found) == MAX_ERRORS:
            break
    return found


def _field(path: str, error: "ValidationError | SchemaError") -> FieldError:
    """jsonschema's own messages begin with the value at fault; ours don't show it."""
    keyword = str(error.validator)
    describe = _MESSAGES.get(keyword, _breaks)
    return FieldError(path, describe(keyword, error.validator_value, error)[:MAX_MESSAGE])


def _breaks(keyword: str, wanted: Json, _: "ValidationError | SchemaError") -> str:
    if keyword == "None":
        return "is not allowed here"
    return f"breaks {keyword}{f': {wanted}' if isinstance(wanted, int | float | str) else ''}"


def _type(_: str, wanted: Json, __: "ValidationError | SchemaError") -> str:
    return f"must be of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"


def _required(_: str, wanted: Json, error: "ValidationError | SchemaError") -> str:
    """jsonschema reports each missing property by itself and tells which in its message only."""
    missing = [name for name in wanted if error.message.startswith(f"{name!r} is a required")]
    return f"lacks {', '.join(missing)}"


def _additional(_: str, __: Json, error: "ValidationError | SchemaError") -> str:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    if "patternProperties" in schema or not isinstance(error.instance, Mapping):
        return "has properties the schema does not know"
    unknown = [key for key in error.instance if key not in schema.get("properties", {})]
    return f"has properties the schema does not know: {', '.join(unknown)}"


def _matching(keyword: str, wanted: Json, _: "ValidationError | SchemaError") -> str:
    return f"must match {keyword} {wanted}"


_MESSAGES: dict[str, Callable[[str, Json, "ValidationError | SchemaError"], str]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _additional,
    "enum": _matching,
    "const": _matching,
    "pattern": _matching,
}


def _path(root: str, parts: Iterable[str | int]) -> str:
    return root + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in parts)


def _count(errors: list[FieldError]) -> str:
    if len(errors) == MAX_ERRORS:
        return f"{MAX_ERRORS} places or more"
    return "one place" if len(errors) == 1 else f"{len(errors)} places"
