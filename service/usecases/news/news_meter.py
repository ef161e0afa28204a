"""Counts what becomes of news, and shows how many wait."""

from typing import Protocol

from handrail.clock import Clock
from handrail.core.errors import ServiceError
from handrail.core.news.news_outbox import Outbox

EVERY_S = 15.0


class NewsMeter(Protocol):
    """`Metrics` is one."""

    def news(self, outcome: str, target: str) -> None:
        """Counts one attempt to deliver. `outcome` is `sent`, `failed` (it is tried again) or
        `dead` (given up); `target` is the target's kind: `webhook`, `sns`, `eventbridge`, `sqs`,
        `start`, or `none` where its subscription isn't known here."""

    def news_waiting(self, waiting: int, dead: int, oldest_s: float) -> None:
        """How many wait and how many were given up, and the age in seconds of the oldest that
        waits. The leader says it; others say zeros, so that a fleet's may be added up."""


async def measure_outbox(outbox: Outbox, meter: NewsMeter, clock: Clock) -> None:
    """Tells how many wait, until it is cancelled; then zeros. For whoever leads, beside sending.
    What can't be counted now is counted next time: until then what was told stands."""
    try:
        while True:
            try:
                counts = await outbox.counts()
            except ServiceError:  # whoever sends and follows meets it too, and says so
                await clock.sleep(EVERY_S)
                continue
            oldest = counts.oldest_at
            age_s = 0.0 if oldest is None else (clock.now() - oldest).total_seconds()
            meter.news_waiting(counts.waiting, counts.dead, max(0.0, age_s))
            await clock.sleep(EVERY_S)
    finally:
        meter.news_waiting(0, 0, 0.0)
