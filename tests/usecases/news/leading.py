"""A small leader: it puts what is news of one execution into the outbox, and sends what is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import DeadLetter, Delivery
from handrail.core.news.news_outbox import Outbox
from tests.fakes import FakeClock
from tests.outboxes import news_of, up_to

LANES = ("a" * 12, "b" * 12)
News = Mapping[int, tuple[str, ...]]
NEWS: News = {2: LANES, 5: LANES[:1], 6: LANES}
"""By its event, to whom it is told."""

FEW: News = {2: LANES[:1], 5: LANES[:1]}

REFUSED = (5, LANES[0])  # at the second attempt for good
LAST = 7


@dataclass(slots=True)
class Told:
    """What the receivers got of one execution, by all leaders there were."""

    execution: ExecutionId
    news: News = field(default_factory=lambda: NEWS)
    sent: list[tuple[int, str]] = field(default_factory=list)

    def check(self, letters: Sequence[DeadLetter]) -> None:
        """All was told, in order, and what was refused is kept."""
        for lane in LANES:
            firsts = list(dict.fromkeys(event for event, to in self.sent if to == lane))
            events = [event for event, lanes in self.news.items() if lane in lanes]
            assert firsts == [event for event in events if (event, lane) != REFUSED]
        (letter,) = letters
        assert (letter.delivery.event_id, letter.delivery.subscription) == REFUSED


async def lead(outbox: Outbox, clock: FakeClock, told: Told) -> None:
    """To the end, from wherever another left it."""
    known = await outbox.find(told.execution)
    position = 0 if known is None else known.position
    for event, lanes in told.news.items():
        if event > position:
            news = [news_of(event, told.execution, subscription=lane) for lane in lanes]
            await outbox.put(up_to(event, told.execution), news)
    await outbox.put(up_to(LAST, told.execution, ended=True), [])
    while found := await outbox.due(clock.now() + timedelta(hours=1), 10):
        for delivery in found:
            await _send(outbox, delivery, clock, told)


async def _send(outbox: Outbox, delivery: Delivery, clock: FakeClock, told: Told) -> None:
    what = delivery.event_id, delivery.subscription
    if what != REFUSED:
        told.sent.append(what)
        await outbox.done(delivery)
        return
    failed = replace(delivery, attempts=delivery.attempts + 1, problem="answered 500")
    if failed.attempts == 1:
        await outbox.retry(replace(failed, due_at=delivery.due_at + timedelta(seconds=5)))
    else:
        await outbox.bury(DeadLetter(failed, clock.now()))


async def check_outbox(outbox: Outbox, *told: Told) -> None:
    """Nothing is left of these but their letters."""
    letters = (await outbox.letters(1000, None)).items
    for each in told:
        each.check([one for one in letters if one.delivery.execution == each.execution])
        assert await outbox.find(each.execution) == up_to(LAST, each.execution, ended=True)
    assert list(await outbox.waiting(10)) == []
    counts = await outbox.counts()
    assert (counts.waiting, counts.dead) == (0, len(told))
