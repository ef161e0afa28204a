"""Counts calls to AWS for all replicas together: `CallQuota` as a token bucket in the server, whose
clock it goes by. One round trip a call; while the bus is away each replica makes its part."""

from dataclasses import dataclass, field

from handrail.core.errors import Unavailable
from handrail.core.fleet import Fleet
from handrail.core.fleet_quota import FleetQuota, QuotaState
from handrail.core.pacing import RECOVERY_S, ROUNDING

from .connection import Bus, BusScript

KEPT_S = 86_400
_BUCKET = f"""
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local rate, burst, known, part = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'slowed', 'at', 'throttled_at', 'generation')
local tokens, slowed = tonumber(kept[1]), tonumber(kept[2] or ARGV[5])
local generation = kept[5] or (time[1] .. '.' .. time[2])

if tokens then
  local elapsed = math.max(0, now - tonumber(kept[3]))
  tokens = math.min(burst, tokens + elapsed * rate * slowed)
  slowed = math.min(1, slowed + elapsed / {RECOVERY_S})
end
if known == generation then
  tokens = tokens - tonumber(ARGV[6])
elseif known ~= '' then
  local joins = redis.call('HSETNX', KEYS[1], 'joined:' .. ARGV[7], 1)
  tokens = math.min(burst, (tokens or 0) + joins * part)
else
  tokens = (tokens or burst) - tonumber(ARGV[6])
end

local function number(value)
  return string.format('%.17g', value)
end

local function answer(wait, ...)
  redis.call('HSET', KEYS[1], 'tokens', number(tokens), 'slowed', number(slowed),
    'at', number(now), 'generation', generation, ...)
  redis.call('EXPIRE', KEYS[1], {KEPT_S})
  return {{number(wait), number(tokens), number(slowed), generation, number(now)}}
end
"""
_CLAIM = BusScript(
    "claim",
    f"""{_BUCKET}
local missing, wait = 1 + tonumber(ARGV[8]) - tokens, 0
if missing <= {ROUNDING} then
  tokens = tokens - 1
else
  wait = missing / (rate * slowed)
end
return answer(wait)
""",
)
_THROTTLED = BusScript(
    "throttled",
    f"""{_BUCKET}
if now - tonumber(ARGV[8]) < tonumber(kept[4] or '-1e18') then
  return answer(0)
end
slowed = math.max(slowed / 2, 1 / 64)
tokens = math.min(tokens, 0)
return answer(0, 'throttled_at', number(now))
""",
)


@dataclass(slots=True, repr=False)
class SharedQuota:
    """`CallQuota` of one operation, `name`; the rate and the burst of `total` are of all replicas.
    What it promises, `rate` and `rate_now`, is this replica's part: others may want theirs."""

    bus: Bus
    fleet: Fleet
    name: str
    total: FleetQuota
    _key: str = field(init=False)

    def __post_init__(self) -> None:
        self._key = self.bus.key(f"quota:{self.name}", "bucket")

    @property
    def rate(self) -> float:
        return self.total.rate / self.fleet.replicas

    @property
    def burst(self) -> float:
        return self.total.burst

    @property
    def rate_now(self) -> float:
        return self.rate * self.total.slowed

    def used(self, now: float) -> float:
        return self.total.used(now)

    def wait_s(self, now: float) -> float:
        return self.total.wait_s(now)

    def tokens(self, now: float) -> float:
        return self.total.tokens(now, self.fleet.replicas)

    async def claim(self, now: float, *, keep: float = 0.0) -> float:
        try:
            return await self._run(_CLAIM, now, keep)
        except Unavailable:
            return await self.total.claim_alone(now, keep=keep, replicas=self.fleet.replicas)

    def throttled(self, now: float, *, asked_at: float) -> None:
        self.total.throttled(now, asked_at=asked_at)
        self.bus.spawn(self._slow_down(now, asked_at))

    async def _slow_down(self, now: float, asked_at: float) -> None:
        try:
            await self._run(_THROTTLED, now, now - asked_at)
        except Unavailable:
            return  # this replica alone slows down

    async def _run(self, script: BusScript, now: float, argument: float) -> float:
        """How long to wait, in seconds."""
        total, left = self.total, self.total.left(now, self.fleet.replicas)
        debt = total.take_debt(now)
        known = (left.generation, left.tokens, left.slowed, debt, self.bus.replica)
        try:
            answer = await self.bus.run(
                script, [self._key], total.rate, total.burst, *known, argument
            )
        except BaseException:
            total.owe(debt)
            raise
        wait_s, tokens, slowed, generation, at = (each.decode() for each in answer)
        total.told(QuotaState(float(tokens), float(slowed), generation, float(at)), now)
        return float(wait_s)
