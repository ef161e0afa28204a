"""How many wait, as whoever leads tells it."""

import asyncio
from dataclasses import dataclass, field

from handrail.core.errors import Unavailable
from handrail.core.news.news_outbox import OutboxCounts
from handrail.usecases.news.in_memory_outbox import InMemoryOutbox
from handrail.usecases.news.news_meter import EVERY_S, measure_outbox
from tests.fakes import FakeClock, run_until_idle
from tests.outboxes import news_of, up_to


@dataclass(slots=True)
class FakeMeter:
    told: list[tuple[int, int, float]] = field(default_factory=list)

    def news(self, outcome: str, target: str) -> None:
        """Whoever sends says it."""

    def news_waiting(self, waiting: int, dead: int, oldest_s: float) -> None:
        self.told.append((waiting, dead, oldest_s))


class FailingOutbox(InMemoryOutbox):
    """Its store is away the first time."""

    failures = 1

    async def counts(self) -> OutboxCounts:
        if self.failures:
            type(self).failures -= 1
            raise Unavailable("away")
        return await super().counts()


async def test_what_waits_is_told_again_and_again_and_zeros_at_the_end() -> None:
    clock, meter = FakeClock(), FakeMeter()
    outbox = FailingOutbox(clock)
    await outbox.put(up_to(5), [news_of(5)])
    async with asyncio.timeout(20):
        measuring = asyncio.create_task(measure_outbox(outbox, meter, clock))
        await run_until_idle()
        assert meter.told == []  # it was away
        for _ in range(2):
            await clock.advance(EVERY_S)
            await run_until_idle()
        measuring.cancel()
        await asyncio.gather(measuring, return_exceptions=True)
    assert meter.told == [(1, 0, EVERY_S), (1, 0, 2 * EVERY_S), (0, 0, 0.0)]
