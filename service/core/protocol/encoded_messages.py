"""Live messages as bytes: encoded once, framed once, shared by every subscriber."""

from collections.abc import Mapping
from struct import pack

from handrail.core.json_text import json_bytes
from handrail.core.models import ExecutionId, Json

from .paths import execution_path

TEXT_FRAME = 0x81  # whole, final, text, and unmasked, as from a server: RFC 6455, section 5.2

KEPT = frozenset({"recovered", "reason", "status"})
"""What a message about an execution still says where its content is omitted."""


class Message:
    """JSON text in UTF-8, and the same as a WebSocket frame, made once however many sockets it goes
    to. `cursor` is where it leads to, None where it is about no execution; `kept` is what it says
    where its content is omitted."""

    __slots__ = ("cursor", "frame", "kept", "text")

    def __init__(
        self, text: bytes, cursor: str | None = None, kept: Mapping[str, Json] | None = None
    ) -> None:
        self.text, self.cursor, self.kept, size = text, cursor, kept, len(text)
        if size < 126:
            self.frame = pack("!BB", TEXT_FRAME, size) + text
        elif size < 65_536:
            self.frame = pack("!BBH", TEXT_FRAME, 126, size) + text
        else:
            self.frame = pack("!BBQ", TEXT_FRAME, 127, size) + text


def encode(document: Mapping[str, Json]) -> Message:
    return Message(json_bytes(document))


def addressed(
    type: str, id: str, body: bytes, *, cursor: str, kept: Mapping[str, Json] | None = None
) -> Message:
    """A message of this type to this subscription; `body`, `"a":1,"b":2`, may be shared by many.
    `kept` is what of it is still said where its content is omitted."""
    head = {"type": type, "id": id}
    whole = b"%b,%b}" % (json_bytes(head)[:-1], body)
    return Message(whole, cursor, {**head, **(kept or {}), "cursor": cursor})


def limited(message: Message, max_bytes: int, id: ExecutionId, prefix: str = "") -> Message:
    """The message itself where its text has at most `max_bytes` or is about no execution; else the
    same without its content, with the links where the snapshot and the events are to be had."""
    if len(message.text) <= max_bytes or message.kept is None:
        return message
    path = prefix + execution_path(id)
    links = {"self": path, "events": f"{path}/events"}
    return Message(json_bytes({**message.kept, "omitted": ["*"], "links": links}), message.cursor)
