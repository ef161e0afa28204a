"""What is read before anybody is told: as much as the nudge knows, or not at all."""

import json

import pytest

from handrail.core.apigateway import Nudge
from handrail.core.errors import ExecutionNotFound, Throttled, Unavailable, UpstreamRefused
from handrail.core.models import Cursor
from handrail.usecases.lag import YOUNG_S
from tests.gateway_fakes import Socket

from .stage import EPOCH, ID, GatewayStage, cursor, holds, whole


async def test_a_read_that_doesnt_show_what_the_nudge_knows_is_waited_for(
    stage: GatewayStage,
) -> None:
    history = stage.execution()
    socket = await stage.watching()
    fan_out = stage.begun(stage.deliver(event_id=2))
    await stage.clock.advance(1)
    assert not fan_out.done()
    history.main.enter("Task", "Charge")
    await stage.clock.advance(1)
    await fan_out
    assert socket.kinds == ["ready", "subscribed", "update"]


@pytest.mark.parametrize(("event_id", "ended"), [(9, False), (None, True)])
async def test_what_a_read_doesnt_show_for_long_is_due_again_soon(
    stage: GatewayStage, event_id: int | None, ended: bool
) -> None:
    stage.execution()
    await stage.watching()
    fan_out = stage.begun(stage.deliver(event_id=event_id, ended=ended))
    await stage.clock.advance(3)
    await fan_out
    assert stage.watches.watches[ID].due_at == stage.in_s(5)


async def test_a_redrive_that_reads_don_t_show_yet_is_waited_for_and_tried_again(
    stage: GatewayStage,
) -> None:
    """EventBridge may be faster than they are, and an ended execution is read seldom."""
    history = stage.execution()
    history.main.then("ExecutionFailed", error="Boom")
    socket = await stage.opened()
    await stage.says(f'{{"type": "subscribe", "id": "s", "execution": "{ID}"}}')
    await _delivered(stage, Nudge(ID, redrives=1))
    assert socket.kinds == ["ready", "subscribed", "complete"]
    history.main.then("ExecutionRedriven", redriveCount=1)
    await _delivered(stage, stage.nudges.nudged[-1])
    assert socket.kinds == ["ready", "subscribed", "complete", "update"]


async def test_an_end_that_a_redrive_followed_is_not_waited_for(stage: GatewayStage) -> None:
    history = stage.execution()
    await stage.watching()
    history.main.then("ExecutionFailed").then("ExecutionRedriven")
    await stage.deliver(event_id=2, ended=True)


async def test_what_runs_is_read_again_sooner_than_what_has_ended(stage: GatewayStage) -> None:
    stage.execution("orders:runs")
    stage.execution("orders:over").main.then("ExecutionSucceeded")
    await stage.opened()
    for id in ("runs", "over"):
        message = f'{{"type": "subscribe", "id": "{id}", "execution": "orders:{id}"}}'
        await stage.says(message)
    await stage.clock.advance(60)
    for id in ("runs", "over"):
        await stage.deliver(f"orders:{id}")
    runs, over = (stage.watches.watches[f"orders:{id}"].due_at for id in ("runs", "over"))
    assert stage.clock.now() < runs <= stage.in_s(60) < over == stage.in_s(600)


@pytest.mark.parametrize("error", [Unavailable("gone"), Throttled("slow"), UpstreamRefused("no")])
async def test_a_history_that_cant_be_read_now_is_due_again_soon(
    stage: GatewayStage, error: Unavailable
) -> None:
    stage.execution()
    socket = await stage.watching()
    stage.live.histories.fail("read_page", error)
    with pytest.raises(type(error)):
        await stage.deliver()
    assert stage.watches.watches[ID].due_at == stage.in_s(5)
    assert stage.watches.watches[ID].owner is None
    assert socket.kinds == ["ready", "subscribed"]


async def test_what_a_young_cursor_vouches_for_is_held_and_then_to_be_tried_again(
    stage: GatewayStage,
) -> None:
    """AWS shows nothing of the execution yet; its start was answered seconds ago."""
    socket = await started_elsewhere(stage)
    assert (socket.kinds, socket.cut) == (["ready"], False)
    stage.execution()
    await _delivered(stage, stage.nudges.nudged[-1])
    assert socket.kinds == ["ready", "subscribed", "update"]


async def test_where_it_never_shows_the_client_is_told_to_come_back(stage: GatewayStage) -> None:
    socket = await started_elsewhere(stage)
    for nudge in stage.nudges.nudged:  # each try brings the next
        await _delivered(stage, nudge)
    assert (socket.said[1]["type"], socket.said[1]["retryable"]) == ("error", True)
    assert socket.closed_with == 1013


async def started_elsewhere(stage: GatewayStage) -> Socket:
    opening = stage.begun(stage.watching(after=cursor(0)))
    await stage.clock.advance(5)
    return await opening


async def _delivered(stage: GatewayStage, nudge: Nudge) -> None:
    delivery = stage.begun(stage.sockets.fan_out.deliver(nudge, deadline=stage.deadline))
    await stage.clock.advance(5)
    await delivery


async def test_what_doesnt_exist_is_told_and_no_longer_looked_at(stage: GatewayStage) -> None:
    stage.execution()
    only = await stage.watching("only")
    many = await stage.opened("many")
    await stage.says(f'{{"type": "subscribe", "id": "s", "execution": "{ID}"}}', "many")
    await stage.clock.advance(YOUNG_S + 60)  # their cursors say nothing any more
    stage.live.histories.events.clear()
    fan_out = stage.begun(stage.colder().fan_out.deliver(Nudge(ID), deadline=stage.deadline))
    await stage.clock.advance(5)
    await fan_out
    assert only.kinds[-2:] == ["error", "closing"]
    assert only.closed_with == 4404
    assert (many.said[-1]["type"], many.said[-1]["id"]) == ("error", "s")
    assert not many.cut
    assert stage.connections.kept == {}


async def test_what_was_started_a_moment_ago_may_not_be_there_yet(stage: GatewayStage) -> None:
    await stage.connect(execution=ID)
    greeting = stage.begun(stage.greet())
    await stage.clock.advance(1.5)
    history = stage.execution()
    await stage.clock.advance(2)
    await greeting
    assert stage.socket().kinds == ["ready", "subscribed"]
    assert holds(stage.socket()) == whole(history.events)


async def test_what_a_nudge_knows_to_exist_is_never_called_missing(stage: GatewayStage) -> None:
    stage.execution()
    socket = await stage.watching()
    stage.live.histories.fail("read_page", *[ExecutionNotFound("gone")] * 9)
    nudge = Nudge(ID, event_id=1)
    fan_out = stage.begun(stage.colder().fan_out.deliver(nudge, deadline=stage.deadline))
    await stage.clock.advance(5)
    with pytest.raises(Unavailable):
        await fan_out
    assert socket.kinds == ["ready", "subscribed"]
    assert len(stage.connections.kept) == 1


async def test_a_read_behind_what_was_told_says_nothing(stage: GatewayStage) -> None:
    history = stage.execution()
    history.main.then("ExecutionFailed")
    socket = await stage.opened()
    await stage.says(f'{{"type": "subscribe", "id": "s", "execution": "{ID}"}}')
    kept = stage.connections.kept["c1", "s"]
    assert await stage.connections.delivered(kept, Cursor(EPOCH, 9), completed_at=None)
    await stage.deliver()
    assert socket.kinds == ["ready", "subscribed", "complete"]


async def test_another_execution_of_the_same_name_starts_over(stage: GatewayStage) -> None:
    stage.execution()
    socket = await stage.opened()
    await stage.says(f'{{"type": "subscribe", "id": "s", "execution": "{ID}"}}')
    kept = stage.connections.kept["c1", "s"]
    assert await stage.connections.delivered(kept, Cursor(EPOCH - 10_001, 1), completed_at=None)
    await stage.deliver()
    assert socket.kinds == ["ready", "subscribed", "subscribed"]
    assert socket.said[2]["recovered"] is False
    assert socket.said[2]["cursor"] == cursor(1)


async def test_a_cursor_that_reads_dont_reach_yet_is_tried_again_and_then_told(
    stage: GatewayStage,
) -> None:
    history = stage.execution()
    ahead = json.dumps(
        {
            "type": "subscribe",
            "id": "s",
            "execution": ID,
            "after": f"{EPOCH}:{len(history.events) + 1}",
        }
    )
    socket = await stage.opened()
    await stage.says(ahead)
    assert socket.kinds == ["ready"]
    history.main.enter("Task", "Charge")
    await stage.deliver()
    assert socket.kinds == ["ready", "subscribed"]
    assert socket.said[1]["recovered"] is True


async def test_one_that_reads_never_reach_is_an_error_to_try_again_after(
    stage: GatewayStage,
) -> None:
    stage.execution()
    socket = await stage.opened()
    await stage.says(
        json.dumps({"type": "subscribe", "id": "s", "execution": ID, "after": f"{EPOCH}:99"})
    )
    await stage.sockets.fan_out.deliver(Nudge(ID, again=3), deadline=stage.deadline)
    assert socket.kinds == ["ready", "error"]
    assert (socket.said[1]["code"], socket.said[1]["retryable"]) == ("unavailable", True)
    assert stage.connections.kept == {}
