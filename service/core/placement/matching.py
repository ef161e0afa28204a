"""How to cut a task token out of a larger string.

Emulators may make tokens of other looks, so looks are the last resort: where a definition says what
stands around the token, that is what counts.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from service.core.models import Json
from service.core.token_shape import AWS_TOKEN, UUID

MOST_CUTS = 16

_EITHER = re.compile(f"(?<![A-Za-z0-9+])(?:{AWS_TOKEN}|{UUID})(?![A-Za-z0-9])")
_AWS = re.compile(f"(?<![A-Za-z0-9+]){AWS_TOKEN}(?![A-Za-z0-9+/=])")
_WHOLE = re.compile(f"{AWS_TOKEN}|{UUID}")


def looks_like_token(text: str) -> bool:
    """Whether the whole text has the look of a token."""
    return _WHOLE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Edge:
    """The certain texts on one side of a piece; `whole` where nothing else lies beyond them."""

    texts: tuple[str, ...]
    whole: bool

    @property
    def text(self) -> str:
        return "".join(self.texts)


def cuts(value: str, before: Edge, after: Edge) -> Iterator[str]:
    """The pieces of a string that may stand between two edges, the likeliest first: what looks
    like a token, then what holds no white space."""
    pieces = [
        value[start:end]
        for start in _starts(value, before)
        for end in _ends(value, after, start)
        if start < end
    ]
    pieces.sort(key=lambda piece: (not looks_like_token(piece), any(map(str.isspace, piece))))
    yield from pieces


def _starts(value: str, before: Edge) -> Iterator[int]:
    if before.whole:
        return iter((len(before.text),) if value.startswith(before.text) else ())
    if before.text:
        return (match.end() for match in _found(value, before.text, 0))
    return (match.start() for match in islice(_EITHER.finditer(value), MOST_CUTS))


def _ends(value: str, after: Edge, start: int) -> Iterator[int]:
    if after.whole:
        return iter((len(value) - len(after.text),) if value.endswith(after.text) else ())
    if after.text:
        return (match.start() for match in _found(value, after.text, start))
    return (match.end() for match in islice(_EITHER.finditer(value, start), MOST_CUTS))


def _found(value: str, text: str, start: int) -> Iterator[re.Match[str]]:
    return islice(re.compile(re.escape(text)).finditer(value, start), MOST_CUTS)


def tokens_within(value: Json) -> Iterator[str]:
    """Whatever has the look of a token in any string of the value; AWS's look is preferred."""
    certain = tuple(aws_tokens_within(value))
    yield from certain or (found for text in strings(value) for found in _EITHER.findall(text))


def aws_tokens_within(value: Json) -> Iterator[str]:
    """Whatever has the look of AWS's tokens in any string of the value."""
    return (found for text in strings(value) for found in _AWS.findall(text))


def strings(value: Json) -> Iterator[str]:
    """Every string value in a JSON value, however nested."""
    for _, leaf in leaves(value):
        if isinstance(leaf, str):
            yield leaf


def leaves(value: Json, key: str = "") -> Iterator[tuple[str, Json]]:
    """Every scalar with the key it stands under. Walks without recursion: depth is the caller's."""
    pending: list[tuple[str, Json]] = [(key, value)]
    while pending:
        name, item = pending.pop()
        if isinstance(item, dict):
            pending.extend(reversed(item.items()))
        elif isinstance(item, list):
            pending.extend((name, inner) for inner in reversed(item))
        else:
            yield name, item


def parsed(text: str) -> Json:
    """The JSON object or array a string holds, None where it holds neither."""
    if text[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
