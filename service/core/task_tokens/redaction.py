"""Takes task tokens, with which anybody could answer a task, out of what clients may see.

Histories are full of them: in parameters, in what workers echo, in links. Redacts every token
learned from where a definition puts it, whatever has the shape of AWS's tokens, and any string
under a key that is `TaskToken`. Nothing else: payloads hold tokens and digests of their own.

Learned tokens are looked for by their *anchor*, 31 characters that every spelling leaves alone. Its
sixteen pieces of sixteen characters are kept, and of a text every sixteenth is looked up, so that
one meets each anchor there is: thousands of tokens cost no more than one.
"""

from collections.abc import Iterable
from dataclasses import replace

from handrail.core.models import HistoryEvent, Json

from .encodings import ANCHOR, PIECE, Spelling, overlapping, spellings
from .shapes import Span, aws_spans, is_aws_token, is_token_key, without_named

REDACTED = "[redacted]"


class Redactor:
    """One execution's learned tokens. Learning is cumulative; tokens are never given out."""

    def __init__(self, tokens: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._pieces: dict[str, tuple[int, ...]] = {}
        self._anchors: dict[str, list[Spelling]] = {}
        self._others: list[Spelling] = []
        self.learn(tokens)

    def learn(self, tokens: Iterable[str]) -> None:
        """Add tokens to what is replaced from now on; known and empty ones are ignored."""
        for token in tokens:
            if token and token not in self._known and not is_aws_token(token):
                self._known.add(token)
                for spelling in spellings(token):
                    self._add(spelling)

    def _add(self, spelling: Spelling) -> None:
        if len(spelling.anchored) < ANCHOR:
            self._others.append(spelling)
            return
        anchor = spelling.anchored[-ANCHOR:]
        self._anchors.setdefault(anchor, []).append(spelling)
        for offset in range(ANCHOR - PIECE + 1):
            piece = anchor[offset : offset + PIECE]
            known = self._pieces.get(piece, ())
            if offset not in known:
                self._pieces[piece] = (*known, offset)

    def event(self, event: HistoryEvent) -> HistoryEvent:
        """The event, every string of its details redacted; the same object where none had to be."""
        details = self._value(event.details)
        return event if details is event.details else replace(event, details=details)

    def text(self, text: str) -> str:
        """The text with every token replaced, in any spelling: as it is, percent-encoded, escaped
        in JSON, or in base64. Takes time in proportion to the text's length."""
        text = without_named(text, REDACTED)
        spans = [*self._spans(text), *aws_spans(text)]
        pieces: list[str] = []
        end = 0
        for start, stop in sorted(spans):
            if start >= end:  # spans that overlap are one
                pieces += (text[end:start], REDACTED)
            end = max(end, stop)
        return "".join((*pieces, text[end:])) if spans else text

    def _spans(self, text: str) -> list[Span]:
        """Every span of a learned token, in any order."""
        found: list[Span] = []
        read_to = 0
        for other in self._others:
            places = overlapping(other.anchored).finditer(text)
            found += filter(None, (other.span_at(text, place.start()) for place in places))
        met = self._pieces.get
        starts = range(0, len(text) - PIECE + 1, PIECE) if self._pieces else ()
        pieces = ((at, known) for at in starts if (known := met(text[at : at + PIECE])))
        for at, offsets in pieces:
            for offset in offsets:
                end = at - offset + ANCHOR
                anchored = self._anchors.get(text[end - ANCHOR : end]) if end > read_to else None
                for spelling in anchored or ():
                    read_to = end
                    if (span := spelling.span_at(text, end - len(spelling.anchored))) is not None:
                        found.append(span)
        return found

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
