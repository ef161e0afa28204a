"""Killed at each await: at least once, in order, by the same id."""

import asyncio
from dataclasses import dataclass, field

from handrail.core.news.deliveries import Delivery
from handrail.usecases.news.in_memory_outbox import InMemoryOutbox
from tests.fakes import FakeClock

from .sending import FIRST, SECOND, Sending, delivery, failed, put

UNKNOWN = "c" * 12  # to the first process
DELIVERIES = (
    delivery("one", 2),
    delivery("one", 3),
    delivery("one", 4),
    delivery("two", 5, to=SECOND),
    delivery("two", 6, to=SECOND),
    delivery("three", 7, to=UNKNOWN),
)
LONG_ENOUGH_S = 20


@dataclass(slots=True)
class Death:
    """The process dies at its so-manieth await: nothing of it goes on from there."""

    at: int
    passed: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_by(self, _: str) -> None:
        if self.came.is_set() or self.passed == self.at:
            self.came.set()
            await asyncio.Event().wait()
        self.passed += 1


def refusal(delivery: Delivery) -> Exception | None:
    """The fifth event's news fails, and then for good."""
    return failed(final=delivery.attempts > 0) if delivery.event_id == 5 else None


async def told(death: Death) -> tuple[list[Delivery], set[int]]:
    """What the targets took, by the process that dies and the one after it, and which events' news
    was given up."""
    clock = FakeClock()
    outbox = InMemoryOutbox(clock)
    await put(outbox, *DELIVERIES)
    taken: list[Delivery] = []
    first = Sending(outbox=outbox, clock=clock, before=death.pass_by, after=death.pass_by)
    second = Sending((FIRST, SECOND, UNKNOWN), outbox=outbox, clock=clock)
    for sending in (first, second):
        for fake in sending.fakes.values():
            fake.taken, fake.judge = taken, refusal
        await sending.run(LONG_ENOUGH_S)
        await sending.close()
    assert await outbox.waiting(10) == []
    letters = (await outbox.letters(10, None)).items
    return taken, {each.delivery.event_id for each in letters}


def first_times(taken: list[Delivery], name: str) -> list[int]:
    of_lane = [each.event_id for each in taken if each.execution.name == name]
    return sorted(set(of_lane), key=of_lane.index)


async def test_no_news_is_lost_whenever_the_sender_is_killed() -> None:
    for at in range(200):
        death = Death(at)
        taken, given_up = await told(death)
        assert first_times(taken, "one") == [2, 3, 4], f"killed at await {at}"
        assert first_times(taken, "two") == [6], f"killed at await {at}"
        assert first_times(taken, "three") == [7], f"killed at await {at}"
        assert given_up == {5}, f"killed at await {at}"
        assert {(each.id, each.body) for each in taken} <= {(d.id, d.body) for d in DELIVERIES}
        again = len(taken) - len({each.key for each in taken})
        assert again <= 2, f"killed at await {at}: what was under way, one for each lane"
        if not death.came.is_set():
            assert at > 30, "it was killed at each await before"
            assert again == 0
            return
    raise AssertionError("it never got to its end")
