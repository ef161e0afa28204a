"""Writes a line for each request and each socket. No line has a path, a query or a header: those
may hold signed links, tickets and tokens."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

log = structlog.get_logger(__name__)

PROBE_S = 60.0  # between two lines of a health check that goes well
ENDED_WELL = frozenset({1000, 1001, 1005, 1006, 1012})
"""Close codes that are nobody's fault: done, gone, or told to come back to another process."""
INTERNAL_ERROR = 1011


@dataclass(slots=True)
class RequestLog:
    """`requests` is whose lines are written: `all`, of `errors` (4xx, 5xx, sockets cut off), or
    `none`. `probes` is which of the health checks that go well: `sampled`, the first and one a
    minute, `all`, or `none`; those that fail always are."""

    requests: str = "all"
    probes: str = "sampled"
    now: Callable[[], float] = time.monotonic
    _probed: dict[str, tuple[float, int]] = field(init=False, default_factory=dict)
    """By route: when its last line was written, and how many answers have left none since."""

    def request(
        self, status: int | None, route: str | None, *, probe: bool = False, **fields: Any
    ) -> None:
        """`status` is None where the client was gone before there was an answer; `route` is the
        pattern, None where none was looked for."""
        failed = status is not None and status >= 400
        if self.requests == "none" or (self.requests == "errors" and not failed):
            return
        if probe and route is not None:
            unlogged = self._unlogged(route, failed=failed)
            if unlogged is None:
                return
            fields |= {"unlogged": unlogged} if unlogged else {}
        say = log.warning if failed and status is not None and status >= 500 else log.info
        say("request", route=route, status=status, **fields)

    def socket_opened(self, **fields: Any) -> None:
        """One that was let in."""
        if self.requests == "all":
            log.info("socket opened", **fields)

    def socket_closed(self, code: int, **fields: Any) -> None:
        """Whatever ended it."""
        if self.requests == "all" or (self.requests == "errors" and code not in ENDED_WELL):
            say = log.warning if code == INTERNAL_ERROR else log.info
            say("socket closed", code=int(code), **fields)  # no enum, which consoles show as such

    def _unlogged(self, route: str, *, failed: bool) -> int | None:
        """How many answers this line stands for besides its own; None where it isn't written."""
        now = self.now()
        last_at, unlogged = self._probed.get(route, (None, 0))
        if failed:
            self._probed.pop(route, None)  # the next that goes well is worth a line
            return unlogged
        sampled = self.probes == "sampled" and (last_at is None or now - last_at >= PROBE_S)
        if sampled or self.probes == "all":
            self._probed[route] = now, 0
            return unlogged
        if last_at is not None:
            self._probed[route] = last_at, unlogged + 1
        return None
