"""Shares the news to be sent, how far executions are treated, and who sends."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import structlog
from pydantic import TypeAdapter

from handrail.clock import Clock
from handrail.core.models import ExecutionId, Page, from_ms, to_ms
from handrail.core.news.deliveries import DeadLetter, Delivery, DeliveryKey, message_id
from handrail.core.news.letter_keys import (
    Place,
    event_id_of,
    execution_of,
    key_text,
    letters_page,
    letters_place,
)
from handrail.core.news.news_outbox import Followed, OutboxCounts
from handrail.core.news.outbox_rules import LETTERS_KEPT, MOST_BYTES, as_new, full, split

from . import outbox_scripts as scripts
from .connection import Bus, BusScript

MOST_AT_ONCE = 100
MOST_BYTES_AT_ONCE = 1024 * 1024  # the server does nothing else meanwhile: some ms
_LEAD = BusScript(
    "lead_news",
    """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""",
)
_RESIGN = BusScript(
    "resign_news",
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end",
)
KEPT_MS = int(LETTERS_KEPT.total_seconds() * 1000)
Noun = TypeVar("Noun")
_Position = tuple[str, int, int, int]
_delivery, _letter = TypeAdapter(Delivery), TypeAdapter(DeadLetter)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class SharedOutbox:
    """`Outbox` over Valkey or Redis. What the server loses, emptied or failed over, is lost: what
    must not be belongs into the table. `most_bytes` of deliveries are kept at most: dead letters
    make room, the oldest first, which is logged; where what waits takes it all, `put` raises
    OutboxFull, the position stays, and the history has what wasn't put. Its keys never expire, so
    that a server that evicts what may expire spares them. Who leads is decided by the server's
    clock. Raises Unavailable while the bus is away."""

    bus: Bus
    clock: Clock
    most_bytes: int = MOST_BYTES

    async def lead(self, holder: str, for_s: float) -> bool:
        return bool(await self.bus.run(_LEAD, [self._key("lease")], holder, int(for_s * 1000)))

    async def resign(self, holder: str) -> None:
        await self.bus.run(_RESIGN, [self._key("lease")], holder)

    async def put(self, followed: Followed, deliveries: Sequence[Delivery]) -> None:
        began, ended = to_ms(followed.started_at), int(followed.ended)
        *before, last = split(deliveries, most=MOST_AT_ONCE, most_bytes=MOST_BYTES_AT_ONCE)
        for batch in before:
            await self._put(("", began, followed.position, ended), batch)
        await self._put((str(followed.execution), began, followed.position, ended), last)

    async def followed(self) -> Sequence[Followed]:
        found = await self.bus.command("HGETALL", self._key("running"))
        return [_followed(id.decode(), kept, ended=False) for id, kept in found.items()]

    async def find(self, execution: ExecutionId) -> Followed | None:
        runs, ended = await self._run(scripts.FIND, str(execution))
        kept = runs or ended
        return kept and _followed(str(execution), kept, ended=not runs)

    async def watermark(self, machine: str) -> datetime | None:
        found = await self.bus.command("HGET", self._key("watermarks"), machine)
        return None if found is None else from_ms(int(found))

    async def set_watermark(self, machine: str, at: datetime) -> None:
        await self.bus.command("HSET", self._key("watermarks"), machine, to_ms(at))

    async def due(
        self, now: datetime, limit: int, *, without: Collection[str] = ()
    ) -> Sequence[Delivery]:
        return await self._heads(to_ms(now), limit, without)

    async def next_due_at(self, *, without: Collection[str] = ()) -> datetime | None:
        first = await self._run(scripts.NEXT_DUE, "+inf", 1, *without)
        return None if first is None else from_ms(int(first))

    async def retry(self, delivery: Delivery) -> None:
        due_ms, text = to_ms(delivery.due_at), _delivery.dump_json(delivery)
        await self._run(scripts.RETRY, _member(delivery.key), due_ms, text)

    async def done(self, delivery: Delivery) -> None:
        await self._take_out(delivery.key)

    async def bury(self, letter: DeadLetter) -> None:
        text, at_ms = _letter.dump_json(letter), to_ms(letter.given_up_at)
        await self._take_out(letter.delivery.key, text, at_ms)

    async def counts(self) -> OutboxCounts:
        """By one round trip for the numbers, and one for the oldest: no more, however many."""
        counts = await self.bus.command("HGETALL", self._key("counts"))
        oldest = await self.bus.command("ZRANGE", self._key("since"), 0, 0, "WITHSCORES")
        waiting, dead = (_of_machines(counts, kind) for kind in (b"w", b"d"))
        return OutboxCounts(
            waiting.total(),
            dead.total(),
            from_ms(_score(oldest)) if oldest else None,
            {machine: (waiting[machine], dead[machine]) for machine in waiting | dead},
        )

    async def waiting(self, limit: int) -> Sequence[Delivery]:
        return await self._heads("+inf", limit)

    async def letters(self, limit: int, page: str | None) -> Page[DeadLetter]:
        after = letters_place(page)
        until, since = "+inf" if after is None else after[0], self._now_ms() - KEPT_MS
        found = await self._run(scripts.LETTERS, until, since, limit + 1)
        members: dict[Place, bytes] = {
            (int(at), key_text(_key_of(member))): member
            for member, at in zip(found[::2], found[1::2], strict=True)
        }
        places, next_page = letters_page(members, limit, after)
        chosen = [members[place] for place in places]
        letters = self._key("letters")
        texts = await self.bus.command("HMGET", letters, *chosen) if chosen else ()
        known = (_read(_letter, text) for text in texts if text is not None)
        return Page(tuple(each for each in known if each is not None), next_page)

    async def revive(self, key: DeliveryKey) -> Delivery | None:
        now, member = self.clock.now(), _member(key)
        text = await self.bus.command("HGET", self._key("letters"), member)
        letter = None if text is None else _read(_letter, text)
        revived = None if letter is None else as_new(letter.delivery, now)
        new = b"" if revived is None else _delivery.dump_json(revived)
        said, *waits = await self._run(scripts.REVIVE, member, to_ms(now), new)
        waiting = _read(_delivery, waits[0]) if waits else None
        if waiting is None:
            return revived if said == 1 else None
        at_once = replace(waiting, due_at=now)
        await self.retry(at_once)
        return at_once

    async def drop(self, key: DeliveryKey) -> bool:
        return await self._take_out(key, also_letter=True)

    async def _put(self, position: _Position, batch: Sequence[Delivery]) -> None:
        words: list[str | bytes | int] = []
        for each in {delivery.key: delivery for delivery in batch}.values():
            times = to_ms(each.due_at), to_ms(each.created_at)
            words += [_member(each.key), *times, _delivery.dump_json(each)]
        forgotten = await self._run(scripts.PUT, self._now_ms(), self.most_bytes, *position, *words)
        if forgotten < 0:
            raise full()
        _tell(forgotten)

    async def _take_out(
        self, key: DeliveryKey, letter: bytes = b"", at_ms: int = 0, *, also_letter: bool = False
    ) -> bool:
        what = self._now_ms(), _member(key), letter, at_ms, self.most_bytes, int(also_letter)
        taken, forgotten = await self._run(scripts.TAKE_OUT, *what)
        _tell(forgotten)
        return bool(taken)

    async def _heads(
        self, until: int | str, limit: int, without: Collection[str] = ()
    ) -> Sequence[Delivery]:
        """In one round trip, however many wait behind them."""
        texts = await self._run(scripts.HEADS, until, limit, *without)
        found = [_read(_delivery, text) for text in texts]
        return [each for each in found if each is not None]

    async def _run(self, script: BusScript, *arguments: str | bytes | float) -> Any:
        return await self.bus.run(script, [self._key(part) for part in scripts.KEYS], *arguments)

    def _key(self, part: str) -> str:
        return self.bus.key("news", part)

    def _now_ms(self) -> int:
        return to_ms(self.clock.now())


def _member(key: DeliveryKey) -> bytes:
    place = f"{event_id_of(key):016d}", str(key.at_ms)
    return "\0".join((key.subscription, str(execution_of(key)), *place)).encode()


def _key_of(member: bytes) -> DeliveryKey:
    subscription, execution, event_id, at_ms = member.decode().split("\0")
    id = message_id(ExecutionId.parse(execution), int(event_id))
    return DeliveryKey(subscription, id, int(at_ms))


def _followed(execution: str, kept: bytes, *, ended: bool) -> Followed:
    began, position = map(int, kept.split())
    return Followed(ExecutionId.parse(execution), from_ms(began), position, ended)


def _of_machines(counts: Mapping[bytes, bytes], kind: bytes) -> Counter[str]:
    """Without the bytes, which are of no state machine."""
    of_kind = {name[1:].decode(): int(n) for name, n in counts.items() if name[:1] == kind}
    return Counter({machine: n for machine, n in of_kind.items() if machine})


def _score(found: Sequence[Any]) -> int:
    """Of a member with its score, as one list or as a pair."""
    return int(float(found[0][1] if isinstance(found[0], tuple) else found[1]))


def _tell(forgotten: int) -> None:
    if forgotten:
        log.warning("dead letters of news forgotten: the bus holds no more", letters=forgotten)


def _read(shape: TypeAdapter[Noun], text: bytes) -> Noun | None:
    """None where another version wrote it otherwise."""
    try:
        return shape.validate_json(text)
    except ValueError:
        log.warning("stored news unreadable")
        return None
