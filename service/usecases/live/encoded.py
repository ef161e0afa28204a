"""Keeps what was encoded of one execution, for all who are to be told the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from handrail.core.json_text import json_bytes
from handrail.core.models import Json
from handrail.core.protocol.encoded_messages import KEPT, Message, addressed
from handrail.core.protocol.server_messages import NewsBody

CACHED_BYTES = 1024 * 1024  # how much of each kind is kept encoded for one position of the feed
Kept = TypeVar("Kept")


class Encoded(dict[tuple[object, ...], Kept]):
    """Keeps what was encoded since the last new event, as much of it as fits."""

    _bytes = 0

    def keep(self, key: tuple[object, ...], item: Kept, size: int) -> None:
        if self._bytes + size <= CACHED_BYTES:
            self[key] = item
            self._bytes += size

    def clear(self) -> None:
        super().clear()
        self._bytes = 0


@dataclass(slots=True, repr=False)
class EncodedMessages:
    """By a key whose first part is the type, and that tells all else that makes a difference."""

    _bodies: Encoded[tuple[bytes, dict[str, Json]]] = field(init=False, default_factory=Encoded)
    _messages: Encoded[Message] = field(init=False, default_factory=Encoded)

    def message(
        self, sub_id: str, key: tuple[object, ...], cursor: str, draw: Callable[[], NewsBody]
    ) -> Message:
        """Encoded once, addressed once an id."""
        if (message := self._messages.get((sub_id, *key))) is None:
            if (drawn := self._bodies.get(key)) is None:
                document = draw()
                body = json_bytes({**document, "cursor": cursor})[1:-1]
                drawn = body, {name: said for name, said in document.items() if name in KEPT}
                self._bodies.keep(key, drawn, len(body))
            body, kept = drawn
            message = addressed(str(key[0]), sub_id, body, cursor=cursor, kept=kept)
            self._messages.keep((sub_id, *key), message, 2 * len(message.text))
        return message

    def clear(self) -> None:
        self._bodies.clear()
        self._messages.clear()
