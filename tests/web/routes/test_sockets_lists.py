"""Lists over `/v1/ws`: told whole, then what changed, to those who may read."""

import asyncio
from typing import Any

import pytest

from tests.web.conftest import Serving
from tests.web.keys import bearer, configured
from tests.web.served import Served
from tests.web.stories import ended, entered, running, succeeded


def ids(message: dict[str, Any]) -> list[str]:
    return [each["execution"] for each in message["list"]["executions"]]


async def test_a_list_is_told_and_then_what_changed(served: Served) -> None:
    running(served.stub, "one")
    async with served.ready() as socket:
        await socket.say("subscribe", id="l1", list={"state_machine": "order"})
        subscribed = await socket.hear()
        assert (subscribed["type"], subscribed["id"], ids(subscribed)) == (
            "subscribed",
            "l1",
            ["order:one"],
        )
        assert subscribed["list"]["counts"]["by_status"]["RUNNING"] == 1
        started = await served.post("/v1/state-machines/order/executions", {"name": "two"})
        assert started.status == 202
        update = await socket.hear()
        assert (update["type"], update["id"], ids(update)) == ("update", "l1", ["order:two"])
        assert update["list"]["counts"]["total"] == 2


async def test_an_execution_watched_on_the_same_socket_moves_in_the_list(served: Served) -> None:
    arn = running(served.stub, "one")
    async with served.ready() as socket:
        await socket.say("subscribe", id="s1", execution="order:one", level="status")
        await socket.hear("subscribed")
        await socket.say("subscribe", id="l1", list={"status": "RUNNING"})
        assert ids(await socket.hear("subscribed")) == ["order:one"]
        served.stub.append(arn, entered("Charge"), succeeded({}))
        heard = await socket.hear_until(lambda message: message["id"] == "l1")
        assert heard[-1]["list"]["removed"] == ["order:one"]


async def test_who_unsubscribed_hears_no_more_and_may_take_the_id_again(served: Served) -> None:
    ended(served.stub)
    async with served.ready() as socket:
        for _ in range(2):
            await socket.say("subscribe", id="l1", list={})
            assert (await socket.hear())["type"] == "subscribed"
            await socket.say("unsubscribe", id="l1")
            assert (await socket.hear())["type"] == "unsubscribed"
        await asyncio.sleep(0)
        assert not served.services.live_lists.tasks


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"state_machine": "nothing"}, "state_machine_not_found"),
        ({"state_machine": "price"}, "unsupported_by_type"),
    ],
)
async def test_what_can_t_be_listed_is_an_error_and_the_socket_stays(
    served: Served, wanted: dict[str, Any], code: str
) -> None:
    async with served.ready() as socket:
        await socket.say("subscribe", id="l1", list=wanted)
        error = await socket.hear()
        assert (error["type"], error["id"], error["code"]) == ("error", "l1", code)
        await socket.say("subscribe", id="l1", list={})
        assert (await socket.hear())["type"] == "subscribed"


@pytest.mark.parametrize("wanted", [{"Status": "FAILED"}, {"status": "failed"}, {"limit": 0}, 7])
async def test_a_list_asked_for_wrongly_closes_the_socket_with_the_reason(
    served: Served, wanted: object
) -> None:
    async with served.ready() as socket:
        await socket.say("subscribe", id="l1", list=wanted)
        assert await socket.closed() == 4400
        assert "list" in (socket.raw.close_reason or "")


async def test_a_principal_is_told_of_what_it_may_read(serve: Serving) -> None:
    async with serve(**configured()) as served:
        served.stub.add_machine("refund")
        served.stub.add_execution("order", "one")
        served.stub.add_execution("refund", "one")
        async with served.ready(additional_headers=bearer("here")) as socket:
            await socket.say("subscribe", id="all", list={})
            subscribed = await socket.hear()
            assert ids(subscribed) == ["order:one"]
            machines = subscribed["list"]["state_machines"]
            assert [each["state_machine"] for each in machines] == ["order"]
            await socket.say("subscribe", id="l2", list={"state_machine": ["order", "refund"]})
            assert (await socket.hear())["code"] == "state_machine_not_found"


async def test_a_socket_that_is_gone_follows_nothing(served: Served) -> None:
    async with served.ready() as socket:
        await socket.say("subscribe", id="l1", list={})
        await socket.hear()
    tasks = served.services.live_lists.tasks
    if tasks:
        await asyncio.wait(tasks, timeout=5)
    assert not served.services.live_lists.tasks
