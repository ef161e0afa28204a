"""Which pages may open sockets here. Browsers enforce no same-origin policy on WebSockets."""

from collections.abc import Collection
from urllib.parse import urlsplit


def allowed_origin(origin: str | None, host: str | None, allowed: Collection[str]) -> bool:
    """Whether the Origin header is absent (no browser), this very site by the Host header, or on
    the allow-list."""
    if origin is None or origin.rstrip("/") in allowed:
        return True
    try:
        return bool(urlsplit(origin).netloc) and urlsplit(origin).netloc == host
    except ValueError:
        return False
