"""Tells which address a request comes from, where proxies stand in front of the service."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address


def remote_address(peer: str | None, forwarded: Iterable[str], *, proxies: int) -> str | None:
    """The client's address: the peer's without `proxies`, else the entry that the outermost of so
    many wrote into X-Forwarded-For, whose headers `forwarded` are. Entries further left are
    whatever the client sent, so they never count. Where there are fewer entries than proxies, or
    the entry is no address, the peer's is the one that is sure. None where nothing is known."""
    entries = [entry.strip() for header in forwarded for entry in header.split(",")]
    told = entries[-proxies] if 0 < proxies <= len(entries) else ""
    return _address(told) or _address(peer or "")


@lru_cache(maxsize=256)  # the same few proxies, and callers of many requests
def _address(text: str) -> str | None:
    """Some proxies write a port behind it: `192.0.2.1:4711`, `[2001:db8::1]:4711`."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return None
