"""Tickets: a credential for one handshake, for browsers, whose sockets can send no header.

They are held in this process alone, by their hashes. That makes one good for one use, whoever reads
it afterwards in a log, with no secret to share between replicas; the price is that the socket must
be opened at the replica that gave the ticket out. Where that can't be had, `init` needs no ticket.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core.errors import Unauthenticated, Unavailable
from service.core.principals import Principal
from service.usecases.api_keys import digest_of
from service.usecases.clock import Clock

LIFETIME_S = 30.0
OUTSTANDING = 10_000
TICKET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Ticket:
    text: str
    expires_at: datetime


class Tickets:
    """Tickets given out and not yet used, oldest first."""

    def __init__(self, clock: Clock, *, most: int = OUTSTANDING) -> None:
        self._clock = clock
        self._most = most
        self._held: dict[bytes, tuple[float, Principal]] = {}

    def issue(self, principal: Principal) -> Ticket:
        """Raises Unavailable where too many are outstanding."""
        now = self._clock.monotonic()
        self._forget_expired(now)
        if len(self._held) >= self._most:
            raise Unavailable("Too many tickets are outstanding.", retry_after_s=LIFETIME_S)
        text = secrets.token_urlsafe(TICKET_BYTES)
        self._held[digest_of(text)] = (now + LIFETIME_S, principal)
        return Ticket(text, self._clock.now() + timedelta(seconds=LIFETIME_S))

    def redeem(self, text: str) -> Principal:
        """Whose it is; it is used up then. Raises Unauthenticated.

        Found by its hash: how long that takes tells nothing of the tickets that are held."""
        ends_at, principal = self._held.pop(digest_of(text), (0.0, None))
        if principal is None or self._clock.monotonic() >= ends_at:
            raise Unauthenticated("No such ticket: each is good once, for 30 seconds.")
        return principal

    def _forget_expired(self, now: float) -> None:
        while self._held:
            oldest = next(iter(self._held))
            if self._held[oldest][0] > now:
                return
            del self._held[oldest]
