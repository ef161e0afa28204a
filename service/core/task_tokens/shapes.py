"""Finds task tokens without any definition: by their shape, and by the key of a string.

AWS documents no form. Tokens seen in public are base64 of a version and two lengths in four bytes
each, then the secret: `AAAAKgAAAAI…`, since 2022 behind three more bytes, `AQCEAAAAKgAAAAM…`. They
are made in chunks, so padding may stand in the middle. The embedded engine's are UUIDs.
"""

import base64
import json
import re
from collections.abc import Iterator
from itertools import chain, pairwise

from handrail.core.models import HistoryEvent, Json

MAX_TOKEN_LENGTH = 2048
MIN_AWS_LENGTH = 32
"""Two numbers of four bytes are nobody's token; 24 bytes of that beginning are."""
MOST_LOOKS = 16
"""The most tokens looked for in one task's parameters by looks alone: two settle nothing."""

Span = tuple[int, int]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SIGN = "AAAAKgAAAA"
_BEGIN = re.compile(r"AQ[A-Za-z0-9+/]{2}")
_BEGIN_LENGTH = 4
# JSON in JSON doubles backslashes: 31 are five levels. Without a bound, each would be a beginning.
_BACKSLASHES = r"\\{1,31}+"
_CHARACTERS = rf"(?:[A-Za-z0-9+/]++|%(?:25)*+2[BbFf]|{_BACKSLASHES}(?:/|u002[BbFf]))"
_URL_SAFE = r"[A-Za-z0-9_-]++"
_PADDING = rf"(?:=|%(?:25)*+3[Dd]|{_BACKSLASHES}u003[Dd])"
_MORE = rf"(?:{_PADDING}{{1,2}}+{_CHARACTERS}++)*+{_PADDING}{{0,2}}+"
_ANY = rf"(?:[A-Za-z0-9+/=_-]|%(?:25)*+[23][BbDdFf]|{_BACKSLASHES}(?:/|u00[23][BbDdFf]))"
_HEAD = rf"{_SIGN}[B-Z](?={_ANY}{{{MIN_AWS_LENGTH - 11 - _BEGIN_LENGTH}}})"
_FOUND = re.compile(rf"{_HEAD}{_CHARACTERS}*+{_MORE}")
_SHOWN = re.compile(rf"{_HEAD}[A-Za-z0-9]*+(?:{_CHARACTERS}++|{_URL_SAFE})?+{_MORE}")
# The next one begins no sooner than the shortest ends.
_NEXT = re.compile(rf"(?:AQ[A-Za-z0-9+/]{{2}})?+{_HEAD}.{{{MIN_AWS_LENGTH - 11 - _BEGIN_LENGTH}}}")
_DECODED = (
    (re.compile(rf"%(?:25)*+2[Bb]|{_BACKSLASHES}u002[Bb]"), "+"),
    (re.compile(rf"%(?:25)*+2[Ff]|{_BACKSLASHES}(?:/|u002[Ff])"), "/"),
    (re.compile(rf"%(?:25)*+3[Dd]|{_BACKSLASHES}u003[Dd]"), "="),
)

_KEY = re.compile(r"(?i:task[_-]?token)")
_SPACE = r"(?:\s|\\++[nrt])*+"
_NAMED = re.compile(
    # The lookbehind stands behind four letters: in front, every place of a text would try it.
    r'((?i:task(?:(?<="task)|[_-](?<="task[_-]))token)(?P<level>\\*+)"'
    rf'{_SPACE}:{_SPACE}(?P=level)")'
    r'((?:[^"\\]++|(?:(?:\\(?P=level)){2})++|(?!(?P=level)")\\++"?+)++)'
)
"""A key and its string, in quotes that are escaped equally often; it ends before the next such."""


def needs_definition(event: HistoryEvent) -> bool:
    """True for an event that brings a new token into the history, so that the definition is worth
    fetching. Activities' tokens are never in a history."""
    resource = str(event.details.get("resource"))
    return event.type == "TaskScheduled" and resource.endswith(".waitForTaskToken")


def is_aws_token(text: str) -> bool:
    """True where the whole text has the shape of AWS's tokens: such a token needs no learning."""
    likely = len(text) <= MAX_TOKEN_LENGTH and _SIGN in text[: _BEGIN_LENGTH + len(_SIGN)]
    return likely and list(aws_spans(text)) == [(0, len(text))]


def looks_like_token(text: str) -> bool:
    """True where the whole text may have been made by AWS or the embedded engine."""
    return is_aws_token(text) or _UUID.fullmatch(text) is not None


def uuid_spans(text: str) -> Iterator[Span]:
    """The spans of UUIDs, also of those that touch other text."""
    return (found.span() for found in _UUID.finditer(text))


def aws_spans(text: str) -> Iterator[Span]:
    """The spans of what has AWS's shape: as it is, percent-encoded or escaped in JSON any number of
    times, URL-safe or in base64. Reads each character a fixed number of times."""
    if _SIGN in text:
        for found in _SHOWN.finditer(text):
            start = _start(text, found.start())
            if found.end() - start >= MIN_AWS_LENGTH:
                yield start, found.end()
    yield from base64_spans(text)


def base64_spans(text: str) -> Iterator[Span]:
    """The spans of what has AWS's shape in base64, with what follows it there."""
    for sign, pattern in _IN_BASE64:
        if sign in text:
            yield from (found.span() for found in pattern.finditer(text))


def aws_tokens(text: str) -> Iterator[str]:
    """The tokens of AWS's shape in a text, decoded; those in base64 are left to the definition."""
    for start, end in aws_token_spans(text):
        token = text[start:end]
        for pattern, character in _DECODED:
            token = pattern.sub(character, token)
        yield token


def aws_token_spans(text: str) -> Iterator[Span]:
    """Their spans, one by one where several touch."""
    for found in _FOUND.finditer(text):
        nexts = (m.start() for m in _NEXT.finditer(text, found.start() + 1, found.end()))
        for start, end in pairwise(chain([_start(text, found.start())], nexts, [found.end()])):
            if end - start >= MIN_AWS_LENGTH:
                yield start, end


def is_token_key(key: str) -> bool:
    """True for a key named `TaskToken`, `task_token`, `TASK-TOKEN` or the like."""
    return len(key) in {9, 10} and _KEY.fullmatch(key) is not None


def without_named(text: str, instead: str) -> str:
    """A JSON text, also one with others inside its strings, `instead` in place of the strings under
    such keys; the same object where there is none. A string that is cut off goes on to the end."""
    if text.isascii() and "token" not in text.lower():
        return text
    pieces = _NAMED.split(text)
    if len(pieces) == 1:
        return text
    found = len(pieces) // 4
    pieces[2::4], pieces[3::4] = [""] * found, [instead] * found
    return "".join(pieces)


def named_tokens(text: str) -> Iterator[str]:
    """The strings under such keys, decoded."""
    if text.isascii() and "token" not in text.lower():
        return
    for found in _NAMED.finditer(text):
        value: Json = found[3]
        try:
            for _ in range(len(found["level"]).bit_length() + 1):
                value = json.loads(f'"{value}"')
        except ValueError:
            continue
        yield value


def _start(text: str, sign_at: int) -> int:
    start = sign_at - _BEGIN_LENGTH
    return start if start >= 0 and _BEGIN.match(text, start) else sign_at


def _in_base64(offset: int, skipped: int) -> tuple[str, re.Pattern[str]]:
    """The sign in base64 at an offset modulo 3, without the characters its neighbours share."""
    whole = base64.b64encode(bytes(offset) + _SIGN.encode()).decode()
    sign = whole[skipped : (offset + len(_SIGN)) * 8 // 6]
    rest = rf"(?:{_CHARACTERS}|{_URL_SAFE}){{1,}}+{_PADDING}{{0,2}}+"
    return sign, re.compile(rf"{sign}(?=[A-Za-z0-9+/_-]{{{MIN_AWS_LENGTH}}}){rest}")


_IN_BASE64 = (_in_base64(0, 0), _in_base64(1, 2), _in_base64(2, 3))
