"""Takes task tokens out of what clients may see.

Whoever has a token can answer its task, and histories are full of them: in the parameters of the
scheduled task, in what a worker echoes, in links, in what a parent hands to a child. Redacts every
token learned from where a definition puts it, whatever has the shape of AWS's tokens, and any
string under a key that is `TaskToken`. Nothing else: payloads hold tokens and digests of their own.
"""

from collections.abc import Iterable
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
        """The event, every string of its details redacted; the same object where none had to be."""
        details = self._value(event.details)
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

    def _value(self, value: Json, key: str = "") -> Json:
        if isinstance(value, str):
            return REDACTED if is_token_key(key) else self.text(value)
        if isinstance(value, dict):
            fields = {key: self._value(item, key) for key, item in value.items()}
            return fields if any(fields[key] is not value[key] for key in fields) else value
        if isinstance(value, list):
            items = [self._value(item) for item in value]
            return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
        return value


_NOTHING_LEARNED = Redactor()


def redacted(text: str | None) -> str | None:
    """A text of an execution whose tokens weren't learned: by shape and by key."""
    return None if text is None else _NOTHING_LEARNED.text(text)
