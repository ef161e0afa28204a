"""Cuts a task token out of a larger string. Emulators make tokens of other looks, so what stands
around the token by the definition counts more."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from pydantic_core import to_json

from handrail.core.models import Json

from . import shapes
from .shapes import MOST_LOOKS, Span, uuid_spans

MOST_CUTS = 16
MOST_READ = 4
"""Times that the whole string may be read in pieces, beyond the first."""

_SPACE = re.compile(r"\s")
# A number is nobody's token; `len` reads one of any length, and makes no text of it.
_DECODER = json.JSONDecoder(parse_float=len, parse_int=len, parse_constant=len)


@dataclass(frozen=True, slots=True)
class LiteralText:
    """The certain text on one side of a piece; `whole` where nothing else lies beyond it."""

    text: str
    whole: bool


def cuts(value: str, before: LiteralText, after: LiteralText, longest: int | None) -> Iterator[str]:
    """The pieces of a string between two texts, none longer than `longest` and together a few times
    as long as the string at most: first what looks like a token, then what is short and has no
    white space."""
    looks: list[Span] = []
    if not all(side.text or side.whole for side in (before, after)):
        spans = merge(shapes.aws_token_spans(value), uuid_spans(value))
        looks = list(islice(spans, MOST_CUTS * MOST_CUTS))
    starts = _starts(value, before, looks)
    pieces = [
        (start, end)
        for start, ends in _ends(value, after, starts, looks, longest)
        for end in ends
        if start < end and (longest is None or end - start <= longest)
    ]
    left = MOST_READ * len(value)
    for start, end in sorted(pieces, key=lambda piece: _unlikeliness(value, piece)):
        yield value[start:end]
        left -= end - start
        if left < 0:
            return


def _starts(value: str, before: LiteralText, looks: list[Span]) -> list[int]:
    if before.whole:
        return [len(before.text)] if value.startswith(before.text) else []
    if before.text:
        return [at + len(before.text) for at in _found(value, before.text, 0, len(value))]
    return [start for start, _ in looks[:MOST_CUTS]]


def _ends(
    value: str, after: LiteralText, starts: list[int], looks: list[Span], longest: int | None
) -> Iterator[tuple[int, Iterable[int]]]:
    """For each start where its piece may end. What may be of any length is looked for once."""
    text, length = after.text, len(after.text)
    if text and not after.whole and longest is not None:
        return ((start, _found(value, text, start, start + longest + length)) for start in starts)
    if after.whole:
        ends = [len(value) - length] if value.endswith(text) else []
    elif text:
        ends = list(_found(value, text, min(starts, default=0), len(value)))
    else:
        ends = [end for _, end in looks]
    return ((start, islice((end for end in ends if end > start), MOST_CUTS)) for start in starts)


def _found(value: str, text: str, start: int, stop: int) -> Iterator[int]:
    """The indices where the text occurs, the first sixteen."""
    for _ in range(MOST_CUTS):
        if (start := value.find(text, start, stop)) < 0:
            return
        yield start
        start += len(text)


def _unlikeliness(value: str, span: Span) -> tuple[bool, bool, int]:
    """Of pieces that look like a token the longest is: tokens hold `/` and `+`, and what stands
    beside them behind one of these seldom does."""
    start, end = span
    if end - start > shapes.MAX_TOKEN_LENGTH:
        return True, True, 0
    piece = value[start:end]
    looks = shapes.looks_like_token(piece)
    return not looks, _SPACE.search(piece) is not None, start - end if looks else 0


def tokens_within(value: Json) -> Iterator[str]:
    """All that has the look of a token in any string of the value; AWS's look is preferred."""
    text = value if isinstance(value, str) else _dumped(value)
    certain = tuple(islice(shapes.aws_tokens(text), MOST_LOOKS))
    yield from certain or (text[start:end] for start, end in islice(uuid_spans(text), MOST_LOOKS))


def _dumped(value: Json) -> str:
    """As JSON, whose escapes are read as any other text's; empty where it is too deep for that."""
    try:
        return to_json(value).decode()
    except ValueError:  # half a surrogate pair, or 255 levels
        with suppress(RecursionError):
            return json.dumps(value)
    return ""


def parsed(text: str) -> Json:
    """The JSON object or array that a text is, its numbers as their lengths; None for others."""
    return decoded(text) if text[:1] in {"{", "["} else None


def decoded(text: str) -> Json:
    """The value of a JSON text, its numbers as their lengths; None where it is none."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
