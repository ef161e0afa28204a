import pytest

from handrail.client import Client, RequestRefused, ServiceUnreachable
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


NO_KEY = (409, {"detail": "send no key", "code": "unsupported_by_type", "retryable": False})


async def test_an_express_start_is_made_again_without_a_key(serving: Serving) -> None:
    service = FakeService(answers=[NO_KEY, STARTED])
    async with Client(await serving(service)) as client:
        assert await client.start("price", {"id": 1}, name="n") == STARTED[1]
    (_, _, first, _), (_, path, second, body) = service.requests
    assert ("Idempotency-Key" in first, "Idempotency-Key" in second) == (True, False)
    assert (path, body) == (
        "/v1/state-machines/price/executions",
        {"input": {"id": 1}, "name": "n"},
    )


async def test_another_conflict_is_told(serving: Serving) -> None:
    conflict = (409, {"detail": "taken", "code": "execution_conflict", "retryable": False})
    service = FakeService(answers=[conflict])
    async with Client(await serving(service)) as client:
        with pytest.raises(RequestRefused):
            await client.start("order", {})
    assert len(service.requests) == 1


async def test_a_replay_sends_an_input_where_it_is_given_null_too(serving: Serving) -> None:
    service = FakeService(answers=[STARTED])
    async with Client(await serving(service)) as client:
        await client.replay("order/map:1")
        await client.replay("order:1", input=None, name="n")
    assert [body for *_, body in service.requests] == [{}, {"input": None, "name": "n"}]
    (_, path, headers, _), _ = service.requests
    assert path == "/v1/executions/order/map:1/replay"
    assert headers["Idempotency-Key"]


async def test_a_list_asks_for_what_is_given(serving: Serving) -> None:
    service = FakeService(answers=[(200, {"executions": []})])
    async with Client(await serving(service)) as client:
        await client.executions()
        assert await client.executions("a b", "c", status="FAILED", limit=2, page="p=") == {
            "executions": []
        }
    assert service.queries == [
        "",
        "state_machine=a+b&state_machine=c&status=FAILED&limit=2&page=p%3D",
    ]


async def test_an_express_start_is_not_begun_unless_it_is_wanted(serving: Serving) -> None:
    service = FakeService(answers=[NO_KEY, STARTED])
    async with Client(await serving(service)) as client:
        with pytest.raises(RequestRefused, match="send no key"):
            await client.start("price", {}, express=False)
    assert len(service.requests) == 1


async def test_an_express_start_is_tried_once(serving: Serving, waits: Waits) -> None:
    service = FakeService(answers=[NO_KEY, DRAINING])
    async with patient(await serving(service), waits) as client:
        with pytest.raises(ServiceUnreachable, match="isn't known"):
            await client.start("price", {})
    assert len(service.requests) == 2


async def test_a_state_s_name_may_hold_any_character(serving: Serving) -> None:
    page = {"visits": [{"state": "é?"}], "next_page": None}
    service = FakeService(answers=[(200, page), (200, page)])
    async with Client(await serving(service)) as client:
        assert await client.visits("order:1", "Each: é/? &=#+%") == page
        assert await client.visits("order:1", "A", page="p=") == page
    assert {request[1] for request in service.requests} == {"/v1/executions/order:1/visits"}
    assert service.asked == [
        {"state": "Each: é/? &=#+%"},
        {"state": "A", "page": "p="},
    ]


async def test_items_are_asked_for_by_status_and_page(serving: Serving) -> None:
    page: dict[str, object] = {"items": [], "counts": None, "next_page": "next"}
    service = FakeService(answers=[(200, page)])
    async with Client(await serving(service)) as client:
        assert await client.items("order:1", "Each", status="FAILED", page="p") == page
    assert service.requests[0][1] == "/v1/executions/order:1/items"
    assert service.asked == [{"state": "Each", "status": "FAILED", "page": "p"}]
