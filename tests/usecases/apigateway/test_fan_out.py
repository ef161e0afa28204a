"""Telling what is new: once, in order, by one teller at a time, and nothing lost where one dies."""

import asyncio
from datetime import timedelta

from handrail.core.apigateway import Nudge
from handrail.core.errors import Unavailable
from tests.fakes import run_until_idle

from .stage import ID, GatewayStage, holds, whole


async def test_everybody_who_looks_is_told_what_is_new(stage: GatewayStage) -> None:
    history = stage.execution()
    sockets = [await stage.watching(f"c{n}") for n in range(5)]
    history.main.task("Charge")
    await stage.deliver()
    for socket in sockets:
        assert socket.kinds == ["ready", "subscribed", "update"]
        assert holds(socket) == whole(history.events)


async def test_an_output_is_told_as_it_was_written(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.then("ExecutionSucceeded", output=r'{"n":[1.10,1E5,1e400],"half":"\ud800"}')
    await stage.deliver()
    told = r'"output":{"n":[1.10,1E5,1e400],"half":"\ufffd"}'
    assert sum(told in text for text in socket.texts) == 2  # in the update and in complete


async def test_what_nobody_looks_at_costs_no_read(stage: GatewayStage) -> None:
    stage.execution()
    await stage.deliver()
    assert stage.live.read_count == 0
    assert stage.connections.calls == []


async def test_a_nudge_that_brings_nothing_new_posts_nothing(stage: GatewayStage) -> None:
    stage.execution()
    socket = await stage.watching()
    posts = stage.posts.count("post")
    await stage.deliver()
    await stage.deliver()
    assert stage.posts.count("post") == posts
    assert socket.kinds == ["ready", "subscribed"]


async def test_a_warm_instance_reads_only_what_is_new(stage: GatewayStage) -> None:
    history = stage.execution()
    for _ in range(300):
        history.main.visit("Pass", "Loop")
    await stage.watching()
    history.main.enter("Task", "Charge")
    await stage.deliver()
    assert stage.live.histories.reads[-1].newest_first
    assert stage.live.histories.reads[-1].limit == 100


async def test_an_end_is_complete_and_closes_the_only_sockets(stage: GatewayStage) -> None:
    history = stage.execution()
    only = await stage.watching("only")
    many = await stage.opened("many")
    await stage.says(f'{{"type": "subscribe", "id": "s", "execution": "{ID}"}}', "many")
    history.main.then("ExecutionSucceeded", output='{"done": true}')
    await stage.deliver(ended=True)
    assert only.kinds == ["ready", "subscribed", "update", "complete", "closing"]
    assert only.closed_with == 1000
    assert many.kinds == ["ready", "subscribed", "update", "complete"]
    assert list(stage.connections.open_now) == ["many"]


async def test_a_redrive_is_told_to_who_stayed(stage: GatewayStage) -> None:
    history = stage.execution()
    history.main.then("ExecutionFailed", error="Boom")
    socket = await stage.opened()
    await stage.says(f'{{"type": "subscribe", "id": "s", "execution": "{ID}"}}')
    history.main.then("ExecutionRedriven")
    await stage.deliver()
    history.main.then("ExecutionSucceeded")
    await stage.deliver()
    kinds = ["ready", "subscribed", "complete", "update", "update", "complete"]
    assert socket.kinds == kinds


async def test_who_dies_after_the_post_and_before_the_note_is_repeated(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.task("Charge")
    stage.connections.fail("delivered", Unavailable("the table is gone"))
    await stage.deliver()
    before = holds(socket)
    await stage.deliver()
    assert socket.kinds == ["ready", "subscribed", "update", "update"]
    assert socket.said[2] == socket.said[3]
    assert holds(socket) == before == whole(history.events)


async def test_who_dies_between_complete_and_the_close_is_followed_by_one_who_closes(
    stage: GatewayStage,
) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.then("ExecutionSucceeded")
    stage.posts.fail("disconnect", Unavailable("gone"))
    await stage.deliver()
    assert socket.kinds[-2:] == ["complete", "closing"]
    assert not socket.cut
    await stage.deliver()
    assert socket.kinds.count("complete") == 1
    assert socket.closed_with == 1000


async def test_an_instance_that_has_read_nothing_goes_on_where_another_stopped(
    stage: GatewayStage,
) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.task("Charge")
    await stage.colder().fan_out.deliver(Nudge(ID), deadline=stage.deadline)
    assert socket.kinds == ["ready", "subscribed", "update"]
    assert holds(socket) == whole(history.events)


async def test_of_two_nudges_at_once_one_tells_and_reads_once_more(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.enter("Task", "Charge")
    gate = stage.posts.gates["c1"] = asyncio.Event()
    first = stage.begun(stage.deliver())
    await run_until_idle()
    history.main.exit("Task", "Charge")
    await stage.deliver()
    assert socket.kinds == ["ready", "subscribed"]
    gate.set()
    await first
    assert socket.kinds == ["ready", "subscribed", "update", "update"]
    assert holds(socket) == whole(history.events)


async def test_a_subscription_that_comes_while_fan_out_is_told_by_that_teller(
    stage: GatewayStage,
) -> None:
    history = stage.execution()
    await stage.watching("c1")
    history.main.enter("Task", "Charge")
    gate = stage.posts.gates["c1"] = asyncio.Event()
    fan_out = stage.begun(stage.deliver())
    await run_until_idle()
    late = await stage.watching("late")
    assert late.kinds == ["ready"]
    gate.set()
    await fan_out
    assert late.kinds == ["ready", "subscribed"]
    assert holds(late) == whole(history.events)


async def test_who_died_while_fan_out_is_followed_when_the_lease_is_over(
    stage: GatewayStage,
) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.enter("Task", "Charge")
    now = stage.clock.now()
    until = now + timedelta(seconds=stage.limits.lease_s)
    assert await stage.watches.take(ID, owner="dead", until=until, now=now)
    await stage.deliver()
    await stage.tick()
    assert socket.kinds == ["ready", "subscribed"]
    await stage.clock.advance(10)
    await stage.tick()
    assert socket.kinds == ["ready", "subscribed", "update"]


async def test_a_watch_is_extended_while_fan_out_takes_long(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.enter("Task", "Charge")
    gate = stage.posts.gates["c1"] = asyncio.Event()
    deadline = stage.clock.monotonic() + 900
    fan_out = stage.begun(stage.sockets.fan_out.deliver(Nudge(ID), deadline=deadline))
    await stage.clock.advance(45)
    assert stage.watches.count("extend") == 13
    assert stage.watches.watches[ID].owner is not None
    gate.set()
    await fan_out
    assert socket.kinds == ["ready", "subscribed", "update"]
    await stage.clock.advance(60)
    assert stage.watches.count("extend") == 13


async def test_who_lost_the_watch_stops_fan_out(stage: GatewayStage) -> None:
    history = stage.execution()
    sockets = [await stage.watching(f"c{n}") for n in range(2)]
    history.main.enter("Task", "Charge")
    gate = stage.posts.gates["c0"] = stage.posts.gates["c1"] = asyncio.Event()
    fan_out = stage.begun(stage.deliver())
    await run_until_idle()
    stage.watches.watches[ID].owner = "another"
    await stage.clock.advance(4)
    gate.set()
    await fan_out
    assert [socket.kinds[2:] for socket in sockets] == [[], []]
    assert stage.watches.watches[ID].owner == "another"
    assert stage.nudges.nudged == []


async def test_where_the_last_looker_has_left_an_execution_is_forgotten(
    stage: GatewayStage,
) -> None:
    stage.execution()
    await stage.watching()
    await stage.sockets.conversation.disconnect("c1")
    await stage.deliver()
    assert ID in stage.watches.watches
    await stage.clock.advance(60)
    await stage.deliver()
    assert ID not in stage.watches.watches


async def test_a_word_left_meanwhile_doesnt_make_it_forget_what_it_was_told(
    stage: GatewayStage,
) -> None:
    history = stage.execution()
    socket = await stage.watching()
    fan_out = stage.begun(stage.deliver(ended=True))
    await stage.clock.advance(1)
    await stage.deliver()
    await stage.clock.advance(2.5)
    assert not fan_out.done()
    history.main.then("ExecutionSucceeded")
    await stage.clock.advance(1)
    await fan_out
    assert socket.kinds == ["ready", "subscribed", "update", "complete", "closing"]
