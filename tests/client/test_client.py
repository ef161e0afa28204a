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


async def test_a_state_s_name_may_hold_any_character(serving: Serving) -> None:
    page = {"visits": [{"state": "é?"}], "next_page": None}
    service = FakeService(answers=[(200, page), (200, page)])
    async with Client(await serving(service)) as client:
        assert await client.visits("order:1", "Each: é/? &=#+%") == page
        assert await client.visits("order:1", "A", page="p=") == page
    assert {request[1] for request in service.requests} == {"/v1/executions/order:1/visits"}
    assert service.queries == [
        {"state": "Each: é/? &=#+%"},
        {"state": "A", "page": "p="},
    ]


async def test_items_are_asked_for_by_status_and_page(serving: Serving) -> None:
    page: dict[str, object] = {"items": [], "counts": None, "next_page": "next"}
    service = FakeService(answers=[(200, page)])
    async with Client(await serving(service)) as client:
        assert await client.items("order:1", "Each", status="FAILED", page="p") == page
    assert service.requests[0][1] == "/v1/executions/order:1/items"
    assert service.queries == [{"state": "Each", "status": "FAILED", "page": "p"}]


async def test_an_id_with_a_slash_stays_one_segment(serving: Serving) -> None:
    service = FakeService(answers=[(200, {"tasks": [{"event_id": 3}]})])
    async with Client(await serving(service)) as client:
        assert await client.tasks("order/map:1") == [{"event_id": 3}]
    assert service.requests[0][1] == "/v1/executions/order/map:1/tasks"
