"""Decides which pages may call here, by the Origin and Host headers, which only browsers set."""

import re
from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from service.core.errors import Forbidden

PRIVATE = {"localhost", "local", "test", "internal"}  # by RFC 6761 and 6762, and by ICANN
_HOST = re.compile(
    r"(?:[0-9A-Za-z_-]{1,63}(?:\.[0-9A-Za-z_-]{1,63})*\.?|\[([0-9A-Fa-f:.]{2,45})\])?(?::([0-9]{0,5}))?"
)

EXPOSED = "Location, Retry-After, WWW-Authenticate, X-Request-Id"


def shared_headers(origin: str | None, allowed: Collection[str]) -> list[tuple[str, str]]:
    """The headers an answer of any kind needs for a page of this origin to read it; none where no
    other site's page may. `null` is never listed, whatever the list says (Fetch standard, 3.2)."""
    vary = [("Vary", "Origin")] if allowed else []
    if origin is None or origin == "null" or origin not in allowed:
        return vary
    exposed = ("Access-Control-Expose-Headers", EXPOSED)
    return [*vary, ("Access-Control-Allow-Origin", origin), exposed]


def allowed_origin(origin: str | None, host: str | None, allowed: Collection[str]) -> bool:
    """True where the Origin header is absent (no browser), this very site by the Host header, or on
    the allow-list. Sockets need it: browsers enforce no same-origin policy on them."""
    if origin is None or origin.rstrip("/") in allowed:
        return True
    return bool(site := _split(origin).netloc) and site == host


def check_origin(origin: str | None, host: str | None, allowed: Collection[str]) -> None:
    """Raises Forbidden where `allowed_origin` says no."""
    if not allowed_origin(origin, host, allowed):
        raise Forbidden("This origin is not allowed.")


def on_this_machine(
    origin: str | None, host: str | None, allowed: Collection[str], *, known_as: str | None = None
) -> bool:
    """True where a caller without credentials is on this machine and no page of another site: it
    calls us by an address, a name of private networks, or as `known_as`, our URL.

    Such a page may send simple POSTs anywhere without reading the answers, and read them too once
    its name leads to 127.0.0.1 (DNS rebinding)."""
    name, ours = host_name(host or ""), {None, _split(known_as).netloc} if known_as else {None}
    private = name and ("." not in name or name.rpartition(".")[2] in PRIVATE)
    named = host in ours or private or _address(name) is not None
    here = origin is not None and is_loopback(host_name(_split(origin).netloc))
    return bool(named) and (here or allowed_origin(origin, host, allowed))


def other_site(
    origin: str | None,
    fetch_site: str | None,
    host: str | None,
    allowed: Collection[str],
    *,
    known_as: str | None = None,
) -> bool:
    """True where a browser says that a page of another site makes the request, neither of this site
    nor on the allow-list: by its Sec-Fetch-Site header, and by Origin where it sends none. Older
    ones, and all over plain HTTP to another machine, may send `Origin: null` alone: that says it
    of nobody (https://www.w3.org/TR/fetch-metadata/, section 2)."""
    if fetch_site in {"same-origin", "none"}:
        return False
    if fetch_site is None and origin in {None, "null"}:
        return False
    if known_as:
        allowed = {*allowed, f"{urlsplit(known_as).scheme}://{urlsplit(known_as).netloc}"}
    return origin is None or not allowed_origin(origin, host, allowed)


def names_host(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """True where ASGI's headers say at most once where the request goes (RFC 9112, 3.2): by a name
    as DNS has them, or an address, and a port (RFC 9110, 7.2; RFC 1035, 2.3.4)."""
    hosts = [text.decode("latin1") for name, text in headers if name == b"host"]
    found = _HOST.fullmatch(hosts[0] if hosts else "")
    if found is None or len(hosts) > 1 or len(found[0]) > 260 or int(found[2] or 0) > 65_535:
        return False
    return found[1] is None or isinstance(_address(found[1]), IPv6Address)


def host_name(host: str) -> str:
    """A Host header's, in lower case and without its port; `""` for what can't be one."""
    return _split(f"//{host}").hostname or ""


def is_loopback(host: str) -> bool:
    """Of a name only localhost is sure to be (RFC 6761, section 6.3)."""
    address = _address(host)
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback if address else f".{host}".endswith(".localhost")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
