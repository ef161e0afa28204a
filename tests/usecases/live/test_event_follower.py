"""Who follows an execution for its events gets each once, in order, and is in no hurry."""

import pytest

from handrail.core.errors import Unavailable
from handrail.core.models import ExecutionId
from handrail.core.read_queue import Urgency
from handrail.usecases.live import Level
from handrail.usecases.live.event_follower import EventFollower
from tests.fakes import run_until_idle

from .pushing import push, watcher_of, without_data
from .stage import ID, Stage


class Reader:
    """Takes what there is whenever it is woken."""

    def __init__(self, stage: Stage, id: str = ID) -> None:
        self.woken = 0
        self.ids: list[int] = []
        self.follower: EventFollower = stage.hub.follow(ExecutionId.parse(id), self.wake)

    def wake(self) -> None:
        self.woken += 1

    async def take(self) -> list[int]:
        taken: list[int] = []
        async for events in self.follower.after(self.ids[-1] if self.ids else 0):
            taken += [event.id for event in events]
        self.ids += taken
        return taken


async def test_an_execution_pushed_from_its_first_event_on_is_never_read(stage: Stage) -> None:
    history = stage.execution()
    history.main.visit("Pass", "Pay").then("ExecutionSucceeded", output="{}")
    stage.hub.push_state(True, 0.0)
    await stage.catalogue.list_all()
    with stage.no_reads():
        await push(stage, history.events[:2])
        reader = Reader(stage)
        await run_until_idle()
        assert await reader.take() == [1, 2]
        await push(stage, history.events[2:])
        assert await reader.take() == [3, 4]
    assert reader.woken >= 2


async def test_what_memory_no_longer_holds_is_read_again(stage: Stage) -> None:
    small = Stage(log_bytes=1)
    history = small.execution()
    history.main.visit("Pass", "Pay")
    reader = Reader(small)
    await run_until_idle()
    assert await reader.take() == [1, 2, 3]
    history.main.then("ExecutionSucceeded", output="{}")
    await small.nudged()
    assert await reader.take() == [4]
    assert await reader.take() == []
    await small.hub.close()


async def test_what_was_folded_without_its_payload_is_read_before_it_is_told(stage: Stage) -> None:
    history = stage.execution()
    stage.hub.push_state(True, 0.0)
    await stage.subscribed(level=Level.STATUS)
    history.main.enter("Pass", "Pay")
    stage.hub.pushed(without_data(history.events[1]))
    await run_until_idle()
    reader = Reader(stage)
    await run_until_idle()
    assert await reader.take() == []
    await run_until_idle()
    assert await reader.take() == [1, 2]


async def test_its_reads_are_the_least_urgent_of_all(stage: Stage) -> None:
    stage.execution()
    Reader(stage)
    assert watcher_of(stage).urgency is Urgency.IDLE
    stage.subscribe()
    assert watcher_of(stage).urgency is Urgency.FIRST_SNAPSHOT


async def test_many_of_them_have_nothing_listed(stage: Stage) -> None:
    for number in range(8):
        stage.execution(f"orders:{number}")
        Reader(stage, f"orders:{number}")
    await stage.clock.advance(20)
    assert stage.executions.count("list_page") == 0


async def test_it_says_why_nothing_more_comes(stage: Stage) -> None:
    reader = Reader(stage, "orders:unknown")
    await run_until_idle()
    assert reader.follower.failure is not None
    assert reader.woken


async def test_it_leaves_its_room_to_others_when_it_is_closed(stage: Stage) -> None:
    full = Stage(max_watchers=1)
    full.execution()
    full.execution("orders:two")
    reader = Reader(full)
    with pytest.raises(Unavailable):
        Reader(full, "orders:two")
    reader.follower.close()
    await run_until_idle()
    Reader(full, "orders:two")
    await full.hub.close()
