"""Shares pages of lists of executions, for a moment: one replica lists for all."""

import zlib
from dataclasses import dataclass

from pydantic import TypeAdapter

from handrail.core.fleet import digest
from handrail.core.models import Execution, Page
from handrail.core.watch_bus import ListPage

from .connection import Bus, BusScript

KEPT_S = 10.0
LISTING_S = 2.0  # whoever lists is believed to do so for this long

FIND = BusScript(
    "find_list",
    """
local told, now = redis.call('HMGET', KEYS[1], 'at', 'page'), redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
if told[1] and ms - tonumber(told[1]) <= tonumber(ARGV[1]) then return {told[2], 0} end
local mine = redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[2])
return {false, mine and 1 or 0}
""",
)
ADD = BusScript(
    "add_list",
    """
local now = redis.call('TIME')
redis.call('HSET', KEYS[1], 'at', now[1] * 1000 + math.floor(now[2] / 1000), 'page', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[2])
""",
)
"""Keys: the page, and that somebody lists it. Times in milliseconds."""

_page = TypeAdapter(Page[Execution])


@dataclass(frozen=True, slots=True, repr=False)
class BusLists:
    """`SharedLists` over Valkey or Redis. What another version wrote counts as not listed."""

    bus: Bus

    async def find(self, machine_arn: str, *, token: str | None, young_s: float) -> ListPage:
        times = int(young_s * 1000), int(LISTING_S * 1000)
        packed, mine = await self.bus.run(FIND, self._keys(machine_arn, token), *times)
        return ListPage(_read(packed) if packed else None, bool(mine))

    async def add(self, machine_arn: str, *, token: str | None, page: Page[Execution]) -> None:
        packed = zlib.compress(_page.dump_json(page), 1)
        await self.bus.run(ADD, self._keys(machine_arn, token), packed, int(KEPT_S * 1000))

    def _keys(self, machine_arn: str, token: str | None) -> list[str]:
        place = digest(token) if token else "first"
        return [self.bus.key(f"list:{machine_arn}", place, part) for part in ("page", "listing")]


def _read(packed: bytes) -> Page[Execution] | None:
    try:
        return _page.validate_json(zlib.decompress(packed))
    except (zlib.error, ValueError):
        return None
