"""Keeps the news to be sent in one process's memory: for the embedded engine, whose executions live
no longer than the process."""

import heapq
from bisect import insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from handrail.clock import Clock
from handrail.core.models import ExecutionId, Page, to_ms
from handrail.core.news.deliveries import DeadLetter, Delivery, DeliveryKey, DeliveryLane
from handrail.core.news.letter_keys import key_text, letters_page, letters_place
from handrail.core.news.news_outbox import Followed, OutboxCounts
from handrail.core.news.outbox_rules import (
    LETTERS_KEPT,
    MOST_BYTES,
    MOST_REMEMBERED,
    REMEMBERED,
    as_new,
    body_bytes,
    full,
    moves_on,
)
from handrail.usecases.in_memory import keep_newest

Key = TypeVar("Key")
Kept = TypeVar("Kept")


@dataclass(slots=True, repr=False)
class InMemoryOutbox:
    """`Outbox` of one process. `most_bytes` of bodies are kept at most: dead letters make room,
    the oldest first; where what waits takes it all, `put` raises OutboxFull, and changes
    nothing."""

    clock: Clock
    most_bytes: int = MOST_BYTES
    most_remembered: int = MOST_REMEMBERED
    _holder: tuple[str, float] | None = field(init=False, default=None)
    _running: dict[ExecutionId, Followed] = field(init=False, default_factory=dict)
    _ended: dict[ExecutionId, tuple[Followed, datetime]] = field(init=False, default_factory=dict)
    _watermarks: dict[str, datetime] = field(init=False, default_factory=dict)
    _waiting: dict[DeliveryKey, Delivery] = field(init=False, default_factory=dict)
    _lanes: dict[DeliveryLane, list[tuple[int, DeliveryKey]]] = field(
        init=False, default_factory=dict
    )
    _done: dict[DeliveryKey, datetime] = field(init=False, default_factory=dict)
    _letters: dict[DeliveryKey, DeadLetter] = field(init=False, default_factory=dict)
    _bytes: int = field(init=False, default=0)  # of those that wait
    _dead_bytes: int = field(init=False, default=0)

    async def lead(self, holder: str, for_s: float) -> bool:
        now = self.clock.monotonic()
        if self._holder and self._holder[0] != holder and now < self._holder[1]:
            return False
        self._holder = holder, now + for_s
        return True

    async def resign(self, holder: str) -> None:
        if self._holder and self._holder[0] == holder:
            self._holder = None

    async def put(self, followed: Followed, deliveries: Sequence[Delivery]) -> None:
        self._forget()
        new = {each.key: each for each in deliveries if not self._known(each.key)}
        if self._bytes + sum(map(body_bytes, new.values())) > self.most_bytes:
            raise full()
        for delivery in new.values():
            self._add(delivery)
        self._make_room()
        if moves_on(self._find(followed.execution), followed):
            self._move_on(followed)

    async def followed(self) -> Sequence[Followed]:
        return list(self._running.values())

    async def find(self, execution: ExecutionId) -> Followed | None:
        self._forget()
        return self._find(execution)

    async def watermark(self, machine: str) -> datetime | None:
        return self._watermarks.get(machine)

    async def set_watermark(self, machine: str, at: datetime) -> None:
        self._watermarks[machine] = at

    async def due(
        self, now: datetime, limit: int, *, without: Collection[str] = ()
    ) -> Sequence[Delivery]:
        due = (each for each in self._heads(without) if each.due_at <= now)
        return heapq.nsmallest(limit, due, key=_due_first)

    async def next_due_at(self, *, without: Collection[str] = ()) -> datetime | None:
        return min((each.due_at for each in self._heads(without)), default=None)

    async def retry(self, delivery: Delivery) -> None:
        if delivery.key in self._waiting:
            self._waiting[delivery.key] = delivery

    async def done(self, delivery: Delivery) -> None:
        if self._remove(delivery.key) is not None:
            self._remember(delivery.key)

    async def bury(self, letter: DeadLetter) -> None:
        if self._remove(letter.delivery.key) is not None:
            self._letters[letter.delivery.key] = letter
            self._dead_bytes += body_bytes(letter.delivery)
            self._make_room()

    async def counts(self) -> OutboxCounts:
        self._forget()
        waiting = Counter(each.execution.machine for each in self._waiting.values())
        dead = Counter(each.delivery.execution.machine for each in self._letters.values())
        return OutboxCounts(
            len(self._waiting),
            len(self._letters),
            min((each.created_at for each in self._waiting.values()), default=None),
            {machine: (waiting[machine], dead[machine]) for machine in waiting | dead},
        )

    async def waiting(self, limit: int) -> Sequence[Delivery]:
        return heapq.nsmallest(limit, self._heads(), key=_due_first)

    async def letters(self, limit: int, page: str | None) -> Page[DeadLetter]:
        self._forget()
        by_place = {
            (to_ms(each.given_up_at), key_text(key)): each for key, each in self._letters.items()
        }
        places, next_page = letters_page(by_place, limit, letters_place(page))
        return Page(tuple(by_place[place] for place in places), next_page)

    async def revive(self, key: DeliveryKey) -> Delivery | None:
        now = self.clock.now()
        if (waiting := self._waiting.get(key)) is not None:
            self._waiting[key] = revived = replace(waiting, due_at=now)
            return revived
        if (letter := self._take_letter(key)) is None:
            return None
        revived = as_new(letter.delivery, now)
        self._add(revived)
        return revived

    async def drop(self, key: DeliveryKey) -> bool:
        if self._remove(key) is None and self._take_letter(key) is None:
            return False
        self._remember(key)
        return True

    def _find(self, execution: ExecutionId) -> Followed | None:
        ended = self._ended.get(execution)
        return ended[0] if ended else self._running.get(execution)

    def _move_on(self, followed: Followed) -> None:
        self._running.pop(followed.execution, None)
        self._ended.pop(followed.execution, None)
        if followed.ended:
            self._ended[followed.execution] = followed, self.clock.now()
        else:
            self._running[followed.execution] = followed

    def _heads(self, without: Collection[str] = ()) -> Iterable[Delivery]:
        keys = (keys for lane, keys in self._lanes.items() if lane.subscription not in without)
        return (self._waiting[first] for ((_, first), *_) in keys)

    def _known(self, key: DeliveryKey) -> bool:
        return key in self._waiting or key in self._done or key in self._letters

    def _add(self, delivery: Delivery) -> None:
        self._waiting[delivery.key] = delivery
        insort(self._lanes.setdefault(delivery.lane, []), (delivery.event_id, delivery.key))
        self._bytes += body_bytes(delivery)

    def _remove(self, key: DeliveryKey) -> Delivery | None:
        if (delivery := self._waiting.pop(key, None)) is None:
            return None
        lane = self._lanes[delivery.lane]
        lane.remove((delivery.event_id, key))
        if not lane:
            del self._lanes[delivery.lane]
        self._bytes -= body_bytes(delivery)
        return delivery

    def _take_letter(self, key: DeliveryKey) -> DeadLetter | None:
        if (letter := self._letters.pop(key, None)) is not None:
            self._dead_bytes -= body_bytes(letter.delivery)
        return letter

    def _make_room(self) -> None:
        while self._letters and self._bytes + self._dead_bytes > self.most_bytes:
            self._take_letter(next(iter(self._letters)))

    def _remember(self, key: DeliveryKey) -> None:
        self._done[key] = self.clock.now()
        keep_newest(self._done, self.most_remembered)

    def _forget(self) -> None:
        """What has been kept for long enough: each is in the order of its time."""
        now = self.clock.now()
        for key in _older(self._done, lambda done_at: done_at + REMEMBERED <= now):
            del self._done[key]
        for key in _older(self._letters, lambda letter: letter.given_up_at + LETTERS_KEPT <= now):
            self._take_letter(key)
        for execution in _older(self._ended, lambda ended: ended[1] + REMEMBERED <= now):
            del self._ended[execution]


def _older(things: dict[Key, Kept], over: Callable[[Kept], bool]) -> Iterator[Key]:
    """The first of those left, while it is over: whoever takes it deletes it."""
    while things and over(things[first := next(iter(things))]):
        yield first


def _due_first(delivery: Delivery) -> tuple[datetime, datetime]:
    return delivery.due_at, delivery.created_at
