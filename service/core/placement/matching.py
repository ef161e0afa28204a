"""How to cut a task token out of a larger string.

Emulators may make tokens of other looks, so looks are the last resort: where a definition says what
stands around the token, that is what counts.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from pydantic_core import to_json

from service.core.models import Json
from service.core.token_shape import (
    MAX_TOKEN_LENGTH,
    MOST_LOOKS,
    Span,
    aws_token_spans,
    aws_tokens,
    looks_like_token,
    uuid_spans,
)

MOST_CUTS = 16
MOST_READ = 4
"""How many times the whole string may be read in pieces, beyond the first."""

_SPACE = re.compile(r"\s")
# A number is nobody's token; `len` reads one of any length, and makes no text of it.
_DECODER = json.JSONDecoder(parse_float=len, parse_int=len, parse_constant=len)


@dataclass(frozen=True, slots=True)
class Edge:
    """The certain texts on one side of a piece; `whole` where nothing else lies beyond them."""

    texts: tuple[str, ...]
    whole: bool

    @property
    def text(self) -> str:
        return "".join(self.texts)


def cuts(value: str, before: Edge, after: Edge, *, longest: int | None) -> Iterator[str]:
    """The pieces of a string that may stand between two edges, the likeliest first: what looks
    like a token, then what is as short as one and holds no white space. None is longer than
    `longest`; together they are a few times as long as the string at most."""
    known = before.text or before.whole, after.text or after.whole
    looks = [] if all(known) else _looks(value)
    starts = list(_starts(value, before, looks))
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


def _looks(value: str) -> list[Span]:
    spans = merge(aws_token_spans(value), uuid_spans(value))
    return list(islice(spans, MOST_CUTS * MOST_CUTS))


def _starts(value: str, before: Edge, looks: Sequence[Span]) -> Iterator[int]:
    if before.whole:
        return iter((len(before.text),) if value.startswith(before.text) else ())
    if before.text:
        found = islice(_found(value, before.text, 0, len(value)), MOST_CUTS)
        return (at + len(before.text) for at in found)
    return (start for start, _ in looks[:MOST_CUTS])


def _ends(
    value: str, after: Edge, starts: Sequence[int], looks: Sequence[Span], longest: int | None
) -> Iterator[tuple[int, Iterable[int]]]:
    """For each start where its piece may end. What may be of any length is looked for once, from
    the first start on."""
    length = len(after.text)
    if after.whole:
        whole = (len(value) - length,) if value.endswith(after.text) else ()
        return ((start, whole) for start in starts)
    if not after.text:
        ends = [end for _, end in looks]
    elif longest is None:
        ends = list(
            islice(_found(value, after.text, min(starts, default=0), len(value)), MOST_CUTS)
        )
    else:
        return (
            (start, islice(_found(value, after.text, start, start + longest + length), MOST_CUTS))
            for start in starts
        )
    return ((start, islice((end for end in ends if end > start), MOST_CUTS)) for start in starts)


def _found(value: str, text: str, start: int, stop: int) -> Iterator[int]:
    while (at := value.find(text, start, stop)) >= 0:
        yield at
        start = at + len(text)


def _unlikeliness(value: str, span: Span) -> tuple[bool, bool, int]:
    """Of pieces that look like a token the longest is: tokens hold `/` and `+`, and what stands
    beside them behind one of these seldom does."""
    start, end = span
    if end - start > MAX_TOKEN_LENGTH:
        return True, True, 0
    piece = value[start:end]
    if looks_like_token(piece):
        return False, _SPACE.search(piece) is not None, start - end
    return True, _SPACE.search(piece) is not None, 0


def tokens_within(value: Json) -> Iterator[str]:
    """Whatever has the look of a token in any string of the value; AWS's look is preferred."""
    text = value if isinstance(value, str) else _dumped(value)
    certain = tuple(islice(aws_tokens(text), MOST_LOOKS))
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
    """The JSON object or array a string holds, its numbers as their lengths; None where it
    holds neither."""
    return decoded(text) if text[:1] in {"{", "["} else None


def decoded(text: str) -> Json:
    """The value of a JSON text, its numbers as their lengths; None where it is none."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
