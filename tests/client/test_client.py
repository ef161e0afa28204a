import pytest

from service.client import Client, ClientError, RequestRefused, ServiceUnreachable
from tests.client.conftest import Serving
from tests.client.fake_service import EXECUTION, FakeService, Waits

STARTED = (202, {"execution": EXECUTION})
DRAINING = (503, {"detail": "Shutting down", "code": "draining", "retryable": True})


def patient(url: str, waits: Waits) -> Client:
    return Client(url, sleep=waits.sleep, jitter=lambda: 0.0)


async def test_a_start_sends_its_input_name_and_token(serving: Serving) -> None:
    service = FakeService(answers=[STARTED])
    async with Client(await serving(service), token=lambda: "secret") as client:
        assert await client.start("order", {"id": 1}, name="n") == STARTED[1]
    ((method, path, headers, body),) = service.requests
    assert (method, path) == ("POST", "/v1/state-machines/order/executions")
    assert headers["Authorization"] == "Bearer secret"
    assert body == {"input": {"id": 1}, "name": "n"}


async def test_a_start_tried_again_keeps_its_idempotency_key(
    serving: Serving, waits: Waits
) -> None:
    service = FakeService(answers=[DRAINING, STARTED])
    async with patient(await serving(service), waits) as client:
        await client.start("order", {})
    keys = {headers["Idempotency-Key"] for _, _, headers, _ in service.requests}
    assert (len(service.requests), len(keys)) == (2, 1)


async def test_retry_after_is_waited_for(serving: Serving, waits: Waits) -> None:
    service = FakeService(answers=[DRAINING, STARTED], retry_after="7")
    async with patient(await serving(service), waits) as client:
        await client.start("order", {})
    assert waits.delays_s == [7.0]


async def test_tries_end(serving: Serving, waits: Waits) -> None:
    service = FakeService(answers=[DRAINING])
    async with patient(await serving(service), waits) as client:
        with pytest.raises(ServiceUnreachable, match="Shutting down"):
            await client.execution(EXECUTION)
    assert waits.delays_s == [0.5, 1.0, 2.0]


async def test_a_refused_credential_of_the_service_is_not_tried_again(
    serving: Serving, waits: Waits
) -> None:
    service = FakeService(answers=[(502, {"detail": "AWS refused", "retryable": False})])
    async with patient(await serving(service), waits) as client:
        with pytest.raises(ServiceUnreachable, match="AWS refused"):
            await client.execution(EXECUTION)
    assert waits.delays_s == []


async def test_a_synchronous_start_is_tried_once(serving: Serving, waits: Waits) -> None:
    service = FakeService(answers=[DRAINING])
    async with patient(await serving(service), waits) as client:
        with pytest.raises(ServiceUnreachable):
            await client.start_sync("order", {})
    assert len(service.requests) == 1


async def test_a_problem_is_told_with_its_fields(serving: Serving) -> None:
    errors = [{"path": "input.id", "message": "is required"}]
    problem = {"detail": "Bad input.", "code": "invalid_input", "errors": errors}
    async with Client(await serving(FakeService(answers=[(422, problem)]))) as client:
        with pytest.raises(RequestRefused, match=r"Bad input\. \(input\.id: is required\)") as no:
            await client.start("order", {})
    assert (no.value.status, no.value.code) == (422, "invalid_input")


async def test_an_id_with_a_slash_stays_one_segment(serving: Serving) -> None:
    service = FakeService(answers=[(200, {"tasks": [{"event_id": 3}]})])
    async with Client(await serving(service)) as client:
        assert await client.tasks("order/map:1") == [{"event_id": 3}]
    assert service.requests[0][1] == "/v1/executions/order/map:1/tasks"


async def test_nobody_there_is_unreachable(waits: Waits) -> None:
    async with patient("http://127.0.0.1:9", waits) as client:
        with pytest.raises(
            ServiceUnreachable, match=r"127\.0\.0\.1:9 can't be reached: Connection refused$"
        ):
            await client.machines()
    assert len(waits.delays_s) == 3


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host", "http://"])
def test_an_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ClientError, match="Not an http"):
        Client(url)
