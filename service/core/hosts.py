"""What a Host header may say. Pure."""

import ipaddress
import re
from collections.abc import Iterable

LONGEST_HOST = 260
HIGHEST_PORT = 65_535
_HOST = re.compile(
    r"(?:[0-9A-Za-z_-]{1,63}(?:\.[0-9A-Za-z_-]{1,63})*\.?|\[([0-9A-Fa-f:.]{2,45})\])?(?::([0-9]{0,5}))?"
)


def is_host(text: str) -> bool:
    """Whether a Host header may read so: a name as DNS has them, or an address, and a port (RFC
    9110, 7.2; RFC 1035, 2.3.4). An empty one says that there is none."""
    found = _HOST.fullmatch(text)
    if found is None or len(text) > LONGEST_HOST or int(found[2] or 0) > HIGHEST_PORT:
        return False
    try:
        return found[1] is None or bool(ipaddress.IPv6Address(found[1]))
    except ValueError:
        return False


def names_host(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether ASGI's headers say where the request goes to, once at most (RFC 9112, 3.2)."""
    hosts = [text.decode("latin1") for name, text in headers if name == b"host"]
    return len(hosts) <= 1 and all(map(is_host, hosts))
