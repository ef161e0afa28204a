"""Issues and redeems tickets: a credential for one socket or event stream, for browsers, which can
send no header with those.

A store keeps their hashes only. Kept in a process's memory, it must be opened at the replica that
issued the ticket; kept in a table, at any.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from handrail.auth.api_keys import digest_of
from handrail.clock import Clock
from handrail.core.access.principals import Principal
from handrail.core.errors import CredentialExpired, TooManyTickets, Unauthenticated, Unavailable
from handrail.core.shares import Shares

LIFETIME_S = 30.0
OUTSTANDING = 100_000  # in one process, of all principals: some 50 MB
SHARE = 1_000
TICKET_BYTES = 32
ONLY_HERE = "here."  # what a ticket begins with that other replicas don't know


@dataclass(frozen=True, slots=True)
class Ticket:
    text: str
    expires_at: datetime


class TicketStore(Protocol):
    """Tickets given out and not yet used, by the hash of their text."""

    @property
    def only_here(self) -> bool:
        """Whether a ticket kept now is good at this replica alone, though others are elsewhere."""
        ...

    async def keep(self, digest: bytes, principal: Principal, ends_at: datetime) -> None:
        """Raises Unavailable where too many are kept, TooManyTickets where this principal has."""
        ...

    async def take(self, digest: bytes) -> Principal | None:
        """Whose it is, to one of all who ask; None where it isn't kept, or its time is over."""
        ...


class InMemoryTickets:
    """In this process's memory. A principal may have `share` unused ones, nobody any number."""

    only_here = False

    def __init__(self, clock: Clock, *, most: int = OUTSTANDING, share: int = SHARE) -> None:
        self._clock = clock
        self._shares = Shares(share)
        self._most = most
        self._kept: dict[bytes, tuple[datetime, Principal]] = {}

    async def keep(self, digest: bytes, principal: Principal, ends_at: datetime) -> None:
        now = self._clock.now()
        while self._kept and next(iter(self._kept.values()))[0] <= now:  # in the order they end in
            self._remove(next(iter(self._kept)))
        if len(self._kept) >= self._most:
            raise Unavailable("Too many tickets are outstanding.", retry_after_s=LIFETIME_S)
        if principal.share and not self._shares.take(principal.share):
            detail = f"A caller may have {self._shares.limit:,} unused tickets here."
            raise TooManyTickets(detail, retry_after_s=LIFETIME_S)
        self._kept[digest] = (ends_at, principal)

    async def take(self, digest: bytes) -> Principal | None:
        """Found by its hash: how long that takes tells nothing of the tickets that are kept."""
        if digest not in self._kept:
            return None
        ends_at, principal = self._remove(digest)
        return principal if self._clock.now() < ends_at else None

    def _remove(self, digest: bytes) -> tuple[datetime, Principal]:
        ends_at, principal = self._kept.pop(digest)
        if principal.share:
            self._shares.give_back(principal.share)
        return ends_at, principal


class Tickets:
    def __init__(self, clock: Clock, store: TicketStore | None = None) -> None:
        self._clock = clock
        self._store = store or InMemoryTickets(clock)

    async def issue(self, principal: Principal) -> Ticket:
        """Raises Unavailable, TooManyTickets where too many are outstanding."""
        text = secrets.token_urlsafe(TICKET_BYTES)
        if self._store.only_here:
            text = f"{ONLY_HERE}{text}"
        ends_at = self._clock.now() + timedelta(seconds=LIFETIME_S)
        ends_at = min(ends_at, principal.expires_at or ends_at)
        await self._store.keep(digest_of(text), principal, ends_at)
        return Ticket(text, ends_at)

    async def redeem(self, text: str) -> Principal:
        """Whose it is; it is used up then. Raises Unauthenticated, CredentialExpired,
        Unavailable."""
        if (principal := await self._store.take(digest_of(text))) is None:
            if text.startswith(ONLY_HERE):
                raise Unavailable("This ticket isn't known at every replica; get another.")
            raise Unauthenticated("No such ticket: each is good once, for 30 seconds.")
        if principal.expired(self._clock.now()):
            raise CredentialExpired("The credential behind this ticket has expired.")
        return principal
