"""Stores tickets, good at any replica, by the hashes of their texts: `TicketStore`.

A ticket is taken from the server in one step, so by one replica. While the bus is away new ones are
kept in the process's memory, good at this replica alone, and say so. One that may have been lost
with what the server held isn't called made up: its holder is told to try again.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic_core import from_json, to_json

from handrail.auth.tickets import LIFETIME_S, TicketStore
from handrail.clock import Clock
from handrail.core.access.principal_documents import principal_document, principal_in
from handrail.core.access.principals import Principal
from handrail.core.errors import TooManyTickets, Unavailable
from handrail.core.fleet import digest as name_digest

from .connection import Bus, BusScript

_SINCE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
redis.call('SET', KEYS[2], string.format('%.17g', now), 'NX')
local emptied = now - tonumber(redis.call('GET', KEYS[2])) < tonumber(ARGV[1])
"""
_KEEP = BusScript(
    "keep_ticket",
    f"""{_SINCE}
if ARGV[4] ~= '0' then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
  if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[4]) then
    return 0
  end
  redis.call('ZADD', KEYS[3], now + ARGV[3] / 1000, KEYS[1])
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
""",
)
_TAKE = BusScript(
    "take_ticket",
    f"""{_SINCE}
local kept = redis.call('GET', KEYS[1])
if not kept then
  return emptied and 1 or 0
end
redis.call('DEL', KEYS[1])
return kept
""",
)


@dataclass(frozen=True, slots=True, repr=False)
class SharedTickets:
    """A principal may have `share` unused ones. Raises Unavailable too where it can't be known
    whether the bus kept a ticket, or has it."""

    bus: Bus
    clock: Clock
    own: TicketStore
    share: int

    @property
    def only_here(self) -> bool:
        return not self.bus.up

    async def keep(self, digest: bytes, principal: Principal, ends_at: datetime) -> None:
        if self.only_here:
            return await self.own.keep(digest, principal, ends_at)
        left_ms = int((ends_at - self.clock.now()).total_seconds() * 1000)
        if left_ms <= 0:
            return None
        text, share = to_json(principal_document(principal)), principal.share
        keys = [self._key(digest), self._since, self._share_key(principal)]
        limit = 0 if share is None else self.share
        if not await self.bus.run(_KEEP, keys, LIFETIME_S, text, left_ms, limit):
            detail = f"A caller may have {self.share:,} unused tickets here."
            raise TooManyTickets(detail, retry_after_s=LIFETIME_S)
        return None

    async def take(self, digest: bytes) -> Principal | None:
        if (principal := await self.own.take(digest)) is not None:
            return principal
        key = self._key(digest)
        found = await self.bus.run(_TAKE, [key, self._since], LIFETIME_S)
        if found == 1:
            raise Unavailable("This ticket may have been lost; get another.", retry_after_s=1)
        if not isinstance(found, bytes):
            return None
        principal = _principal(found)
        if principal is not None and principal.share is not None:
            self.bus.spawn(self._give_back(self._share_key(principal), key))
        return principal

    @property
    def _since(self) -> str:
        return self.bus.key("tickets", "since")

    def _key(self, digest: bytes) -> str:
        return self.bus.key("tickets", digest.hex())

    def _share_key(self, principal: Principal) -> str:
        return self.bus.key("tickets", "of", name_digest(principal.name))

    async def _give_back(self, share_key: str, key: str) -> None:
        try:
            await self.bus.command("ZREM", share_key, key)
        except Unavailable:
            return  # its time will be over


def _principal(text: bytes) -> Principal | None:
    """None where another version wrote it otherwise."""
    try:
        return principal_in(from_json(text))
    except (KeyError, TypeError, ValueError):
        return None
