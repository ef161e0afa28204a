"""Live messages as bytes: encoded once, framed once, shared by every subscriber."""

from collections.abc import Mapping
from struct import pack

from pydantic_core import PydanticSerializationError, from_json, to_json

from service.core.models import ExecutionId, Json

from .paths import execution_path

TEXT_FRAME = 0x81  # whole, final, text, and unmasked, as from a server: RFC 6455, section 5.2

KEPT = {"subscribed": ("recovered",), "update": (), "reset": ("reason",), "complete": ("status",)}
"""What each message about an execution still says where its content is omitted."""


class Message:
    """JSON text in UTF-8, and the same as a WebSocket frame, made once however many sockets it goes
    to. `cursor` is where it leads to, None where it is about no execution."""

    __slots__ = ("cursor", "frame", "text")

    def __init__(self, text: bytes, cursor: str | None = None) -> None:
        self.text, self.cursor, size = text, cursor, len(text)
        if size < 126:
            self.frame = pack("!BB", TEXT_FRAME, size) + text
        elif size < 65_536:
            self.frame = pack("!BBH", TEXT_FRAME, 126, size) + text
        else:
            self.frame = pack("!BBQ", TEXT_FRAME, 127, size) + text


def json_bytes(document: Json) -> bytes:
    """JSON in UTF-8, whatever AWS answered: half a surrogate pair, which is what is left of an
    emoji where a cause was cut, becomes a question mark, and a number past all doubles null."""
    try:
        return to_json(document, inf_nan_mode="null")
    except PydanticSerializationError:
        return to_json(_in_utf8(document), inf_nan_mode="null")


def encode(document: Mapping[str, Json]) -> Message:
    return Message(json_bytes(document))


def addressed(type: str, id: str, body: bytes, *, cursor: str) -> Message:
    """A message of this type to this subscription; `body`, `"a":1,"b":2`, may be shared by many."""
    return Message(b'{"type":%b,"id":%b,%b}' % (to_json(type), to_json(id), body), cursor)


def limited(message: Message, max_bytes: int, id: ExecutionId, prefix: str = "") -> Message:
    """The message itself where its text has at most `max_bytes` or is about no execution; else the
    same without its content, with the links where the snapshot and the events are to be had."""
    if len(message.text) <= max_bytes:
        return message
    document = from_json(message.text)
    if (kept := KEPT.get(document["type"])) is None:
        return message
    left = {name: document[name] for name in ("type", "id", *kept, "cursor")}
    path = prefix + execution_path(id)
    links = {"self": path, "events": f"{path}/events"}
    return Message(json_bytes({**left, "omitted": ["*"], "links": links}), message.cursor)


def _in_utf8(value: Json) -> Json:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_in_utf8(key): _in_utf8(item) for key, item in value.items()}
    return [_in_utf8(item) for item in value] if isinstance(value, list | tuple) else value
