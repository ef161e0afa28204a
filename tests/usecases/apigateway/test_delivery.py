"""One subscriber's trouble is nobody else's; what was left undone is done later."""

import asyncio
import json

import pytest

from handrail.core.apigateway import Nudge
from handrail.core.errors import ConnectionGone, PayloadTooLarge, Throttled, Unavailable
from handrail.usecases.apigateway.limits import GatewayLimits
from handrail.usecases.lag import YOUNG_S
from tests.core.histories import History
from tests.fakes import run_until_idle

from .stage import ID, GatewayStage, cursor, holds, key, whole


async def watched(stage: GatewayStage, lookers: int) -> History:
    """A changed execution with so many sockets for it, named c0, c1 … and told before."""
    history = stage.execution()
    for number in range(lookers):
        await stage.watching(f"c{number}")
    history.main.enter("Task", "Charge")
    return history


def updated(stage: GatewayStage, lookers: int) -> int:
    """How many were told of the change."""
    return sum("update" in stage.socket(f"c{number}").kinds for number in range(lookers))


async def test_one_that_is_gone_among_a_hundred_is_forgotten() -> None:
    stage = GatewayStage(page=30)
    await watched(stage, 100)
    stage.posts.gone.add("c42")
    await stage.deliver()
    assert updated(stage, 100) == 99
    assert len(stage.connections.open_now) == 99
    assert ("c42", "0") not in stage.connections.kept
    assert stage.posts.most_at_once == 30
    await stage.close()


async def test_no_more_than_so_many_are_posted_to_at_once() -> None:
    stage = GatewayStage(limits=GatewayLimits(posts_at_once=7))
    await watched(stage, 40)
    stage.posts.most_at_once = 0
    await stage.deliver()
    assert updated(stage, 40) == 40
    assert stage.posts.most_at_once == 7
    await stage.close()


@pytest.mark.parametrize("trouble", [Unavailable("gone"), ZeroDivisionError()])
async def test_one_that_cant_be_told_now_is_told_soon(
    stage: GatewayStage, trouble: Exception
) -> None:
    await watched(stage, 3)
    stage.posts.troubles["c1"] = [trouble]
    await stage.deliver()
    assert updated(stage, 3) == 2
    assert stage.watches.watches[ID].due_at == stage.in_s(5)
    assert (stage.nudges.nudged, stage.nudges.delays) == ([Nudge(ID, again=1)], [5])
    await stage.clock.advance(5)
    await stage.tick()
    assert updated(stage, 3) == 3


async def test_however_long_the_trouble_a_nudge_is_followed_by_three_more(
    stage: GatewayStage,
) -> None:
    await watched(stage, 1)
    stage.posts.troubles["c0"] = [Unavailable("gone")] * 99
    waiting = [Nudge(ID, 2, ended=False)]
    while waiting:
        await stage.sockets.fan_out.deliver(waiting.pop(), deadline=stage.deadline)
        waiting += stage.nudges.nudged
        stage.nudges.nudged.clear()
    assert stage.nudges.delays == [5, 15, 45]
    await stage.clock.advance(60)
    await stage.tick()
    assert len(stage.posts.troubles["c0"]) == 99 - 5
    assert stage.nudges.delays == [5, 15, 45]


async def test_where_the_queue_is_gone_too_the_next_tick_tells(stage: GatewayStage) -> None:
    await watched(stage, 1)
    stage.posts.troubles["c0"] = [Unavailable("gone")]
    stage.nudges.fail("send", Unavailable("gone"))
    await stage.deliver()
    await stage.clock.advance(5)
    await stage.tick()
    assert updated(stage, 1) == 1


async def test_a_throttled_post_is_repeated(stage: GatewayStage) -> None:
    history = await watched(stage, 2)
    stage.posts.troubles["c0"] = [Throttled("slow down")] * 3
    fan_out = stage.begun(stage.deliver())
    await stage.clock.advance(3)
    await fan_out
    assert updated(stage, 2) == 2
    assert holds(stage.socket("c0")) == whole(history.events)
    assert stage.watches.watches[ID].due_at > stage.in_s(5)


async def test_a_post_throttled_for_long_leaves_the_cursor_where_it_was(
    stage: GatewayStage,
) -> None:
    history = await watched(stage, 2)
    stage.posts.troubles["c0"] = [Throttled("slow down")] * 4
    fan_out = stage.begun(stage.deliver())
    await stage.clock.advance(3)
    await fan_out
    assert updated(stage, 2) == 1
    assert stage.connections.kept["c0", "0"].cursor != stage.connections.kept["c1", "0"].cursor
    await stage.clock.advance(5)
    await stage.tick()
    assert stage.socket("c0").kinds == ["ready", "subscribed", "update"]
    assert holds(stage.socket("c0")) == whole(history.events)


async def test_what_was_posted_before_the_trouble_is_noted(stage: GatewayStage) -> None:
    history = await watched(stage, 1)
    history.main.then("ExecutionFailed")
    stage.posts.fine["c0"] = 1
    stage.posts.troubles["c0"] = [Unavailable("gone")]
    await stage.deliver()
    assert stage.socket("c0").kinds == ["ready", "subscribed", "update"]
    kept = stage.connections.kept["c0", "0"]
    assert (str(kept.cursor), kept.completed_at) == (cursor(3), None)
    await stage.deliver()
    assert stage.socket("c0").kinds[2:] == ["update", "complete", "closing"]


async def test_out_of_time_half_way_the_rest_is_told_by_a_nudge_of_its_own() -> None:
    stage = GatewayStage(limits=GatewayLimits(posts_at_once=2))
    history = await watched(stage, 6)
    gate = asyncio.Event()
    for number in (2, 3):
        stage.posts.gates[f"c{number}"] = gate
    fan_out = stage.begun(stage.deliver())
    await run_until_idle()
    assert updated(stage, 6) == 2
    await stage.clock.advance(27.5)
    finds = stage.connections.count("find")
    gate.set()
    await fan_out
    assert updated(stage, 6) == 4
    assert stage.connections.count("find") == finds
    assert stage.nudges.nudged == [Nudge(ID)]
    assert stage.watches.watches[ID].owner is None
    await stage.deliver()
    assert updated(stage, 6) == 6
    for number in range(6):
        assert stage.socket(f"c{number}").kinds == ["ready", "subscribed", "update"]
        assert holds(stage.socket(f"c{number}")) == whole(history.events)
    await stage.close()


async def test_a_post_that_hangs_is_given_up_before_the_invocation_is(stage: GatewayStage) -> None:
    await watched(stage, 2)
    stage.posts.gates["c0"] = asyncio.Event()
    fan_out = stage.begun(stage.deliver())
    await stage.clock.advance(29)
    await fan_out
    assert updated(stage, 2) == 1
    assert stage.nudges.nudged == [Nudge(ID)]
    assert stage.watches.watches[ID].owner is None


async def test_a_read_that_hangs_is_given_up_before_the_invocation_is(stage: GatewayStage) -> None:
    await watched(stage, 1)
    stage.live.histories.hold()
    fan_out = stage.begun(stage.deliver())
    await stage.clock.advance(27.1)
    with pytest.raises(Unavailable):
        await fan_out
    assert stage.watches.watches[ID].owner is None
    stage.live.histories.release()


async def test_who_knows_a_subscription_of_no_connection_forgets_it(stage: GatewayStage) -> None:
    await watched(stage, 2)
    del stage.connections.open_now["c0"]
    await stage.deliver()
    assert list(stage.connections.kept) == [("c1", "0")]


async def test_one_gone_that_cant_be_forgotten_now_is_forgotten_soon(stage: GatewayStage) -> None:
    await watched(stage, 1)
    stage.posts.gone.add("c0")
    stage.connections.fail("close", Throttled("slow down"))
    await stage.deliver()
    assert stage.watches.watches[ID].due_at == stage.in_s(5)
    await stage.deliver()
    assert stage.connections.kept == {}


async def test_an_expired_credential_gets_its_end_instead_of_the_news(
    guarded: GatewayStage,
) -> None:
    history = guarded.execution()
    socket = await guarded.watching(credential=key("reader"))
    await guarded.clock.advance(3600)
    history.main.enter("Task", "Charge")
    await guarded.deliver()
    assert socket.kinds == ["ready", "subscribed", "closing"]
    assert socket.closed_with == 4002
    assert guarded.connections.kept == {}


async def test_a_message_too_large_for_a_post_comes_without_its_content() -> None:
    stage = GatewayStage(limits=GatewayLimits(max_post_bytes=4000), post_bytes=4000)
    history = stage.execution()
    for number in range(40):
        history.main.visit("Pass", f"State number {number}")
    socket = await stage.watching()
    assert socket.kinds == ["ready", "subscribed"]
    reached = cursor(len(history.events))
    links = {"self": f"/v1/executions/{ID}", "events": f"/v1/executions/{ID}/events"}
    assert socket.said[1] == {
        "type": "subscribed",
        "id": "0",
        "recovered": False,
        "cursor": reached,
        "omitted": ["*"],
        "links": links,
    }
    assert str(stage.connections.kept["c1", "0"].cursor) == reached
    history.main.enter("Task", "Charge")
    await stage.deliver()
    assert [state["state"] for state in socket.said[2]["states"]] == ["Charge"]
    assert socket.said[2]["cursor"] == cursor(len(history.events))
    await stage.close()


@pytest.mark.parametrize("spare", [0, -1])
async def test_a_post_takes_messages_up_to_its_last_byte(spare: int) -> None:
    first = GatewayStage()
    first.execution()
    size = len(json.dumps((await first.watching()).said[1], separators=(",", ":")).encode())
    await first.close()
    stage = GatewayStage(limits=GatewayLimits(max_post_bytes=size + spare))
    stage.execution()
    subscribed = (await stage.watching()).said[1]
    assert ("omitted" in subscribed, "snapshot" in subscribed) == (spare < 0, spare == 0)
    await stage.close()


async def test_what_fits_no_post_ends_the_subscription_and_says_so(stage: GatewayStage) -> None:
    await watched(stage, 2)
    stage.posts.troubles["c0"] = [PayloadTooLarge("too large")]
    await stage.deliver()
    assert stage.socket("c0").kinds == ["ready", "subscribed", "error", "closing"]
    assert stage.socket("c0").said[2]["code"] == "payload_too_large"
    assert updated(stage, 2) == 1


async def test_the_subscriptions_of_one_socket_are_told_in_order(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.opened()
    for id in ("a", "b", "c"):
        await stage.says(f'{{"type": "subscribe", "id": "{id}", "execution": "{ID}"}}')
    history.main.enter("Task", "Charge")
    stage.posts.most_at_once = 0
    await stage.deliver()
    assert [m["id"] for m in socket.said if m["type"] == "update"] == ["a", "b", "c"]
    assert stage.posts.most_at_once == 1


async def test_posts_to_one_socket_never_cross(stage: GatewayStage) -> None:
    history = stage.execution()
    for id in ("a", "b", "c"):
        for connection in ("c1", "c2"):
            if id == "a":
                await stage.opened(connection)
            message = f'{{"type": "subscribe", "id": "{id}", "execution": "{ID}"}}'
            await stage.says(message, connection)
    history.main.enter("Task", "Charge")
    stage.posts.most_at_once = 0
    await stage.deliver()
    assert stage.posts.most_at_once == 2
    assert stage.posts.crossed == set()


async def test_one_gone_while_told_of_a_failure_is_forgotten_too(stage: GatewayStage) -> None:
    stage.execution()
    await stage.watching()
    stage.posts.troubles["c1"] = [ConnectionGone("gone")]
    await stage.clock.advance(YOUNG_S + 60)  # its cursor says nothing any more
    stage.live.histories.events.clear()
    fan_out = stage.begun(stage.colder().fan_out.deliver(Nudge(ID), deadline=stage.deadline))
    await stage.clock.advance(5)
    await fan_out
    assert stage.connections.open_now == {}


async def test_one_subscription_ended_leaves_the_next_of_its_socket(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.opened()
    for id in ("a", "b"):
        await stage.says(f'{{"type": "subscribe", "id": "{id}", "execution": "{ID}"}}')
    await stage.clock.advance(60)
    history.main.enter("Task", "Charge")
    stage.posts.troubles["c1"] = [PayloadTooLarge("too large")]
    await stage.deliver()
    told = [(message["type"], message["id"]) for message in socket.said[3:]]
    assert told == [("error", "a"), ("update", "b")]
    assert list(stage.connections.kept) == [("c1", "b")]
    assert ID in stage.watches.watches


async def test_each_subscription_to_what_doesnt_exist_is_told_so(stage: GatewayStage) -> None:
    stage.execution()
    socket = await stage.opened()
    for id in ("a", "b"):
        await stage.says(f'{{"type": "subscribe", "id": "{id}", "execution": "{ID}"}}')
    await stage.clock.advance(YOUNG_S + 60)  # its cursor says nothing any more
    stage.live.histories.events.clear()
    fan_out = stage.begun(stage.colder().fan_out.deliver(Nudge(ID), deadline=stage.deadline))
    await stage.clock.advance(5)
    await fan_out
    assert [message["id"] for message in socket.said if message["type"] == "error"] == ["a", "b"]
    assert stage.connections.kept == {}
