"""An execution is recognised, followed where there is room, and read where there is none."""

from collections.abc import AsyncIterator

import pytest

from handrail.core.errors import ExecutionNotFound, NotShownYet
from handrail.usecases.news.execution_news import NewsMaking
from handrail.usecases.news.execution_turns import ExecutionTurns
from handrail.usecases.news.sightings import Sighting
from handrail.usecases.news.tracked_executions import TrackedExecution, TrackedExecutions
from handrail.usecases.news.watermarks import Watermarks
from tests.fakes import BEGIN, run_until_idle
from tests.usecases.live.pushing import pushed

from .news_stage import NewsStage, subscription


class Turns:
    """Turns on a stage whose state machine was seen long ago; nobody takes them but the test."""

    def __init__(self, *, push: bool = True, most: int = 1) -> None:
        self.stage = NewsStage(subscription("started", "failed"), push=push)
        self.folding: list[TrackedExecution] = []
        self.reading: list[TrackedExecution] = []
        stage, self.tracked = self.stage, TrackedExecutions()
        marks = Watermarks(stage.outbox, stage.clock)
        known = stage.catalogue.known_account
        making = NewsMaking(
            stage.outbox, stage.subscribers, stage.clock, known, deepest=5, told=lambda: None
        )
        self.turns = ExecutionTurns(
            making,
            stage.hub,
            marks,
            self.tracked,
            push=push,
            most=most,
            folding=self.folding.append,
            reading=self.reading.append,
        )

    async def sighted(self, id: str, *, ended: bool = False) -> TrackedExecution:
        """One that has just begun."""
        await self.stage.catalogue.list_all()
        await self.stage.outbox.set_watermark("orders", BEGIN)
        history = self.stage.begin(id)
        if ended:
            self.stage.end(history, id)
        each = self.tracked.sight(Sighting.pushed(pushed(history.events[0], id)))
        assert each is not None
        return each


@pytest.fixture
async def one() -> AsyncIterator[Turns]:
    turns = Turns()
    yield turns
    await turns.stage.hub.close()


async def test_it_is_followed_as_long_as_there_is_room(one: Turns) -> None:
    first, second = await one.sighted("orders:1"), await one.sighted("orders:2")
    await one.turns.fold(first)
    await one.turns.fold(second)
    assert first.following is not None
    assert (second.following, second.recorded) == (None, True)
    one.turns.unfollow(first)
    one.turns.unfollow(first)
    assert one.folding[-1] is second
    await one.turns.fold(second)
    assert second.following is not None


async def test_what_isn_t_followed_is_read_when_it_is_due(one: Turns) -> None:
    each = await one.sighted("orders:1", ended=True)
    each.expects_end = each.due = True
    await one.turns.fold(each)
    assert (one.reading, each.reading) == ([each], True)
    await one.turns.read(each)
    assert await one.stage.told() == ["orders:1:1 started", "orders:1:2 failed"]
    assert one.tracked.find(each.id) is None


async def test_an_end_that_reads_don_t_show_yet_is_looked_for_again(one: Turns) -> None:
    each = await one.sighted("orders:1")
    each.expects_end = each.due = True
    await one.turns.fold(each)
    with pytest.raises(NotShownYet):
        await one.turns.read(each)


async def test_what_the_outbox_knows_to_have_ended_is_let_go(one: Turns) -> None:
    each = await one.sighted("orders:1", ended=True)
    each.due = each.expects_end = True
    await one.turns.fold(each)
    await one.turns.read(each)
    again = TrackedExecution(each.sighting)
    one.tracked.add(again)
    await one.turns.fold(again)
    assert (again.news, one.tracked.find(each.id)) == (None, None)


async def test_what_the_hub_says_of_it_is_raised_and_it_is_followed_no_more(one: Turns) -> None:
    each = await one.sighted("orders:1")
    one.stage.histories.events.clear()
    await one.turns.fold(each)
    await one.stage.clock.advance(20)
    with pytest.raises(ExecutionNotFound):
        await one.turns.fold(each)
    assert each.following is None
    assert not one.turns.old(each)
    await one.turns.give_up(each)
    assert await one.stage.outbox.followed() == []
    await run_until_idle()


async def test_without_a_push_only_starts_that_are_asked_for_are_read_before_the_end() -> None:
    turns = Turns(push=False)
    first = await turns.sighted("orders:1")
    await turns.turns.fold(first)
    assert turns.reading == [first]
    turns.stage.subscribers.replace([subscription("failed")])
    second = await turns.sighted("orders:2")
    await turns.turns.fold(second)
    assert turns.reading == [first]
    assert (second.recorded, second.following) == (True, None)
    await turns.stage.hub.close()
