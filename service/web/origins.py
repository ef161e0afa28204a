"""Which pages may open sockets here. Browsers enforce no same-origin policy on WebSockets."""

from urllib.parse import urlsplit

from werkzeug.datastructures import Headers


def allowed_origin(headers: Headers, allowed: frozenset[str]) -> bool:
    """Whether the Origin header is absent (no browser), this very site, or on the allow-list."""
    origin = headers.get("Origin")
    if origin is None or origin.rstrip("/") in allowed:
        return True
    try:
        return bool(urlsplit(origin).netloc) and urlsplit(origin).netloc == headers.get("Host")
    except ValueError:
        return False
