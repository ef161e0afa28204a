"""Takes task tokens out of what clients may see.

A token gives whoever holds it the right to answer a task, and histories are full of them: in the
parameters of the scheduled task, in what a worker echoes, in a link inside a message. Every token
learned is replaced, and whatever has the look of AWS's tokens even where it was never learned.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from .models import HistoryEvent, Json
from .spellings import REDACTED, KnownTokens
from .token_shape import AWS_START

__all__ = ["REDACTED", "Redactor"]

AWS_LENGTHS = range(200, 3072)
"""How long AWS's tokens may be in a string: 2,048 characters, and half as many for escapes."""

_AWS_RUN = re.compile(
    r"(?:[A-Za-z0-9+/]|%(?:25)*2[BbFf]|\\+/|\\+u002[BbFf]){200,}+"
    r"(?:=|%(?:25)*3[Dd]|\\+u003[Dd]){0,2}"
)
_AWS_BEGIN = re.compile(rf"(?:(?<![A-Za-z0-9+])|(?<=%[0-9A-Fa-f]{{2}})|(?<=\\[nrt])){AWS_START}")


class Redactor:
    """One execution's learned tokens. Learning is cumulative; tokens are never given out."""

    def __init__(self, tokens: Iterable[str] = ()) -> None:
        self._known = KnownTokens()
        self.learn(tokens)

    def learn(self, tokens: Iterable[str]) -> None:
        """Add tokens to what is replaced from now on; known and empty ones are ignored."""
        self._known.add(tokens)

    def event(self, event: HistoryEvent) -> HistoryEvent:
        """The event with every string of its details redacted; the same object where nothing
        had to be."""
        details = self._values(event.details)
        return event if details is event.details else replace(event, details=details)

    def text(self, text: str | None) -> str | None:
        """The text with every token replaced, in whatever spelling: as it is, percent-encoded,
        escaped in JSON, or in base64."""
        if text is None:
            return None
        return self._text(text)

    def _text(self, text: str) -> str:
        return _without_looks(self._known.redacted(text))

    def _values(self, values: Mapping[str, Json]) -> Mapping[str, Json]:
        changed = {key: self._value(item) for key, item in values.items()}
        return changed if any(changed[key] is not values[key] for key in changed) else values

    def _value(self, value: Json) -> Json:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return self._values(value)
        if isinstance(value, list):
            items = [self._value(item) for item in value]
            return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
        return value


def _without_looks(text: str) -> str:
    """Without anything that has the look of AWS's tokens; the same object where nothing has."""
    if AWS_START not in text:
        return text
    pieces: list[str] = []
    end = 0
    for run in _AWS_RUN.finditer(text):
        for begin in _AWS_BEGIN.finditer(text, run.start(), run.end()):
            if run.end() - begin.start() in AWS_LENGTHS:
                pieces += (text[end : begin.start()], REDACTED)
                end = run.end()
                break
    return "".join((*pieces, text[end:])) if pieces else text
