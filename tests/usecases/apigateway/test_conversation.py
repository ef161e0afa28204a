"""What a client says to a socket that no process holds, and what it is answered."""

import asyncio
import json
from typing import Any

import pytest

from handrail.core.apigateway import Nudge, SubscriptionRequest
from handrail.core.errors import (
    ConnectionGone,
    ExecutionNotFound,
    InvalidRequest,
    Throttled,
    Unavailable,
    UnsupportedByType,
)
from handrail.core.models import rfc3339
from handrail.usecases.apigateway.limits import GatewayLimits

from .stage import ID, GatewayStage, arn_of, cursor, holds, whole


def subscribe(execution: str = ID, id: str = "s1", **rest: Any) -> str:
    return json.dumps({"type": "subscribe", "id": id, "execution": execution, **rest})


async def test_nothing_is_posted_while_a_socket_is_being_opened(stage: GatewayStage) -> None:
    await stage.connect()
    assert stage.posts.calls == []
    assert stage.nudges.to_greet == [("c1", 0)]


async def test_a_greeted_socket_is_ready(stage: GatewayStage) -> None:
    socket = await stage.opened()
    assert socket.said == [
        {
            "type": "ready",
            "session": "c1",
            "heartbeat": 240.0,
            "max_subscriptions": 100,
            "now": rfc3339(stage.clock.now()),
        }
    ]
    await stage.greet()
    assert socket.kinds == ["ready"]


async def test_a_message_that_comes_before_the_greeting_greets(stage: GatewayStage) -> None:
    await stage.connect()
    await stage.says('{"type": "ping"}')
    await stage.greet()
    assert stage.socket().kinds == ["ready", "pong"]


async def test_a_greeting_faster_than_the_handshake_is_tried_again(stage: GatewayStage) -> None:
    await stage.connect()
    stage.posts.gone.add("c1")
    await stage.greet()
    assert stage.nudges.to_greet == [("c1", 0), ("c1", 1)]
    stage.posts.gone.clear()
    await stage.greet()
    assert stage.socket().kinds == ["ready"]


async def test_who_is_still_gone_some_time_after_the_handshake_is_forgotten(
    stage: GatewayStage,
) -> None:
    await stage.connect()
    stage.posts.gone.add("c1")
    await stage.clock.advance(10)
    await stage.greet()
    assert stage.connections.open_now == {}
    assert len(stage.nudges.to_greet) == 1


async def test_a_socket_for_one_execution_is_told_without_asking(stage: GatewayStage) -> None:
    history = stage.execution()
    history.main.task("Charge")
    socket = await stage.watching()
    assert socket.kinds == ["ready", "subscribed"]
    assert socket.said[0]["max_subscriptions"] == 1
    assert socket.said[1]["id"] == "0"
    assert holds(socket) == whole(history.events)


async def test_a_socket_for_one_execution_resumes_from_a_cursor(stage: GatewayStage) -> None:
    history = stage.execution()
    history.main.task("Charge").enter("Task", "Ship")
    socket = await stage.watching(after=cursor(3))
    assert socket.kinds == ["ready", "subscribed", "update"]
    assert socket.said[1]["recovered"] is True
    assert socket.said[1]["cursor"] == cursor(3)


async def test_a_greeting_cut_off_before_it_subscribed_is_done_again(stage: GatewayStage) -> None:
    stage.execution()
    await stage.connect(execution=ID)
    stage.connections.fail("subscribe", Unavailable("gone"))
    with pytest.raises(Unavailable):
        await stage.greet()
    await stage.greet()
    assert stage.socket().kinds == ["ready", "ready", "subscribed"]


async def test_a_greeting_cut_off_before_it_was_noted_subscribes_once(stage: GatewayStage) -> None:
    stage.execution()
    await stage.connect(execution=ID)
    stage.connections.fail("greeted", Unavailable("gone"))
    with pytest.raises(Unavailable):
        await stage.greet()
    await stage.greet()
    assert stage.socket().kinds == ["ready", "ready", "subscribed"]
    assert len(stage.connections.kept) == 1


async def test_many_subscriptions_are_told_over_one_socket(stage: GatewayStage) -> None:
    stage.execution("orders:one")
    stage.execution("orders:two")
    socket = await stage.opened()
    await stage.says(subscribe("orders:one", "a"))
    await stage.says(subscribe(arn_of("orders:two"), "b", level="status"))
    assert [(m["type"], m["id"]) for m in socket.said[1:]] == [
        ("subscribed", "a"),
        ("subscribed", "b"),
    ]
    assert stage.connections.kept["c1", "b"].request == SubscriptionRequest(
        "b", "orders:two", "status"
    )


async def test_who_unsubscribed_is_told_so_and_no_more(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.opened()
    await stage.says(subscribe())
    await stage.says('{"type": "unsubscribe", "id": "s1"}')
    history.main.enter("Task", "Charge")
    await stage.deliver()
    assert socket.kinds == ["ready", "subscribed", "unsubscribed"]
    await stage.says('{"type": "unsubscribe", "id": "never"}')
    assert socket.said[-1] == {"type": "unsubscribed", "id": "never"}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("", 4400),
        ("hello", 4400),
        ('{"type": "dance"}', 4400),
        ('{"type": "subscribe", "id": ""}', 4400),
        (b'{"type": "ping"}', 4400),
        ('{"type": "ping", "pad": "%s"}' % ("é" * 9000), 1009),
    ],
)
async def test_a_bad_message_ends_the_socket(
    stage: GatewayStage, said: str | bytes, code: int
) -> None:
    socket = await stage.opened()
    await stage.says(said)
    assert socket.closed_with == code
    assert socket.said[-1]["reason"]
    assert stage.connections.open_now == {}


async def test_a_second_subscription_of_an_id_ends_the_socket(stage: GatewayStage) -> None:
    stage.execution()
    socket = await stage.opened()
    await stage.says(subscribe())
    await stage.says(subscribe())
    assert socket.closed_with == 4409


async def test_too_many_subscriptions_end_the_socket() -> None:
    stage = GatewayStage(limits=GatewayLimits(max_subscriptions=2))
    stage.execution()
    socket = await stage.opened()
    for id in ("a", "b", "c"):
        await stage.says(subscribe(id=id))
    assert socket.closed_with == 4429
    assert stage.connections.kept == {}
    await stage.close()


async def test_a_socket_for_one_execution_takes_no_other(stage: GatewayStage) -> None:
    stage.execution()
    socket = await stage.watching()
    await stage.says(subscribe(id="other"))
    assert socket.closed_with == 4400


@pytest.mark.parametrize(
    ("execution", "code"),
    [
        ("nothing", "execution_not_found"),
        ("orders:one:run", "unsupported_by_type"),
        (arn_of(ID).replace("123456789012", "999999999999"), "execution_not_found"),
    ],
)
async def test_what_cant_be_watched_is_refused_and_the_socket_goes_on(
    stage: GatewayStage, execution: str, code: str
) -> None:
    stage.execution()
    socket = await stage.opened()
    await stage.says(subscribe(execution))
    await stage.says('{"type": "ping"}')
    assert socket.kinds == ["ready", "error", "pong"]
    assert (socket.said[1]["id"], socket.said[1]["code"]) == ("s1", code)


async def test_a_subscription_that_cant_be_kept_now_is_refused_as_retryable(
    stage: GatewayStage,
) -> None:
    stage.execution()
    socket = await stage.opened()
    stage.connections.fail("subscribe", Throttled("slow down"))
    await stage.says(subscribe())
    assert socket.said[-1]["code"] == "throttled"
    assert socket.said[-1]["retryable"] is True
    await stage.says(subscribe())
    assert socket.kinds == ["ready", "error", "subscribed"]


async def test_what_cant_be_read_now_is_told_by_an_invocation_of_its_own(
    stage: GatewayStage,
) -> None:
    stage.execution()
    socket = await stage.opened()
    stage.live.histories.fail("read_page", Unavailable("gone"))
    await stage.says(subscribe())
    assert socket.kinds == ["ready"]
    assert stage.nudges.nudged == [Nudge(ID)]
    await stage.deliver()
    assert socket.kinds == ["ready", "subscribed"]


@pytest.mark.parametrize(
    ("handshake", "error"),
    [
        ({"execution": "nothing"}, ExecutionNotFound),
        ({"execution": "orders:one:run"}, UnsupportedByType),
        ({"execution": ID, "level": "all"}, InvalidRequest),
    ],
)
async def test_a_handshake_for_what_cant_be_watched_is_refused(
    stage: GatewayStage, handshake: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await stage.connect(**handshake)
    assert stage.connections.open_now == {}
    assert stage.nudges.to_greet == []


async def test_an_execution_that_isnt_there_ends_its_only_socket(stage: GatewayStage) -> None:
    await stage.connect(execution="orders:none")
    greeting = stage.begun(stage.greet())
    await stage.clock.advance(5)
    await greeting
    socket = stage.socket()
    assert socket.kinds == ["ready", "error", "closing"]
    assert socket.said[1]["code"] == "execution_not_found"
    assert socket.closed_with == 4404


async def test_a_message_on_a_socket_nothing_is_known_of_cuts_it(stage: GatewayStage) -> None:
    await stage.says('{"type": "ping"}')
    assert stage.socket().cut
    assert stage.socket().said == []


async def test_a_client_that_went_while_it_was_answered_is_forgotten(stage: GatewayStage) -> None:
    await stage.opened()
    stage.posts.troubles["c1"] = [ConnectionGone("gone")]
    await stage.says('{"type": "ping"}')
    assert stage.connections.open_now == {}


async def test_a_closed_socket_is_forgotten_with_its_subscriptions(stage: GatewayStage) -> None:
    stage.execution()
    await stage.watching()
    await stage.sockets.conversation.disconnect("c1")
    await stage.sockets.conversation.disconnect("c1")
    assert stage.connections.open_now == {}
    assert stage.connections.kept == {}


@pytest.mark.parametrize("asked", [subscribe(), "shout"])
async def test_what_cant_be_answered_at_all_ends_the_socket_for_now(
    stage: GatewayStage, asked: str
) -> None:
    socket = await stage.opened()
    stage.connections.fail("spend", Unavailable("gone"))
    with pytest.raises(Unavailable):
        await stage.says(asked)
    assert socket.closed_with == 1013


async def test_where_not_even_that_can_be_said_it_is_cut(stage: GatewayStage) -> None:
    socket = await stage.opened()
    stage.connections.fail("spend", Unavailable("gone"))
    stage.posts.troubles["c1"] = [Throttled("slow down")]
    with pytest.raises(Unavailable):
        await stage.says(subscribe())
    assert socket.cut


async def test_a_ping_that_cant_be_answered_ends_nothing(stage: GatewayStage) -> None:
    socket = await stage.opened()
    stage.connections.fail("spend", Unavailable("gone"))
    with pytest.raises(Unavailable):
        await stage.says('{"type": "ping"}')
    assert not socket.cut
    await stage.says('{"type": "ping"}')
    assert socket.kinds == ["ready", "pong"]


async def test_an_id_longer_than_any_is_unknown(stage: GatewayStage) -> None:
    socket = await stage.opened()
    await stage.says(subscribe(execution=f"orders:{'x' * 600}"))
    assert socket.said[-1]["code"] == "execution_not_found"
    assert stage.watches.watches == {}


async def pings(stage: GatewayStage, count: int) -> None:
    for _ in range(count):
        await stage.says('{"type": "ping"}')


async def test_too_many_messages_end_the_socket_whoever_takes_them() -> None:
    stage = GatewayStage(limits=GatewayLimits(max_messages_per_s=2))
    socket = await stage.opened()
    await pings(stage, 5)
    stage.sockets = stage.colder()
    await pings(stage, 3)
    assert socket.kinds == ["ready", *["pong"] * 8]
    await stage.clock.advance(0.5)
    await pings(stage, 2)
    assert socket.closed_with == 4429
    assert stage.connections.open_now == {}
    await stage.close()


async def test_messages_taken_at_once_are_all_counted() -> None:
    stage = GatewayStage(limits=GatewayLimits(max_messages_per_s=2))
    socket = await stage.opened()
    await pings(stage, 1)
    stage.connections.hold()
    at_once = [stage.begun(pings(stage, 1)) for _ in range(7)]
    await stage.clock.advance(0)
    stage.connections.release()
    await asyncio.gather(*at_once)
    assert socket.kinds.count("pong") == 8
    await pings(stage, 1)
    assert socket.closed_with == 4429
    await stage.close()


async def test_who_speaks_seldom_is_never_cut_off() -> None:
    stage = GatewayStage(limits=GatewayLimits(max_messages_per_s=2))
    socket = await stage.opened()
    for _ in range(30):
        await stage.clock.advance(0.5)
        await pings(stage, 1)
    assert socket.closed_with is None
    await stage.close()


async def test_a_list_is_refused_in_words_and_the_socket_goes_on(stage: GatewayStage) -> None:
    socket = await stage.opened()
    for _ in range(2):
        await stage.says(json.dumps({"type": "subscribe", "id": "l1", "list": {}}))
        refusal = socket.said[-1]
        assert (refusal["type"], refusal["id"]) == ("error", "l1")
        assert (refusal["code"], refusal["retryable"]) == ("lists_unavailable", False)
        assert "GET /v1/executions" in refusal["detail"]
    await stage.says('{"type": "ping"}')
    assert socket.kinds[-1] == "pong"
    assert socket.closed_with is None
