"""Holds the answer of a stand-in against what the service's operation answers, as TestState holds
mocks (https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html): the fields
of botocore's model, in Pascal case."""

from collections.abc import Iterator
from enum import StrEnum
from string import ascii_uppercase
from typing import Any

_MOST_NAMED = 8
_METADATA = {"SdkHttpMetadata", "SdkResponseMetadata"}
"""What optimised integrations answer besides."""


class OutputChecks(StrEnum):
    """What is asked of a stand-in's answer: all that the service requires, that what it has is
    right, or nothing."""

    STRICT = "strict"
    PRESENT = "present"
    NONE = "none"


def output_problem(result: Any, operation: Any, *, strict: bool) -> str | None:
    """The first thing that is wrong, in TestState's words; None where nothing is. A field that the
    model doesn't have is no mistake (a newer one may), but an object without any that it has is."""
    shape = operation.output_shape
    if shape is None:
        return None
    if isinstance(result, dict) and result and shape.members:
        known = sorted(map(_pascal, shape.members))
        spelt = {spelling for name in shape.members for spelling in _spellings(name)}
        if result.keys().isdisjoint(spelt | _METADATA):
            listed = ", ".join(known[:_MOST_NAMED]) + (", …" if len(known) > _MOST_NAMED else "")
            return f"it has none of the fields of {operation.name}'s output: {listed}"
    return next(_problems(result, shape, "", strict), None)


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _spellings(name: str) -> tuple[str, str]:
    """A member's names: in the optimised integrations, and in the `aws-sdk` ones, where capitals at
    the beginning are one word (`Arn` of `ARN`, `Bool` of `BOOL`, `Nul` of `NULL`)."""
    run = len(name) - len(name.lstrip(ascii_uppercase))
    word = run if run == len(name) or not name[run].islower() else max(run - 1, 1)
    spelt = name[:1].upper() + name[1:word].lower() + name[word:]
    return _pascal(name), "Nul" if spelt == "Null" else spelt


def _problems(value: Any, shape: Any, field: str, strict: bool) -> Iterator[str]:
    expected = None if _is_document(shape) else _EXPECTED.get(shape.type_name)
    if expected and not (isinstance(value, expected[0]) and not _a_flag(value, shape)):
        about = f"field '{field}'" if field else "the result"
        yield f"{about} must be {expected[1]}"
        return
    match shape.type_name:
        case "structure":
            for name, member in shape.members.items():
                there = [spelling for spelling in _spellings(name) if spelling in value]
                if there:
                    yield from _problems(value[there[0]], member, there[0], strict)
                elif strict and name in shape.required_members:
                    yield f"required field '{_pascal(name)}' is missing"
        case "list" | "map" as kind:
            inner = shape.member if kind == "list" else shape.value
            for item in value if kind == "list" else value.values():
                yield from _problems(item, inner, field, strict)
        case "string" if shape.enum and value not in shape.enum:
            yield f"field '{field}' is not an expected value: {value!r}"


_EXPECTED: dict[str, tuple[tuple[type, ...], str]] = {
    "structure": ((dict,), "an object"),
    "list": ((list,), "an array"),
    "map": ((dict,), "an object"),
    "string": ((str,), "a string"),
    "timestamp": ((str, int, float), "a date"),
    "integer": ((int,), "a number"),
    "long": ((int,), "a number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
    "boolean": ((bool,), "a boolean"),
}


def example(operation: Any) -> Any:
    """The least that the service might answer, with values to be filled in."""
    shape = operation and operation.output_shape
    return _example(shape) if shape else {}


def _example(shape: Any) -> Any:
    match shape.type_name:
        case "structure":
            return {_pascal(name): _example(shape.members[name]) for name in shape.required_members}
        case "string":
            return shape.enum[0] if shape.enum else "…"
    return _EXAMPLES.get(shape.type_name, "…")


_EXAMPLES: dict[str, Any] = {
    "list": [],
    "map": {},
    "integer": 0,
    "long": 0,
    "float": 0,
    "double": 0,
    "boolean": False,
}


def _is_document(shape: Any) -> bool:
    """Any JSON there is."""
    return bool(getattr(shape, "is_document_type", False))


def _a_flag(value: Any, shape: Any) -> bool:
    """Python's booleans are integers too."""
    return isinstance(value, bool) and shape.type_name != "boolean"
