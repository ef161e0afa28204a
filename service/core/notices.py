"""The wire protocol's small messages: what is said around the news, whatever holds the socket."""

from .closing import CloseCode
from .errors import ServiceError
from .messages import Message, encode

PING = encode({"type": "ping"})
PONG = encode({"type": "pong"})


def ready(session: str, *, heartbeat_s: float, max_subscriptions: int) -> Message:
    return encode(
        {
            "type": "ready",
            "session": session,
            "heartbeat": heartbeat_s,
            "max_subscriptions": max_subscriptions,
        }
    )


def unsubscribed(id: str) -> Message:
    return encode({"type": "unsubscribed", "id": id})


def error_message(id: str | None, error: ServiceError, *, goes_on: bool = False) -> Message:
    """`retryable` says whether the stream goes on: by itself, as one does whose failed read is made
    again whatever was wrong with it, or where the client asks for it anew."""
    document = {"type": "error", "code": error.code, "detail": error.detail}
    if id is not None:
        document["id"] = id
    return encode({**document, "retryable": goes_on or error.retryable})


def closing(code: CloseCode, reason: str) -> Message:
    """The close code of a socket whose transport can't be told one: API Gateway closes all alike.
    Nothing comes after it."""
    return encode({"type": "closing", "code": int(code), "reason": reason})
