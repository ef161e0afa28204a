"""Past so many requests at once the rest is refused cheaply; who only waits isn't counted."""

import asyncio

import pytest

from handrail.core.errors import Overloaded
from handrail.web.quart_patches.shedding import Shedder
from tests.web.conftest import Serving
from tests.web.routes.test_health import samples
from tests.web.served import DEADLINE_S, Served
from tests.web.stories import running, started

MACHINES = "/v1/state-machines"
ONE = "/v1/executions/order:one"
STARTS = "/v1/state-machines/order/executions"


def test_as_many_slots_are_given_as_there_are() -> None:
    shedder = Shedder(max_active=2, max_waiting=9)
    first, second = shedder.enter(), shedder.enter()
    assert shedder.enter() is None
    assert first is not None
    assert second is not None
    with first:
        pass
    assert shedder.enter() is not None


def test_who_waits_holds_no_slot_and_goes_on_whatever_the_load() -> None:
    shedder = Shedder(max_active=1, max_waiting=1)
    first = shedder.enter()
    assert first is not None
    with first:
        first.wait()
        first.wait()
        assert (shedder.active, shedder.waiting) == (0, 1)
        second = shedder.enter()
        assert second is not None
        with second:
            with pytest.raises(Overloaded):
                second.wait()
            first.work()
            assert (shedder.active, shedder.waiting) == (2, 0)
            assert shedder.enter() is None
    assert (shedder.active, shedder.waiting) == (0, 0)


def test_a_slot_left_while_waiting_is_free() -> None:
    shedder = Shedder(max_active=1, max_waiting=1)
    slot = shedder.enter()
    assert slot is not None
    with slot:
        slot.wait()
    assert (shedder.active, shedder.waiting) == (0, 0)


async def test_past_the_limit_a_request_is_a_503_and_costs_aws_nothing(serve: Serving) -> None:
    async with serve(max_concurrent_requests=1) as served:
        served.stub.hang_next("ListStateMachines")
        first = asyncio.create_task(served.get(MACHINES))
        await served.stub.called("ListStateMachines")
        for answer in (
            await served.get(MACHINES, headers={"X-Request-Id": "mine"}),
            await served.post(STARTS, {"input": "x" * 200_000}, headers={"X-Request-Id": "mine"}),
        ):
            assert (answer.status, answer.body["code"]) == (503, "overloaded")
            assert answer.body["retryable"] is True
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.headers["x-request-id"] == answer.body["request_id"] == "mine"
        assert served.stub.calls["ListStateMachines"] == 1
        for path in ("/healthz", "/metrics"):
            assert (await served.get(path)).status == 200
        assert await samples(served, "handrail_http_requests_shed") == {(): 2}
        assert await samples(served, "handrail_http_requests_active") == {(): 1}
        served.stub.release()
        assert (await first).status == 200
        assert (await served.get(MACHINES)).status == 200
        assert await samples(served, "handrail_http_requests_active") == {(): 0}


async def test_long_polls_and_streams_leave_the_slots_to_others(serve: Serving) -> None:
    async with serve(max_concurrent_requests=1) as served:
        arn = running(served.stub)
        polls = []
        for count in range(1, 4):
            polls.append(asyncio.create_task(_second_event(served)))
            await _waiting(served, count)
        async with served.http.get(f"{ONE}/stream") as stream:
            await stream.content.readline()
            await _waiting(served, 4)
            waits = asyncio.create_task(served.post(f"{STARTS}?wait=20", {"name": "two"}))
            await _waiting(served, 5)
            assert (await served.get(MACHINES)).status == 200
            served.stub.append(arn, started())
            assert [await poll for poll in polls] == [2, 2, 2]
            two = next(each for each in served.stub.account.runs if each.endswith(":two"))
            served.stub.append(two, started(), {"type": "ExecutionSucceeded"})
            assert (await waits).status == 202
        await _waiting(served, 0)


async def test_a_synchronous_execution_leaves_its_slot_to_others(serve: Serving) -> None:
    async with serve(max_concurrent_requests=1) as served:
        served.stub.hang_next("StartSyncExecution")
        path = "/v1/state-machines/price/sync-executions"
        sync = asyncio.create_task(served.post(path, {}))
        await served.stub.called("StartSyncExecution")
        assert (await served.get(MACHINES)).status == 200
        served.stub.release()
        assert (await sync).status == 200


async def _second_event(served: Served) -> int:
    """The id of the event that a long-poll after the first one answers."""
    first = await served.get(f"{ONE}/events?limit=1")
    cursor = first.body["cursor"]
    second = await served.get(f"{ONE}/events?wait=20&after={cursor}")
    return int(second.body["events"][0]["id"])


async def _waiting(served: Served, count: int) -> None:
    """Until so many requests only wait."""
    async with asyncio.timeout(DEADLINE_S):
        while await samples(served, "handrail_http_requests_waiting") != {(): count}:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
