"""Heads of requests, taken as RFC 9112 has them and no other way.

h11 is lenient where old clients were sloppy. A proxy in front that reads the same bytes otherwise
would then see other requests than this server does (request smuggling), so what two readers could
take differently is refused before h11 sees it.
"""

import re

import h11

MOST_LINES = 256
"""Of a head: each costs time to read, whatever its length."""

_END = re.compile(rb"\n\r?\n")
"""As h11 finds it; a bare line feed is refused below."""

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r(?!\n)|\n[ \t]")
"""Control characters, line ends of half their length, and folded lines (RFC 9112, 2.2 and 5.2)."""

_VERSION = re.compile(rb"[^\r]* HTTP/1\.([01])\r\n")
_LENGTH = re.compile(rb"\ncontent-length:", re.IGNORECASE)
_CODING = re.compile(rb"\ntransfer-encoding:", re.IGNORECASE)
_ORIGIN = re.compile(rb"\norigin:[ \t]*([^\r\n]*?)[ \t]*\r?\n", re.IGNORECASE)


class StrictConnection(h11.Connection):
    """h11's, which looks at each head first. A connection that was refused once stays so."""

    def __init__(self, *, head_bytes: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size=head_bytes)
        self.origin: str | None = None
        """The Origin header of the last head that came, as far as it came."""

        self._head_bytes = head_bytes
        self._refusal: h11.RemoteProtocolError | None = None

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Raises RemoteProtocolError, whose hint is 400 or 431."""
        if self._refusal is None and self.their_state is h11.IDLE:
            self._look(self.trailing_data[0])
        if self._refusal is not None:
            raise self._refusal
        return super().next_event()

    def _look(self, received: bytes) -> None:
        found = _END.search(received)
        head = received[: found.end()] if found else received
        origin = _ORIGIN.search(head)
        self.origin = origin[1].decode("latin1") if origin else None
        if found and (status := refused(head, at_most=self._head_bytes)):
            self._refusal = h11.RemoteProtocolError("refused", error_status_hint=status)


def refused(head: bytes, *, at_most: int) -> int:
    """The status that this head, with the empty line that ends it, is refused with; 0 for none."""
    if len(head) > at_most or head.count(b"\n") > MOST_LINES:
        return 431
    version = _VERSION.match(head)
    if version is None or _FORBIDDEN.search(head):
        return 400
    if _CODING.search(head) and (_LENGTH.search(head) or version[1] == b"0"):
        return 400  # RFC 9112, 6.1
    return 0
