"""Takes task tokens out of what clients may see.

A token lets whoever has it answer a task, and histories are full of them: in the parameters of the
scheduled task, in what a worker echoes, in a link inside a message, in what a parent hands to a
child. Three guards follow each other: every token learned from where a definition puts it, whatever
has the shape of AWS's tokens, and any string under a key that is `TaskToken`. Nothing else is
touched: payloads hold tokens, digests and base64 of their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from service.core.models import HistoryEvent, Json

from .encodings import KnownTokens
from .shapes import aws_spans, is_token_key, without_named

REDACTED = "[redacted]"


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

    def text(self, text: str) -> str:
        """The text with every token replaced, in any spelling: as it is, percent-encoded, escaped
        in JSON, or in base64. Takes time in proportion to the text's length."""
        text = without_named(text, REDACTED)
        spans = [*self._known.spans(text), *aws_spans(text)]
        pieces: list[str] = []
        end = 0
        for start, stop in sorted(spans):
            if start >= end:  # spans that overlap are one
                pieces += (text[end:start], REDACTED)
            end = max(end, stop)
        return "".join((*pieces, text[end:])) if spans else text

    def _values(self, values: Mapping[str, Json]) -> Mapping[str, Json]:
        changed = {
            key: REDACTED if isinstance(item, str) and is_token_key(key) else self._value(item)
            for key, item in values.items()
        }
        return changed if any(changed[key] is not values[key] for key in changed) else values

    def _value(self, value: Json) -> Json:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self._values(value)
        if isinstance(value, list):
            items = [self._value(item) for item in value]
            return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
        return value


_NOTHING_LEARNED = Redactor()


def redacted(text: str | None) -> str | None:
    """A text of an execution whose tokens weren't learned: by shape and by key."""
    return None if text is None else _NOTHING_LEARNED.text(text)
