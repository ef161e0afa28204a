"""What one caller may take of a replica, where callers say who they are; the others get theirs."""

import asyncio

import pytest

from .conftest import Serving
from .keys import bearer, configured
from .served import eventually
from .stories import running

ONE = "/v1/executions/order:one"
START = "/v1/state-machines/order/executions"
TICKETS = "/v1/ws-tickets"


async def test_a_caller_holds_its_share_of_sockets_and_streams_and_others_theirs(
    serve: Serving,
) -> None:
    async with serve(principal_sockets=2, **configured()) as served:
        running(served.stub)
        mine, theirs = bearer("read"), bearer("all")
        async with (
            served.ready(additional_headers=mine),
            served.ready(f"{ONE}/ws", additional_headers=mine),
        ):
            async with served.socket(additional_headers=mine) as third:
                assert await third.closed() == 1013
            refused = await served.get(f"{ONE}/stream", headers=mine)
            assert (refused.status, refused.body["code"]) == (429, "too_many_sockets")
            assert refused.body["retryable"] is True
            assert int(refused.headers["retry-after"]) >= 1
            async with served.ready(additional_headers=theirs):
                pass
        await eventually(lambda: len(served.services.sockets) == 0)
        async with served.ready(additional_headers=mine):
            pass


async def test_a_stream_gives_its_place_back(serve: Serving) -> None:
    async with serve(principal_sockets=1, **configured()) as served:
        running(served.stub)
        for _ in range(3):
            async with served.http.get(f"{ONE}/stream", headers=bearer("read")) as stream:
                assert stream.status == 200
                await stream.content.readline()
            await eventually(lambda: len(served.services.sockets) == 0)


@pytest.mark.parametrize(
    "path", [START, "/v1/state-machines/price/sync-executions", "/trigger-workflow"]
)
async def test_a_caller_starts_so_many_a_second_and_others_theirs(
    serve: Serving, path: str
) -> None:
    async with serve(principal_starts_per_s=0.01, **configured()) as served:
        served.stub.add_machine("orchestration-dev")
        first, second = [await served.post(path, {}, headers=bearer("all")) for _ in range(2)]
        assert first.status < 300
        assert (second.status, second.body["code"]) == (429, "too_many_starts")
        registry = served.services.metrics.registry
        refused = {"state_machine": "other", "outcome": "refused"}
        assert registry.get_sample_value("handrail_starts_total", refused) == 1
        assert second.body["retryable"] is True
        assert int(second.headers["retry-after"]) >= 1
        assert (await served.post(path, {}, headers=bearer("start"))).status < 300
        started = served.stub.calls["StartExecution"] + served.stub.calls["StartSyncExecution"]
        assert started == 2


async def test_reading_takes_no_start(serve: Serving) -> None:
    async with serve(principal_starts_per_s=0.01, **configured()) as served:
        for _ in range(5):
            assert (await served.get("/v1/state-machines", headers=bearer("all"))).status == 200
        assert (await served.post(START, {}, headers=bearer("all"))).status == 202


async def test_being_refused_takes_no_start(serve: Serving) -> None:
    async with serve(principal_starts_per_s=0.01, **configured()) as served:
        for _ in range(5):
            assert (await served.post(START, {}, headers=bearer("read"))).status == 403
        assert (await served.post(START, {}, headers=bearer("all"))).status == 202


async def test_thousands_of_tickets_by_one_key_leave_the_others_theirs(serve: Serving) -> None:
    async with serve(principal_tickets=20, **configured()) as served:
        asked = [served.post(TICKETS, headers=bearer("read")) for _ in range(200)]
        answers = await asyncio.gather(*asked)
        assert [answer.status for answer in answers].count(201) == 20
        refused = [answer for answer in answers if answer.status != 201]
        assert {(answer.status, answer.body["code"]) for answer in refused} == {
            (429, "too_many_tickets")
        }
        assert all(int(answer.headers["retry-after"]) <= 30 for answer in refused)
        other = await served.post(TICKETS, headers=bearer("all"))
        assert other.status == 201


async def test_a_used_ticket_makes_room_for_the_next(serve: Serving) -> None:
    async with serve(principal_tickets=1, **configured()) as served:
        for _ in range(3):
            ticket = (await served.post(TICKETS, headers=bearer("read"))).body["ticket"]
            async with served.ready(f"/v1/ws?ticket={ticket}"):
                pass


async def test_where_nobody_is_asked_nobody_has_a_share(serve: Serving) -> None:
    async with (
        serve(principal_sockets=1, principal_starts_per_s=0.01, principal_tickets=1) as served,
        served.ready(),
        served.ready(),
    ):
        for _ in range(3):
            assert (await served.post(TICKETS)).status == 201
            assert (await served.post(START, {})).status == 202
