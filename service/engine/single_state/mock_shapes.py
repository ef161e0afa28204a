"""Holds a mocked result against what the service's operation answers, in TestState's words, as AWS
was seen to answer. A field that the model doesn't have passes."""

from collections.abc import Iterator
from typing import Any

from handrail.core.models import Json

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "structure": ((dict,), "an object"),
    "map": ((dict,), "an object"),
    "list": ((list,), "an array"),
    "string": ((str,), "a string"),
    "timestamp": ((str,), "a string"),
    "blob": ((str,), "a string"),
    "character": ((str,), "a string"),
    "integer": ((int,), "a number"),
    "long": ((int,), "a number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
    "boolean": ((bool,), "a boolean"),
}


def mock_problem(result: Json, shape: Any, *, strict: bool) -> str | None:
    """The first thing that is wrong, None where nothing is. `strict`: what the service always
    answers has to be there."""
    return next(_problems(result, shape, None, strict=strict), None) if shape else None


def _problems(value: Json, shape: Any, field: str | None, *, strict: bool) -> Iterator[str]:
    kind = shape.type_name
    if getattr(shape, "is_document_type", False) or kind not in _TYPES:
        return
    types, wanted = _TYPES[kind]
    is_flag = isinstance(value, bool) and kind != "boolean"
    if is_flag or not isinstance(value, types):
        yield f"Field '{field}' must be {wanted}" if field else f"It must be {wanted}"
    elif kind == "structure":
        yield from _of_members(value, shape, strict=strict)
    elif kind in {"list", "map"}:
        inner = shape.member if kind == "list" else shape.value
        items: Any = value
        for item in items if kind == "list" else items.values():
            yield from _problems(item, inner, field, strict=strict)
    else:
        yield from _out_of_bounds(value, shape, field)


def _of_members(value: Json, shape: Any, *, strict: bool) -> Iterator[str]:
    for name in map(_pascal, shape.required_members if strict else ()):
        if name not in value:
            yield f"Required field '{name}' is missing"
    for name, member in shape.members.items():
        if (key := _pascal(name)) in value:
            yield from _problems(value[key], member, key, strict=strict)


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _out_of_bounds(value: Json, shape: Any, field: str | None) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if isinstance(value, str):
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield f"Field '{field}' is not an expected value"
        if shape.type_name != "timestamp" and least is not None and len(value) < least:
            yield f"Field '{field}' is smaller than the minimum length"
        if shape.type_name != "timestamp" and most is not None and len(value) > most:
            yield f"Field '{field}' exceeds the maximum length"
    elif not isinstance(value, bool):
        if least is not None and value < least:
            yield f"Field '{field}' is less than the minimum value"
        if most is not None and value > most:
            yield f"Field '{field}' exceeds the maximum value"
