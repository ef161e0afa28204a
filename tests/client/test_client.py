from contextlib import nullcontext

import pytest

from service.client import Client, ServiceUnreachable
from tests.client.conftest import Serving
from tests.client.fake_service import DRAINING, STARTED, FakeService, Waits, patient


async def test_a_start_sends_its_input_name_and_token(serving: Serving) -> None:
    service = FakeService(answers=[STARTED])
    async with Client(await serving(service), token=lambda: "secret") as client:
        assert await client.start("order", {"id": 1}, name="n") == STARTED[1]
    ((method, path, headers, body),) = service.requests
    assert (method, path) == ("POST", "/v1/state-machines/order/executions")
    assert headers["Authorization"] == "Bearer secret"
    assert body == {"input": {"id": 1}, "name": "n"}


async def test_a_synchronous_start_is_tried_once(serving: Serving, waits: Waits) -> None:
    service = FakeService(answers=[DRAINING])
    async with patient(await serving(service), waits) as client:
        with pytest.raises(ServiceUnreachable):
            await client.start_sync("order", {})
    assert len(service.requests) == 1


async def test_an_id_with_a_slash_stays_one_segment(serving: Serving) -> None:
    service = FakeService(answers=[(200, {"tasks": [{"event_id": 3}]})])
    async with Client(await serving(service)) as client:
        assert await client.tasks("order/map:1") == [{"event_id": 3}]
    assert service.requests[0][1] == "/v1/executions/order/map:1/tasks"


async def test_an_express_start_has_no_key_and_is_tried_once(
    serving: Serving, waits: Waits
) -> None:
    service = FakeService(answers=[DRAINING])
    async with patient(await serving(service), waits) as client:
        with pytest.raises(ServiceUnreachable, match="isn't known"):
            await client.start("price", {}, keyed=False)
    ((_, __, headers, ___),) = service.requests
    assert "Idempotency-Key" not in headers


@pytest.mark.parametrize(("name", "tries"), [("n", 2), (None, 1)])
async def test_a_replay_is_tried_again_where_its_name_makes_it_one(
    name: str | None, tries: int, serving: Serving, waits: Waits
) -> None:
    service = FakeService(answers=[DRAINING, STARTED])
    async with patient(await serving(service), waits) as client:
        with nullcontext() if name else pytest.raises(ServiceUnreachable):
            await client.replay("order:1", {"name": name} if name else {})
    assert [path for _, path, __, ___ in service.requests] == [
        "/v1/executions/order:1/replay"
    ] * tries


async def test_a_list_is_read_page_by_page_up_to_its_limit(serving: Serving) -> None:
    pages = [
        (200, {"executions": [{"n": 1}, {"n": 2}], "next_page": "p/2"}),
        (200, {"executions": [], "next_page": "p3"}),
        (200, {"executions": [{"n": 3}, {"n": 4}], "next_page": "p4"}),
    ]
    service = FakeService(answers=[*pages])
    async with Client(await serving(service)) as client:
        found = [page async for page in client.executions("order", status="FAILED", limit=3)]
    assert [one["n"] for page in found for one in page["executions"]] == [1, 2, 3]
    asked = {"state_machine": "order", "status": "FAILED", "limit": "3"}
    assert service.queries == [asked, {**asked, "page": "p/2"}, {**asked, "page": "p3"}]


@pytest.mark.parametrize("part", ["visits", "items"])
async def test_any_state_s_name_is_asked_for_as_it_is(part: str, serving: Serving) -> None:
    service = FakeService(answers=[(200, {part: [{"n": 1}], "next_page": None})])
    async with Client(await serving(service)) as client:
        pages = client.visits if part == "visits" else client.items
        assert [page[part] async for page in pages("order:1", "Is it + & ü?", limit=5)] == [
            [{"n": 1}]
        ]
    assert service.queries == [{"state": "Is it + & ü?"}]
    assert service.requests[0][1] == f"/v1/executions/order:1/{part}"
