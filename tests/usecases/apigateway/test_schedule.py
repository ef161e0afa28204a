"""What falls due with time."""

import asyncio

import pytest

from handrail.core.errors import Throttled, Unavailable
from handrail.usecases.apigateway.limits import GatewayLimits

from .stage import ID, GatewayStage, holds, key, whole


async def test_an_execution_nobody_nudged_for_is_read_when_it_is_due(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.enter("Task", "Charge")
    await stage.tick()
    assert socket.kinds == ["ready", "subscribed"]
    await stage.clock.advance(60)
    await stage.tick()
    assert socket.kinds == ["ready", "subscribed", "update"]
    assert holds(socket) == whole(history.events)


async def test_a_tick_with_nothing_due_reads_nothing(stage: GatewayStage) -> None:
    await stage.tick()
    assert stage.live.read_count == 0
    assert stage.posts.calls == []


async def test_a_tick_tells_no_more_executions_than_its_share_of_the_reads() -> None:
    limits = GatewayLimits(reads_per_s=0.1)
    assert limits.executions_a_tick == 3
    stage = GatewayStage(limits=limits)
    for number in range(5):
        stage.execution(f"orders:{number}")
        await stage.watching(f"c{number}", f"orders:{number}")
    await stage.clock.advance(60)
    takes = stage.watches.count("take")
    await stage.tick()
    assert stage.watches.count("take") == takes + 3
    await stage.tick()
    assert stage.watches.count("take") == takes + 5
    await stage.close()


async def test_sockets_are_ended_before_api_gateway_ends_them(stage: GatewayStage) -> None:
    early = await stage.opened("early")
    await stage.clock.advance(600)
    late = await stage.opened("late")
    await stage.clock.advance(6300 - 600)
    await stage.tick()
    assert early.closed_with == 1012
    assert late.closed_with is None
    assert list(stage.connections.open_now) == ["late"]


async def test_sockets_whose_credential_is_over_are_told_so(guarded: GatewayStage) -> None:
    socket = await guarded.opened(credential=key("reader"))
    await guarded.clock.advance(3600)
    await guarded.tick()
    assert socket.closed_with == 4002


async def test_sockets_that_never_said_who_they_are_end(guarded: GatewayStage) -> None:
    await guarded.connect()
    await guarded.clock.advance(5)
    await guarded.tick()
    assert guarded.socket().closed_with == 4408


async def test_more_sockets_than_come_at_a_time_are_all_ended(stage: GatewayStage) -> None:
    for number in range(250):
        await stage.opened(f"c{number}")
    await stage.clock.advance(6300)
    await stage.tick()
    assert stage.connections.open_now == {}
    assert all(stage.socket(f"c{n}").closed_with == 1012 for n in range(250))


@pytest.mark.parametrize("trouble", [Throttled("slow"), ZeroDivisionError()])
async def test_a_socket_that_cant_be_ended_now_is_ended_by_the_next_tick(
    stage: GatewayStage, trouble: Exception
) -> None:
    for number in range(3):
        await stage.opened(f"c{number}")
    await stage.clock.advance(6300)
    stage.posts.troubles["c1"] = [trouble]
    await stage.tick()
    assert list(stage.connections.open_now) == ["c1"]
    await stage.tick()
    assert stage.connections.open_now == {}


async def test_a_socket_that_is_gone_already_is_forgotten(stage: GatewayStage) -> None:
    await stage.opened()
    stage.posts.gone.add("c1")
    await stage.clock.advance(6300)
    await stage.tick()
    assert stage.connections.open_now == {}


@pytest.mark.parametrize("trouble", [Unavailable("gone"), ZeroDivisionError()])
async def test_an_execution_that_cant_be_told_keeps_no_other_from_it(
    stage: GatewayStage, trouble: Exception
) -> None:
    for name in ("a", "b"):
        history = stage.execution(f"orders:{name}")
        await stage.watching(name, f"orders:{name}")
        history.main.enter("Task", "Charge")
    await stage.clock.advance(60)
    stage.connections.fail("subscriptions", trouble)
    await stage.tick()
    assert [stage.socket(name).kinds[2:] for name in ("a", "b")] == [[], ["update"]]
    await stage.clock.advance(60)
    await stage.tick()
    assert [stage.socket(name).kinds[2:] for name in ("a", "b")] == [["update"], ["update"]]


async def test_a_tick_out_of_time_leaves_the_rest_to_the_next(stage: GatewayStage) -> None:
    stage.execution().main.enter("Task", "Charge")
    await stage.watching()
    await stage.opened("other")
    await stage.clock.advance(6300)
    await stage.sockets.schedule.tick(deadline=stage.clock.monotonic() + 2)
    assert len(stage.connections.open_now) == 2
    await stage.tick()
    assert stage.connections.open_now == {}


async def test_sockets_that_cant_be_ended_leave_time_to_tell(stage: GatewayStage) -> None:
    old = await stage.opened("old")
    await stage.clock.advance(6150)
    history = stage.execution()
    socket = await stage.watching()
    await stage.clock.advance(150)
    history.main.enter("Task", "Charge")
    stage.posts.gates["old"] = asyncio.Event()
    schedule = stage.begun(stage.tick())
    await stage.clock.advance(28)
    await schedule
    assert not old.cut
    assert socket.kinds == ["ready", "subscribed", "update"]


async def test_a_table_that_doesnt_answer_fails_the_tick(stage: GatewayStage) -> None:
    stage.connections.fail("due", Unavailable("gone"))
    with pytest.raises(Unavailable):
        await stage.tick()
    assert ID not in stage.watches.watches
