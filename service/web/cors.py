"""Cross-Origin Resource Sharing (the Fetch standard, section 3.2) for origins on the allow-list.

Around everything else: a page can't tell why an answer failed that it may not read, least of all a
refusal. A preflight costs nothing and is always answered. No cookies are used here, so credentials
mode is never allowed; a page sends its token in a header. Without an allow-list this does nothing.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from service.core.access.origins import shared_headers

if TYPE_CHECKING:
    from hypercorn.typing import ASGISendCallable

EXTENSION = "handrail.sharing"
PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST"),
    (
        b"access-control-allow-headers",
        b"Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Api-Key, X-Request-Id",
    ),
    (b"access-control-max-age", b"600"),
]
Headers = list[tuple[bytes, bytes]]


class Sharing:
    """Says which pages may read an answer, whoever in this process makes it."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = allowed

    def headers(self, scope: dict[str, Any]) -> Headers:
        """For any answer to this request."""
        shared = shared_headers(_sent(scope["headers"], b"origin"), self._allowed)
        return [(name.lower().encode(), text.encode("latin1")) for name, text in shared]

    def preflight(self, scope: dict[str, Any]) -> Headers | None:
        """What a preflight is answered with, besides `headers`; None where it is none."""
        if not self._allowed or scope["method"] != "OPTIONS":
            return None
        if _sent(scope["headers"], b"access-control-request-method") is None:
            return None
        return PREFLIGHT if len(self.headers(scope)) > 1 else []

    def around(self, scope: dict[str, Any], send: "ASGISendCallable") -> "ASGISendCallable":
        """`send`, with the headers on whatever answer goes out by it."""
        if not self._allowed:
            return send
        added = self.headers(scope)

        async def shared(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        return shared


def _sent(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """ASGI has names in lower case."""
    return next((text.decode("latin1") for key, text in headers if key == name), None)
