"""Answers Cross-Origin Resource Sharing (the Fetch standard, 3.2) for origins on the allow-list.

Around everything else: a page can't tell why an answer failed that it may not read. No cookies are
used here, so credentials mode is never allowed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.core.access.origins import shared_headers

if TYPE_CHECKING:
    from hypercorn.typing import ASGISendCallable

ALLOWED = b"Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Api-Key, X-Request-Id"
PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", ALLOWED),
    (b"access-control-max-age", b"600"),
]
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Sharing:
    """Says which pages may read an answer, whoever in this process makes it."""

    allowed: Collection[str]

    def headers(self, scope: dict[str, Any]) -> Headers:
        """For any answer to this request."""
        origin = dict(scope["headers"]).get(b"origin")
        shared = shared_headers(origin and origin.decode("latin1"), self.allowed)
        return [(name.lower().encode(), text.encode("latin1")) for name, text in shared]

    def preflight(self, scope: dict[str, Any]) -> Headers | None:
        """What a preflight is answered with, besides `headers`; None where it is none."""
        if not self.allowed or scope["method"] != "OPTIONS":
            return None
        if b"access-control-request-method" not in dict(scope["headers"]):
            return None
        return PREFLIGHT if len(self.headers(scope)) > 1 else []

    def around(self, scope: dict[str, Any], send: "ASGISendCallable") -> "ASGISendCallable":
        """`send`, with the headers on whatever answer goes out by it."""
        if not self.allowed:
            return send
        added = self.headers(scope)

        async def shared(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        return shared
