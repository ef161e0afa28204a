"""Decides which pages may call here, by the Origin and Host headers, which only browsers set."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from handrail.core.errors import Forbidden

PRIVATE = {"localhost", "local", "test", "internal"}  # by RFC 6761 and 6762, and by ICANN
_HOST = re.compile(
    r"(?:[0-9A-Za-z_-]{1,63}(?:\.[0-9A-Za-z_-]{1,63})*\.?|\[([0-9A-Fa-f:.]{2,45})\])?(?::([0-9]{0,5}))?"
)

EXPOSED = (
    "Accept-Encoding, Allow, Date, ETag, Location, Retry-After, WWW-Authenticate, X-Request-Id"
)
_PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"[0-9a-z_-]{1,63}")
_NAME = re.compile(r"(?:\*\.)?[0-9a-z_-]{1,63}(?:\.[0-9a-z_-]{1,63})*\.?")


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins whose pages may call: those `listed`, exact or with one label left open
    (`https://*.preview.example.com`), and the service's `own`, that of its public URL. All as
    browsers write them: in lower case, and without the scheme's own port (HTML standard, 7.1.1)."""

    listed: frozenset[str] = frozenset()
    own: str | None = None

    @classmethod
    def parse(cls, text: str, public_url: str | None = None) -> "Origins":
        """Reads a list with commas or blanks. Raises ValueError, whose text says what is wrong with
        an entry."""
        listed = frozenset(map(_entry, re.findall(r"[^\s,]+", text)))
        own = None if public_url is None else _written(urlsplit(public_url))
        return cls(listed, own)

    def __bool__(self) -> bool:
        """True where any other site's page may call."""
        return bool(self.listed)

    def lists(self, origin: str) -> bool:
        scheme, _, host = origin.partition("://")
        label, _, parent = host.partition(".")
        if "*" in origin:
            return False
        open_one = f"{scheme}://*.{parent}"
        return origin in self.listed or (open_one in self.listed and bool(_LABEL.fullmatch(label)))


def shared_headers(origin: str | None, origins: Origins) -> list[tuple[str, str]]:
    """The headers an answer of any kind needs for a page of this origin to read it; none where no
    other site's page may."""
    vary = [("Vary", "Origin")] if origins else []
    if origin is None or not origins.lists(origin):
        return vary
    exposed = ("Access-Control-Expose-Headers", EXPOSED)
    return [*vary, ("Access-Control-Allow-Origin", origin), exposed]


def allowed_origin(origin: str | None, host: str | None, origins: Origins) -> bool:
    """True where the Origin header is absent (no browser), this very site by our URL or the Host
    header, or on the list. Sockets need it: browsers enforce no same-origin policy on them."""
    if origin is None or origin == origins.own or origins.lists(origin.rstrip("/")):
        return True
    site = _split(origin)
    port = f":{_PORTS.get(site.scheme)}"  # a proxy, or a client, may name it though it needn't
    return bool(site.netloc) and site.netloc == (host or "").lower().removesuffix(port)


def check_origin(origin: str | None, host: str | None, origins: Origins) -> None:
    """Raises Forbidden where `allowed_origin` says no."""
    if not allowed_origin(origin, host, origins):
        raise Forbidden("This origin is not allowed.")


@lru_cache(maxsize=64)  # they call us by the same few names
def on_this_machine(origin: str | None, host: str | None, origins: Origins) -> bool:
    """True where a caller without credentials is on this machine and no page of another site: it
    calls us by an address, a name of private networks, or that of our URL.

    Such a page may send simple POSTs anywhere without reading the answers, and read them too once
    its name leads to 127.0.0.1 (DNS rebinding)."""
    name, own = host_name(host or ""), origins.own
    private = name and ("." not in name or name.rpartition(".")[2] in PRIVATE)
    ours = host is None or (own is not None and allowed_origin(own, host, Origins()))
    named = ours or private or _address(name) is not None
    here = origin is not None and is_loopback(host_name(_split(origin).netloc))
    return bool(named) and (here or allowed_origin(origin, host, origins))


def other_site(
    origin: str | None, fetch_site: str | None, host: str | None, origins: Origins
) -> bool:
    """True where a browser says that a page of another site makes the request, neither of this site
    nor on the list: by its Sec-Fetch-Site header, and by Origin where it sends none. Older ones,
    and all over plain HTTP to another machine, may send `Origin: null` alone: that says it of
    nobody (https://www.w3.org/TR/fetch-metadata/, section 2)."""
    if fetch_site in {"same-origin", "none"}:
        return False
    if fetch_site is None and origin in {None, "null"}:
        return False
    return origin is None or not allowed_origin(origin, host, origins)


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


@lru_cache(maxsize=64)  # the same few callers
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


def _entry(text: str) -> str:
    """One of the list as a browser writes it. Raises ValueError, which says what to write."""
    url = _split(text)
    if "@" in text:  # not quoted: there may be a password in front of it
        raise ValueError("an origin has no user: write the scheme, the host and the port alone")
    if text == "*":
        raise ValueError("* would be every site: name each, or https://*.preview.example.com")
    if text.lower() == "null" or url.scheme == "file":
        raise ValueError(f"{text} can't be told from other sites: no origin is sent by its pages")
    if "://" not in text:
        raise ValueError(f"{text} has no scheme: write https://{text}")
    if not text.isascii():
        raise ValueError(f"{text} isn't as browsers send it: write its name in ASCII (xn--…)")
    if url.scheme in {"ws", "wss"}:
        raise ValueError(f"{text} is no page's: write http{url.scheme[2:]}://{url.netloc}")
    return _site(text, url)


def _site(text: str, url: SplitResult) -> str:
    name, scheme = url.hostname or "", url.scheme
    if not scheme or not (_NAME.fullmatch(name) or isinstance(_address(name), IPv6Address)):
        raise ValueError(f"{text} isn't an origin, which looks like https://shop.example.com")
    if url.path not in {"", "/"} or "?" in text or "#" in text:
        raise ValueError(f"{text} is more than an origin: write {scheme}://{name}, and its port")
    if "*" in name and (scheme != "https" or name.rstrip(".").count(".") < 2):
        raise ValueError(f"{text} is too wide: write https, and a domain of yours behind the *.")
    try:
        return _written(url)
    except ValueError:
        raise ValueError(f"{text} has no port that can be: write one number, or none") from None


def _written(url: SplitResult) -> str:
    """As browsers write the origin of this URL. Raises ValueError."""
    address, port = _address(url.hostname or ""), url.port
    if not url.netloc.isascii():
        raise ValueError("write its name in ASCII, as browsers send it (xn--…)")
    host = f"[{address}]" if isinstance(address, IPv6Address) else url.hostname
    shown = "" if port is None or port == _PORTS.get(url.scheme) else f":{port}"
    return f"{url.scheme}://{host}{shown}"
