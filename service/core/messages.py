"""Live messages as bytes: encoded once, framed once, shared by every subscriber."""

from collections.abc import Mapping
from struct import pack

from pydantic_core import to_json

from .models import Json

TEXT_FRAME = 0x81
"""FIN and the text opcode, RFC 6455 section 5.2."""


class Message:
    """One message: JSON text in UTF-8, and the same as an unmasked WebSocket frame, made at most
    once however many sockets it goes to. `cursor` is where it leads to, None for a mere notice."""

    __slots__ = ("_frame", "cursor", "text")

    def __init__(self, text: bytes, cursor: str | None = None) -> None:
        self.text = text
        self.cursor = cursor
        self._frame: bytes | None = None

    @property
    def frame(self) -> bytes:
        if self._frame is None:
            self._frame = text_frame(self.text)
        return self._frame


def text_frame(payload: bytes) -> bytes:
    """A whole, final, unmasked text frame (what a server sends), RFC 6455 section 5.2."""
    size = len(payload)
    if size < 126:
        return bytes((TEXT_FRAME, size)) + payload
    if size < 65_536:
        return pack("!BBH", TEXT_FRAME, 126, size) + payload
    return pack("!BBQ", TEXT_FRAME, 127, size) + payload


def encode(document: Mapping[str, Json]) -> Message:
    return Message(to_json(document, inf_nan_mode="null"))


def body_of(document: Mapping[str, Json]) -> bytes:
    """The document's inside, `"a":1,"b":2`, for `addressed` to complete."""
    return to_json(document, inf_nan_mode="null")[1:-1]


def addressed(type: str, id: str, body: bytes, *, cursor: str) -> Message:
    """A message of this type to this subscription around a body that many share."""
    return Message(b'{"type":%b,"id":%b,%b}' % (to_json(type), to_json(id), body), cursor)
