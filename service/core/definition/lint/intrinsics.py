"""Finds mistakes in calls of intrinsic functions.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

from handrail.core.json_path.intrinsic_syntax import (
    Argument,
    Constant,
    IntrinsicCall,
    IntrinsicText,
    MalformedIntrinsic,
    UnknownIntrinsic,
    WrongArguments,
    parse_intrinsic,
    pieces,
    references,
)

_NUMBERS_ALONE = {"MathAdd", "MathRandom", "ArrayRange"}


@dataclass(frozen=True, slots=True)
class ReadIntrinsic:
    """`variables` that it reads, and its `mistakes`: the rule of each, and what is wrong."""

    variables: tuple[str, ...] = ()
    mistakes: tuple[tuple[str, str], ...] = ()


def read_intrinsic(text: str, must: str) -> ReadIntrinsic:
    """`must` begins the sentence on what can't be a call: what the field must hold."""
    try:
        call = parse_intrinsic(text)
    except MalformedIntrinsic as error:
        message = f"{must} or a valid intrinsic function call: {error}."
        return ReadIntrinsic(mistakes=((_rule(error), message),))
    variables = tuple(each.variable for each in references(call) if each.variable)
    mistakes = tuple(found for each in call.calls for found in _mistakes(each))
    return ReadIntrinsic(variables, mistakes)


def _rule(error: MalformedIntrinsic) -> str:
    if isinstance(error, UnknownIntrinsic):
        return "unknown-intrinsic"
    return "intrinsic-arguments" if isinstance(error, WrongArguments) else "malformed-intrinsic"


def _mistakes(call: IntrinsicCall) -> Iterator[tuple[str, str]]:
    texts = [_text(argument) for argument in call.arguments]
    if call.name in _NUMBERS_ALONE and any(text is not None for text in texts):
        yield "intrinsic-arguments", f"States.{call.name} takes numbers, not text."
    if call.name == "Format" and (template := texts[0]) is not None:
        places = sum(piece["place"] is not None for piece in pieces(template))
        if places != len(texts) - 1:
            yield "format-arguments", "States.Format needs as many values as its text has {}."


def _text(argument: Argument) -> IntrinsicText | None:
    value = argument.value if isinstance(argument, Constant) else None
    return value if isinstance(value, IntrinsicText) else None
