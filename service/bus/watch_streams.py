"""Shares watches: the events of each in a stream, and a lease for whoever reads it.

An entry's id is the event's, so that the server keeps the order and refuses a second writer.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

import structlog
from redis.exceptions import NoScriptError

from handrail.core.errors import ExecutionNotFound
from handrail.core.history.shared_events import SharedEvent, decoded, encoded
from handrail.core.json_text import json_bytes
from handrail.core.models import ExecutionId
from handrail.core.reader_lease import LEASE_S
from handrail.core.watch_bus import Attendance, Attended, WatchWrite

from .announcements import Announcements
from .connection import BusScript
from .redis_clients import Client

MOVED, ASKED = "moved", "asked"
KEPT_S = 900.0  # after the last look at it
STREAM_BYTES = 8 * 1024 * 1024  # a longer one loses its older half
ANSWER_BYTES = 1024 * 1024  # of events that one round trip brings, about
AT_ONCE = 50  # watches in one round trip: what they bring is read in some milliseconds
TRIP_BYTES = 1024 * 1024  # of arguments in one round trip, about
Word: TypeAlias = str | bytes | int | float
Call: TypeAlias = tuple[list[str], tuple[Word, ...]]

log = structlog.get_logger(__name__)

ATTEND = BusScript(
    "attend",
    """
local lease, events, about = KEYS[1], KEYS[2], KEYS[3]
local me, wants, lease_ms, kept_ms = ARGV[1], ARGV[2] == '1', ARGV[3], ARGV[4]
local after, most = tonumber(ARGV[5]), tonumber(ARGV[6])
local holder = redis.call('GET', lease)
if holder == me then
  if wants then redis.call('PEXPIRE', lease, lease_ms) else redis.call('DEL', lease) end
elseif not holder and wants then
  redis.call('SET', lease, me, 'PX', lease_ms)
end
local found, bytes, from = {}, 0, after + 1
local newest = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)
local last = newest[1] and tonumber(string.match(newest[1][1], '^%d+')) or 0
while from <= last and bytes < most do
  local some = redis.call('XRANGE', events, from, '+', 'COUNT', 20)
  if #some == 0 then break end
  for _, entry in ipairs(some) do
    from = tonumber(string.match(entry[1], '^%d+')) + 1
    found[#found + 1] = entry[2][2]
    bytes = bytes + #entry[2][2]
  end
end
redis.call('PEXPIRE', events, kept_ms)
redis.call('PEXPIRE', about, kept_ms)
local now, told = redis.call('TIME'), redis.call('HMGET', about, 'epoch', 'read', 'promise')
local mine = redis.call('GET', lease) == me
return {now[1] * 1000 + math.floor(now[2] / 1000), mine and 1 or 0,
        redis.call('PTTL', lease), last, told, found}
""",
)
"""Keys: the lease, the stream, what is known besides. Times in milliseconds."""

APPEND = BusScript(
    "append",
    """
local lease, events, about = KEYS[1], KEYS[2], KEYS[3]
local me, anew, kept_ms, most = ARGV[1], ARGV[2] == '1', ARGV[3], tonumber(ARGV[4])
local epoch, read, promise, first = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local known = tonumber(redis.call('HGET', about, 'epoch') or epoch)
if epoch < known - 10000 then return -1 end
if epoch > known + 10000 then redis.call('DEL', events, about) end
local newest = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)
local last = newest[1] and tonumber(string.match(newest[1][1], '^%d+')) or 0
if #ARGV > 8 and first > last + 1 then
  if not anew or redis.call('GET', lease) ~= me then return last end
  redis.call('DEL', events)
  last = 0
end
if last == 0 then redis.call('HDEL', about, 'bytes') end
local grown = 0
for i = 9, #ARGV do
  local id = first + i - 9
  if id > last then
    redis.call('XADD', events, id .. '-0', 'e', ARGV[i])
    last, grown = id, grown + #ARGV[i]
  end
end
redis.call('HSETNX', about, 'epoch', epoch)
local read_before = tonumber(redis.call('HGET', about, 'read') or 0)
if read > 0 and (read > read_before or redis.call('GET', lease) == me) then
  redis.call('HSET', about, 'read', math.max(read, read_before), 'promise', promise)
end
local bytes = redis.call('HINCRBY', about, 'bytes', grown)
if bytes > most then
  local from, before = 0, nil
  while bytes > most / 2 and from ~= before do
    before = from
    for _, entry in ipairs(redis.call('XRANGE', events, from, '+', 'COUNT', 20)) do
      local id = tonumber(string.match(entry[1], '^%d+'))
      if bytes <= most / 2 or id == last then break end
      bytes, from = bytes - #entry[2][2], id + 1
    end
  end
  redis.call('XTRIM', events, 'MINID', from)
  redis.call('HSET', about, 'bytes', bytes)
end
redis.call('PEXPIRE', events, kept_ms)
redis.call('PEXPIRE', about, kept_ms)
return last
""",
)
"""Keys as ATTEND's. The event that comes first among the arguments has the number `first`."""


class BusWatches:
    """`WatchBus` over Valkey or Redis. `stream_bytes` is what one watch may hold there."""

    def __init__(self, announcements: Announcements, *, stream_bytes: int = STREAM_BYTES) -> None:
        self._bus, self._announcements = announcements.bus, announcements
        self._stream_bytes = stream_bytes

    async def attend(self, asked: Sequence[Attendance]) -> Sequence[Attended]:
        times, most = (_ms(LEASE_S), _ms(KEPT_S)), ANSWER_BYTES // max(1, min(len(asked), AT_ONCE))
        calls: list[Call] = [
            (
                self._keys(each.id),
                (self._bus.replica, int(each.wants), *times, each.after, most),
            )
            for each in asked
        ]
        return [_attended(answer) for answer in await self._run(ATTEND, calls)]

    async def append(self, writes: Sequence[WatchWrite]) -> Sequence[int]:
        calls = [(self._keys(write.id), self._written(write)) for write in writes]
        lasts = [int(last) for last in await self._run(APPEND, calls)]
        told = [[str(each.id), last] for each, last in zip(writes, lasts, strict=True) if last > 0]
        if told:
            await self._announcements.tell(MOVED, json_bytes(told))
        return lasts

    async def ask(self, id: ExecutionId) -> None:
        await self._announcements.tell(ASKED, json_bytes([[str(id), 0]]))

    def listen(
        self,
        moved: Callable[[ExecutionId, int], None],
        asked: Callable[[ExecutionId], None],
        missed: Callable[[], None],
    ) -> None:
        def told_to(heard: Callable[[ExecutionId, int], None], replica: str, told: bytes) -> None:
            if replica == self._bus.replica:
                return
            for id, position in _read(told):
                heard(id, position)

        self._announcements.listen(MOVED, partial(told_to, moved))
        self._announcements.listen(ASKED, partial(told_to, lambda id, _: asked(id)))
        self._announcements.on_reopened(missed)

    def _written(self, write: WatchWrite) -> tuple[Word, ...]:
        events = [encoded(shared) for shared in write.events]
        first = write.events[0].event.id if events else 0
        promise = "" if write.promise_s is None else write.promise_s
        read = 0 if write.read_at is None else _ms(write.read_at)
        limits = self._bus.replica, int(write.anew), _ms(KEPT_S), self._stream_bytes
        return *limits, write.epoch, read, promise, first, *events

    def _keys(self, id: ExecutionId) -> list[str]:
        return [self._bus.key(str(id), part) for part in ("reader", "events", "about")]

    async def _run(self, script: BusScript, calls: Sequence[Call]) -> list[Any]:
        """In order, so many in a round trip."""
        answers: list[Any] = []
        for some in _trips(calls):
            answers += await self._bus.call(script.name, partial(_evaluate, script, some))
        return answers


def _trips(calls: Sequence[Call]) -> Iterator[Sequence[Call]]:
    """As many as go together."""
    first = size = 0
    for at, (_, words) in enumerate(calls):
        size += sum(len(word) for word in words if isinstance(word, bytes))
        if at - first + 1 == AT_ONCE or size > TRIP_BYTES or at + 1 == len(calls):
            yield calls[first : at + 1]
            first, size = at + 1, 0


def _read(told: bytes) -> list[tuple[ExecutionId, int]]:
    try:
        return [(ExecutionId.parse(str(id)), int(position)) for id, position in json.loads(told)]
    except (ValueError, TypeError, ExecutionNotFound):  # another version's
        log.warning("message of another replica not understood")
        return []


async def _evaluate(script: BusScript, calls: Sequence[Call], client: Client) -> list[Any]:
    answers = await _pipelined(client, "EVALSHA", script.sha, calls)
    unknown = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
    again = await _pipelined(client, "EVAL", script.text, [calls[at] for at in unknown])
    for at, answer in zip(unknown, again, strict=True):
        answers[at] = answer
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


async def _pipelined(client: Client, command: str, script: str, calls: Sequence[Call]) -> list[Any]:
    if not calls:
        return []
    pipeline = client.pipeline(transaction=False)
    for keys, arguments in calls:
        pipeline.execute_command(command, script, len(keys), *keys, *arguments)
    answers: list[Any] = await pipeline.execute(raise_on_error=False)
    return answers


def _attended(answer: list[Any]) -> Attended:
    now, leads, left, last, (epoch, read, promise), events = answer
    return Attended(
        now=now / 1000,
        leads=bool(leads),
        left_s=max(0, left) / 1000,
        last=last,
        events=_decoded(events),
        epoch=int(epoch) if epoch is not None else None,
        read_at=int(read) / 1000 if read is not None else None,
        promise_s=float(promise) if promise else None,
    )


def _decoded(texts: Sequence[bytes]) -> tuple[SharedEvent, ...]:
    """Up to the first that can't be read: what follows is then read from AWS."""
    events: list[SharedEvent] = []
    for text in texts:
        try:
            events.append(decoded(text))
        except ValueError:  # another version's
            log.warning("event of another replica not understood")
            break
    return tuple(events)


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
