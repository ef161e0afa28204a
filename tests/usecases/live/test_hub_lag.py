"""AWS's reads lag: who knows more than they show waits for them, and nobody else does."""

import asyncio

import pytest

from handrail.core.errors import ExecutionNotFound, Unavailable
from handrail.core.models import Cursor, ExecutionId
from handrail.usecases.lag import REQUEST_S, OwnWrite
from handrail.usecases.live import Level
from tests.core.histories import History
from tests.fakes import BEGIN, run_until_idle, unread

from .stage import EPOCH, ID, Client, Stage, arn_of, cursor, told

THERE = Cursor(EPOCH, 2)
"""Of what AWS's reads don't show yet."""


def lagging(stage: Stage) -> History:
    """An execution with two events, of which AWS shows the first."""
    history = stage.execution()
    history.main.enter("Task", "Charge")
    stage.histories.missing = {2, 3}
    return history


async def wrote(stage: Stage, cursor: Cursor) -> None:
    """This process did something that lies before the cursor."""
    execution = stage.executions.executions[arn_of(ID)]
    await stage.hub.wrote(OwnWrite(execution, cursor))


async def shown(stage: Stage, after: Cursor | None = None) -> int:
    async with stage.hub.watching(ID, after=after) as watcher:
        return watcher.require_feed().position


# A subscriber


async def test_who_has_seen_more_is_held_and_then_resumed(stage: Stage) -> None:
    lagging(stage)
    subscription, client = await stage.subscribed(after=cursor(2)), Client()
    await stage.clock.advance(5)
    assert client.take_all(subscription) == []
    stage.histories.missing = set()
    await stage.clock.advance(1)
    [subscribed] = client.take_all(subscription)
    assert subscribed["recovered"] is True
    assert subscribed["cursor"] == cursor(2)


async def test_where_the_reads_never_show_it_the_client_is_told_to_try_again(
    stage: Stage,
) -> None:
    lagging(stage)
    subscription = await stage.subscribed(after=cursor(2))
    await stage.clock.advance(9)
    assert subscription.failure is None
    await stage.clock.advance(2)
    assert subscription.failure is not None
    assert unread(subscription.failure) == "unavailable"
    assert subscription.failure.retryable


async def test_beside_others_it_is_told_so_and_goes_on_waiting(stage: Stage) -> None:
    """Its transport stays open, and a retryable error is news: the client stays."""
    lagging(stage)
    subscription = stage.hub.subscribe(
        ID, id="s1", after=cursor(2), level=Level.STATES, wake=lambda: None, alone=False
    )
    await stage.clock.advance(11)
    assert (subscription.failure, told(subscription)) == (None, ["unavailable"])
    stage.histories.missing = set()
    await stage.clock.advance(20)
    assert told(subscription) == ["subscribed"]


async def test_a_made_up_cursor_delays_nobody_else(stage: Stage) -> None:
    history = stage.execution()
    made_up = await stage.subscribed(after=cursor(999))
    assert told(await stage.subscribed()) == ["subscribed"]
    assert told(await stage.subscribed(after=cursor(1))) == ["subscribed"]
    with stage.no_reads():
        assert await shown(stage) == 1
    history.main.enter("Task", "Charge")
    await stage.clock.advance(1)
    assert await shown(stage) == 2
    assert told(made_up) == []


async def test_a_made_up_cursor_costs_a_few_reads_of_this_execution_and_ends(
    stage: Stage,
) -> None:
    stage.execution()
    await stage.clock.advance(3600)
    before = stage.read_count
    await stage.subscribed(after=cursor(999))
    await stage.clock.advance(11)
    assert stage.read_count - before <= 45
    with stage.no_reads():
        await stage.clock.advance(5)


async def test_who_leaves_is_waited_for_no_longer(stage: Stage) -> None:
    stage.execution()
    await stage.clock.advance(3600)
    await stage.subscribed()
    made_up = await stage.subscribed(after=cursor(999))
    made_up.close()
    await stage.clock.advance(1)
    with stage.no_reads():
        await stage.clock.advance(5)


async def test_a_cursor_of_another_execution_of_that_name_is_waited_for_by_nobody(
    stage: Stage,
) -> None:
    stage.execution()
    client = Client()
    client.take_all(await stage.subscribed(after=cursor(999, epoch=EPOCH - 3_600_000)))
    assert client.messages[0]["recovered"] is False


# A request


async def test_a_request_with_a_cursor_is_held_until_the_reads_reach_it(stage: Stage) -> None:
    lagging(stage)
    asking = asyncio.create_task(shown(stage, after=THERE))
    await stage.clock.advance(1)
    assert not asking.done()
    stage.histories.missing = set()
    await stage.clock.advance(1)
    assert await asking == 2


async def test_a_request_whose_cursor_isnt_reached_is_told_to_try_again(stage: Stage) -> None:
    lagging(stage)
    asking = asyncio.create_task(shown(stage, after=THERE))
    await stage.clock.advance(4)
    with pytest.raises(Unavailable) as told:
        await asking
    assert told.value.retryable


async def test_a_request_without_a_cursor_waits_for_nothing(stage: Stage) -> None:
    lagging(stage)
    assert await shown(stage) == 1


# What this process did


async def test_what_this_process_changed_is_hidden_from_everybody_new_until_it_shows(
    stage: Stage,
) -> None:
    lagging(stage)
    await wrote(stage, THERE)
    subscription, client = await stage.subscribed(), Client()
    asking = asyncio.create_task(shown(stage))
    await stage.clock.advance(1)
    assert client.take_all(subscription) == []
    assert not asking.done()
    stage.histories.missing = set()
    await stage.clock.advance(1)
    client.take_all(subscription)
    assert client.cursor == cursor(2)
    assert await asking == 2


async def test_who_watches_already_goes_on_with_what_it_knows(stage: Stage) -> None:
    history = lagging(stage)
    subscription = await stage.subscribed()
    told(subscription)
    await wrote(stage, Cursor(EPOCH, 3))
    history.main.then("TaskStateExited", name="Charge", output="{}")
    stage.histories.missing = {3}
    await stage.clock.advance(1)
    assert told(subscription) == ["update"]


async def test_what_is_expected_is_shown_as_it_is_after_a_while(stage: Stage) -> None:
    lagging(stage)
    await wrote(stage, THERE)
    subscription = await stage.subscribed()
    await stage.clock.advance(9)
    assert told(subscription) == []
    await stage.clock.advance(5)
    subscription.wake()
    assert told(subscription) == ["subscribed"]


async def test_what_is_there_already_is_hidden_from_nobody(stage: Stage) -> None:
    stage.execution().main.enter("Task", "Charge")
    await wrote(stage, THERE)
    assert await shown(stage) == 2


async def test_it_is_hidden_also_where_nobody_watched_meanwhile() -> None:
    stage = Stage(linger_s=0)
    lagging(stage)
    await wrote(stage, THERE)
    await stage.clock.advance(5)
    asking = asyncio.create_task(shown(stage))
    await stage.clock.advance(1)
    assert not asking.done()
    stage.histories.missing = set()
    await stage.clock.advance(1)
    assert await asking == 2
    await stage.hub.close()


# What isn't found


def looking() -> Stage:
    return Stage(looked_for_s=REQUEST_S)


async def test_what_isnt_found_is_looked_for_three_times() -> None:
    stage = looking()
    subscription = await stage.subscribed()
    counts = [stage.read_count]
    for _ in range(4):
        await stage.clock.advance(0.99)
        counts.append(stage.read_count)
        await stage.clock.advance(0.01)
    assert counts == [1, 1, 2, 2, 3]
    assert unread(subscription.failure) == "execution_not_found"
    assert stage.hub.watchers == 0
    await stage.hub.close()


async def test_what_shows_meanwhile_is_told() -> None:
    stage = looking()
    subscription = await stage.subscribed()
    stage.execution()
    await stage.clock.advance(1)
    assert told(subscription) == ["subscribed"]
    await stage.hub.close()


async def test_a_request_for_what_isnt_found_waits_for_the_looks() -> None:
    stage = looking()
    asking = asyncio.create_task(shown(stage))
    await stage.clock.advance(2.9)
    assert not asking.done()
    await stage.clock.advance(0.2)
    with pytest.raises(ExecutionNotFound):
        await asking
    await stage.hub.close()


async def test_who_has_a_cursor_of_it_has_it_looked_for_longer() -> None:
    stage = looking()
    subscription = await stage.subscribed(after=cursor(0))
    await stage.clock.advance(7)
    assert subscription.failure is None
    stage.execution()
    await stage.clock.advance(3)
    assert told(subscription)[0] == "subscribed"
    await stage.hub.close()


@pytest.mark.parametrize("started_here", [True, False])
async def test_what_is_known_to_be_there_is_looked_for_each_second(started_here: bool) -> None:
    stage = looking()
    if started_here:
        await stage.recent.add(ExecutionId.parse(ID), BEGIN)
    subscription = await stage.subscribed(after=None if started_here else cursor(0))
    await stage.clock.advance(5)
    stage.execution()
    await stage.clock.advance(1)
    assert told(subscription)[0] == "subscribed"
    await stage.hub.close()


async def test_an_old_cursor_of_what_never_shows_is_given_up() -> None:
    stage = looking()
    await stage.clock.advance(3600)
    subscription = await stage.subscribed("orders:none", after=cursor(0))
    await stage.clock.advance(40)
    assert unread(subscription.failure) == "execution_not_found"
    assert len([read for read in stage.histories.reads if read.arn == arn_of("orders:none")]) < 20
    await stage.hub.close()


async def test_a_young_cursor_of_what_doesnt_show_is_never_called_missing() -> None:
    stage = looking()
    subscription = await stage.subscribed("orders:none", after=cursor(0))
    holding = asyncio.create_task(
        stage.hub.watching("orders:none", after=Cursor(EPOCH, 0)).__aenter__()
    )
    await stage.clock.advance(40)
    with pytest.raises(Unavailable):
        await holding
    assert subscription.failure is None
    assert told(subscription) == ["unavailable"]
    stage.execution("orders:none")
    await stage.clock.advance(25)
    assert told(subscription)[0] == "subscribed"
    await stage.hub.close()


# AWS's dates and the host's clock


@pytest.mark.parametrize("off_s", [-60.0, 300.0])
async def test_a_clock_that_is_off_from_awss_changes_no_read(off_s: float) -> None:
    """`off_s` is by how much AWS's dates are ahead of the host's."""
    counts = []
    for by_s in (0.0, off_s):
        stage = Stage()
        stage.histories.answered_ahead_s = by_s
        history = stage.execution_begun(by_s)
        await stage.subscribed()
        for _ in range(10):
            history.main.task("Charge")
            await stage.clock.advance(2.5)
        await stage.clock.advance(60)
        counts.append(stage.read_count)
        await stage.hub.close()
    assert counts[0] == counts[1]


async def test_an_old_execution_is_idle_however_many_pages_it_has() -> None:
    """Also where its last page came after its first."""
    stage = Stage()
    history = stage.execution()
    for _ in range(1500):
        history.main.visit("Pass", "Loop")
    await stage.clock.advance(7200)
    await stage.subscribed()
    with stage.no_reads():
        await stage.clock.advance(7)
    await run_until_idle()
    await stage.hub.close()


async def test_who_resumes_at_a_replica_that_has_caught_up_costs_one_read(stage: Stage) -> None:
    stage.execution()
    await stage.clock.advance(3600)
    await stage.subscribed(after=cursor(1))
    assert stage.read_count == 1
    with stage.no_reads():
        await stage.clock.advance(9)


async def test_a_made_up_cursor_has_a_request_look_a_few_times_alone(stage: Stage) -> None:
    stage.execution()
    await stage.subscribed()
    await stage.clock.advance(60)
    before = stage.read_count
    asking = asyncio.create_task(stage.hub.watching(ID, after=Cursor(EPOCH, 10**9)).__aenter__())
    await stage.clock.advance(4)
    with pytest.raises(Unavailable):
        await asking
    assert stage.read_count - before <= 6


async def test_a_cursor_ahead_of_a_young_snapshot_is_read_up_to_at_once(stage: Stage) -> None:
    history = stage.execution()
    async with stage.hub.watching(ID):
        history.main.enter("Task", "Charge")
        async with stage.hub.watching(ID, after=Cursor(EPOCH, 2)) as watcher:
            assert watcher.require_feed().position == 2
