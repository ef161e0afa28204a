"""The WebSocket protocol, on Hypercorn with our own frames and on a server without them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.stubs.stepfunctions import event
from tests.web.conftest import Serving
from tests.web.served import SERVERS, Message, Served, eventually
from tests.web.stories import (
    WITH_APPROVAL,
    ended,
    entered,
    failed,
    ran,
    running,
    succeeded,
    waiting,
)

ONE = "/v1/executions/order:one/ws"


@pytest.fixture(params=SERVERS.values(), ids=list(SERVERS))
async def served(request: pytest.FixtureRequest, serve: Serving) -> AsyncIterator[Served]:
    async with serve(server=request.param, ws_max_subscriptions=5) as served:
        yield served


def is_complete(message: Message) -> bool:
    return bool(message["type"] == "complete")


async def test_ready_tells_session_heartbeat_and_limits(served: Served) -> None:
    async with served.socket() as many, served.socket(ONE) as one:
        ready, other = await many.hear(), await one.hear()
    assert set(ready) == {"type", "session", "heartbeat", "max_subscriptions", "now"}
    assert (ready["type"], ready["heartbeat"], ready["max_subscriptions"]) == ("ready", 25, 5)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(ready["now"])) < timedelta(hours=1)
    assert other["max_subscriptions"] == 1
    assert ready["session"] != other["session"]


async def test_the_subprotocol_is_taken_where_it_is_offered(served: Served) -> None:
    async with served.ready(subprotocols=["other", "handrail.v1"]) as socket:
        assert socket.raw.subprotocol == "handrail.v1"
    async with served.ready(subprotocols=["other"]) as socket:
        assert socket.raw.subprotocol is None


async def test_one_execution_is_told_from_snapshot_to_complete(served: Served) -> None:
    arn = running(served.stub)
    async with served.ready(ONE) as socket:
        subscribed = await socket.hear()
        assert (subscribed["type"], subscribed["id"]) == ("subscribed", "0")
        assert subscribed["recovered"] is False
        assert subscribed["snapshot"]["status"] == "RUNNING"
        assert subscribed["cursor"] == subscribed["snapshot"]["cursor"]
        served.stub.append(arn, entered("Charge"))
        update = await socket.hear()
        assert set(update) == {"type", "id", "cursor", "execution", "states", "tasks"}
        assert [(s["state"], s["status"]) for s in update["states"]] == [("Charge", "RUNNING")]
        served.stub.append(arn, *ran("Charge")[1:], succeeded({"paid": True}))
        heard = await socket.hear_until(is_complete)
        assert heard[-1]["output"] == {"paid": True}
        assert (heard[-1]["status"], heard[-1]["error"]) == ("SUCCEEDED", None)
        assert heard[-2]["execution"]["status"] == "SUCCEEDED"
        assert await socket.closed() == 1000


async def test_an_ended_execution_is_complete_at_once(served: Served) -> None:
    ended(served.stub)
    async with served.ready(ONE) as socket:
        assert [(await socket.hear())["type"] for _ in range(2)] == ["subscribed", "complete"]
        assert await socket.closed() == 1000


async def test_many_executions_share_a_socket(served: Served) -> None:
    arns = [running(served.stub, name) for name in ("one", "two")]
    async with served.ready() as socket:
        for id, name in (("a", "one"), ("b", "two")):
            await socket.say("subscribe", id=id, execution=f"order:{name}")
            assert (await socket.hear("subscribed"))["id"] == id
        served.stub.append(arns[1], entered("Charge"))
        assert (await socket.hear("update"))["id"] == "b"
        served.stub.append(arns[0], succeeded())
        assert (await socket.hear("complete"))["id"] == "a"


async def test_two_subscriptions_to_one_execution_hear_the_same(served: Served) -> None:
    arn = running(served.stub)
    async with served.ready() as socket:
        for id in ("a", "b"):
            await socket.say("subscribe", id=id, execution="order:one")
            await socket.hear("subscribed")
        served.stub.append(arn, entered("Charge"))
        first, second = await socket.hear("update"), await socket.hear("update")
        assert {first.pop("id"), second.pop("id")} == {"a", "b"}
        assert first == second


async def test_an_unsubscribed_execution_is_heard_no_more(served: Served) -> None:
    arn = running(served.stub)
    async with served.ready() as socket:
        await socket.say("subscribe", id="a", execution="order:one")
        await socket.hear("subscribed")
        await socket.say("unsubscribe", id="a")
        assert await socket.hear() == {"type": "unsubscribed", "id": "a"}
        await eventually(lambda: served.services.hub.watchers == 0)
        served.stub.append(arn, entered("Charge"))
        await socket.say("ping")
        assert await socket.hear() == {"type": "pong"}


async def test_an_id_is_free_again_after_unsubscribing(served: Served) -> None:
    running(served.stub)
    async with served.ready() as socket:
        for _ in range(3):
            await socket.say("subscribe", id="a", execution="order:one")
            assert (await socket.hear())["type"] == "subscribed"
            await socket.say("unsubscribe", id="a")
            assert (await socket.hear())["type"] == "unsubscribed"


@pytest.mark.parametrize(
    ("level", "keys"),
    [("status", set()), ("states", {"states", "tasks"}), ("events", {"states", "tasks", "events"})],
)
async def test_each_level_tells_its_own(served: Served, level: str, keys: set[str]) -> None:
    arn = running(served.stub)
    async with served.ready(f"{ONE}?level={level}") as socket:
        await socket.hear("subscribed")
        served.stub.append(arn, entered("Charge"), failed())
        heard = await socket.hear_until(is_complete)
        updates = heard[:-1]
        assert updates
        for update in updates:
            assert set(update) == {"type", "id", "cursor", "execution"} | keys
        if level == "events":
            assert [e["id"] for update in updates for e in update["events"]] == [2, 3]


async def test_at_level_status_the_states_are_not_news(served: Served) -> None:
    arn = running(served.stub)
    async with served.ready(f"{ONE}?level=status") as socket:
        cursor = (await socket.hear("subscribed"))["cursor"]
        served.stub.append(arn, *ran("Charge"))
        path = "/v1/executions/order:one/events"
        assert (await served.get(path, params={"after": cursor, "wait": 5})).body["events"]
        served.stub.append(arn, succeeded())
        assert (await socket.hear())["execution"]["status"] == "SUCCEEDED"


async def test_a_pending_task_is_told_without_its_token(served: Served) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    arn = running(served.stub)
    async with served.ready(f"{ONE}?level=events") as socket:
        await socket.hear("subscribed")
        served.stub.append(arn, *waiting(token="A" * 80))
        update = await socket.hear("update")
        while not update["tasks"]:
            update = await socket.hear("update")
        assert update["tasks"][0]["links"]["success"].endswith("/tasks/3/success")
        assert "A" * 80 not in str(update)


async def test_a_client_resumes_where_it_was_cut(served: Served) -> None:
    arn = running(served.stub)
    async with served.ready(ONE) as socket:
        cursor = (await socket.hear("subscribed"))["cursor"]
    served.stub.append(arn, *ran("Charge"), entered("Ship"))
    async with served.ready(f"{ONE}?after={cursor}&level=events") as socket:
        subscribed = await socket.hear()
        assert (subscribed["recovered"], subscribed["cursor"]) == (True, cursor)
        update = await socket.hear()
        assert {state["state"] for state in update["states"]} == {"Charge", "Ship"}
        assert [event["id"] for event in update["events"]] == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("cursor", ["1:1", "x", "1:2:3", "99999999999999:1", "x" * 128])
async def test_an_unknown_cursor_means_start_over(served: Served, cursor: str) -> None:
    running(served.stub)
    async with served.ready() as socket:
        await socket.say("subscribe", id="a", execution="order:one", after=cursor)
        subscribed = await socket.hear()
        assert (subscribed["type"], subscribed["recovered"]) == ("subscribed", False)


async def test_an_unknown_execution_is_an_error_and_the_socket_stays(served: Served) -> None:
    running(served.stub)
    async with served.ready() as socket:
        for execution in ("order:nothing", "nonsense"):
            await socket.say("subscribe", id="a", execution=execution)
            error = await socket.hear()
            assert (error["type"], error["id"]) == ("error", "a")
            assert (error["code"], error["retryable"]) == ("execution_not_found", False)
        await socket.say("subscribe", id="a", execution="order:one")
        assert (await socket.hear())["type"] == "subscribed"


async def test_a_socket_for_an_unknown_execution_closes_with_4404(served: Served) -> None:
    for id in ("order:nothing", "nonsense"):
        async with served.ready(f"/v1/executions/{id}/ws") as socket:
            assert (await socket.hear())["code"] == "execution_not_found"
            assert await socket.closed() == 4404


async def test_an_express_execution_can_t_be_watched(served: Served) -> None:
    async with served.ready("/v1/executions/price:one:uuid/ws") as socket:
        assert (await socket.hear())["code"] == "unsupported_by_type"
        assert await socket.closed() == 4400


async def test_a_redrive_is_an_update_after_complete(served: Served) -> None:
    arn = running(served.stub)
    served.stub.append(arn, entered("Charge"), failed())
    async with served.ready() as socket:
        await socket.say("subscribe", id="a", execution="order:one")
        assert (await socket.hear("complete"))["status"] == "FAILED"
        await served.post("/v1/executions/order:one/redrive")
        update = await socket.hear("update")
        assert (
            update["execution"] | {"status": "RUNNING", "redrive_count": 1} == update["execution"]
        )
        served.stub.append(arn, entered("Charge"), succeeded())
        assert (await socket.hear("complete"))["status"] == "SUCCEEDED"


async def test_a_throttle_is_told_and_the_subscription_goes_on(served: Served) -> None:
    running(served.stub)
    served.stub.fail_next("GetExecutionHistory", code="ThrottlingException", times=2)
    async with served.ready(ONE) as socket:
        error = await socket.hear()
        assert (error["type"], error["code"], error["retryable"]) == ("error", "throttled", True)
        assert (await socket.hear())["type"] == "subscribed"


async def test_payloads_that_are_no_unicode_end_no_socket(served: Served) -> None:
    arn = running(served.stub)
    async with served.ready(ONE) as socket:
        await socket.hear("subscribed")
        served.stub.append(
            arn, event("ExecutionFailed", details={"error": "E", "cause": "half a \ud83d"})
        )
        assert (await socket.hear("complete"))["error"] == "E"
    assert (await served.get("/v1/executions/order:one")).body["status"] == "FAILED"
