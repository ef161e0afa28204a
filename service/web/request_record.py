"""Keeps what is known of one request, or handshake, until its line in the log is written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from quart import has_request_context, request

if TYPE_CHECKING:
    from hypercorn.typing import ASGISendCallable

SCOPE_KEY = "handrail.record"


@dataclass(slots=True)
class RequestRecord:
    """`began_at` is by the loop's time. `status` is None before the answer's head goes out. `code`
    is of the problem that is answered, `execution` the id of what the request was about, where it
    is known to be one; `messages` tells how many were sent by a stream, or events by a
    long-poll."""

    began_at: float = 0.0
    status: int | None = None
    bytes: int = 0
    whole: bool = False
    code: str | None = None
    execution: str | None = None
    messages: Callable[[], int] | None = None
    audited: bool = False

    def counting(self, send: "ASGISendCallable") -> "ASGISendCallable":
        """`send`, noting what goes out by it."""

        async def counted(message: Any) -> None:
            if "status" in message:
                self.status = message["status"]
            else:
                self.bytes += len(message.get("body", b""))
                self.whole = not message.get("more_body", False)
            await send(message)

        return counted


def record() -> RequestRecord:
    """The running request's; one that nobody reads in a socket's handshake."""
    scope = cast(dict[str, Any], request.scope) if has_request_context() else {}
    found: RequestRecord = scope.setdefault(SCOPE_KEY, RequestRecord())
    return found
