"""Calls that are refused, and calls that are tried again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.client import Client, ClientError, RequestRefused, ServiceUnreachable
from handrail.client.request import Requester
from handrail.core.json_text import JsonText
from tests.client.conftest import Serving
from tests.client.fake_service import DRAINING, EXECUTION, STARTED, FakeService, Waits, patient


async def pauses(*failures: int, jitter: float = 0.0) -> list[float]:
    """How long is waited after these failures in a row."""
    waits = Waits()
    requester = Requester("http://service", sleep=waits.sleep, jitter=lambda: jitter)
    for failed in failures:
        await requester.pause(failed, "why", attempts=failed + 1)
    return waits.delays_s


@given(failures=st.integers(1, 10_000), jitter=st.floats(0, 1, exclude_max=True))
async def test_a_delay_is_between_half_and_the_whole_of_its_bound(
    failures: int, jitter: float
) -> None:
    (longest,), (delay,) = await pauses(failures), await pauses(failures, jitter=jitter)
    assert longest / 2 <= delay <= longest <= 15


async def test_delays_double_up_to_the_cap() -> None:
    assert await pauses(1, 2, 3, 4, 5, 6, 7) == [0.5, 1, 2, 4, 8, 15, 15]


@pytest.mark.parametrize("failures", [2, 3])
async def test_tries_are_bounded(failures: int, waits: Waits) -> None:
    requester = Requester("http://service", sleep=waits.sleep)
    await requester.pause(1, "why", attempts=2)
    with pytest.raises(ServiceUnreachable, match="why"):
        await requester.pause(failures, "why", attempts=2)
    assert len(waits.delays_s) == 1


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


async def test_a_problem_is_told_with_its_fields(serving: Serving) -> None:
    errors = [{"path": "input.id", "message": "is required"}]
    problem = {"detail": "Bad input.", "code": "invalid_input", "errors": errors}
    async with Client(await serving(FakeService(answers=[(422, problem)]))) as client:
        with pytest.raises(RequestRefused, match=r"Bad input\. \(input\.id: is required\)") as no:
            await client.start("order", {})
    assert (no.value.status, no.value.code) == (422, "invalid_input")


async def test_a_problem_is_told_with_its_request(serving: Serving) -> None:
    problem = {"detail": "No such execution.", "code": "execution_not_found", "request_id": "5f27"}
    async with Client(await serving(FakeService(answers=[(404, problem)]))) as client:
        with pytest.raises(RequestRefused, match=r"^No such execution\. \[request 5f27\]$"):
            await client.execution(EXECUTION)


@pytest.mark.parametrize("answer", [(404, {}), (200, ["no", "object"])])
async def test_somebody_else_s_answer_asks_for_the_right_address(
    answer: Any, serving: Serving
) -> None:
    async with Client(await serving(FakeService(answers=[answer]))) as client:
        with pytest.raises(RequestRefused, match="as Handrail does: is this its address") as no:
            await client.execution(EXECUTION)
    assert no.value.code == "not_handrail"


@pytest.mark.parametrize(
    "answer", [(429, {"detail": "Too many."}), (503, {"detail": "Full.", "code": "overloaded"})]
)
async def test_what_changes_something_is_tried_again_where_it_was_turned_away(
    answer: Any, serving: Serving, waits: Waits
) -> None:
    service = FakeService(answers=[answer, STARTED], retry_after="3")
    async with patient(await serving(service), waits) as client:
        await client.redrive(EXECUTION)
    assert waits.delays_s == [3.0]


@pytest.mark.parametrize("code", ["throttled", "unavailable", "draining", "timeout"])
async def test_what_may_have_changed_something_is_not_tried_again_and_says_so(
    code: str, serving: Serving, waits: Waits
) -> None:
    service = FakeService(answers=[(503, {"detail": "AWS is away.", "code": code})])
    async with patient(await serving(service), waits) as client:
        with pytest.raises(
            ServiceUnreachable, match=r"AWS is away\. Whether it was done isn't known"
        ):
            await client.redrive(EXECUTION)
    assert (len(service.requests), waits.delays_s) == (1, [])


async def test_what_never_reached_the_service_is_tried_again(waits: Waits) -> None:
    async with patient("http://127.0.0.1:9", waits) as client:
        with pytest.raises(ServiceUnreachable, match=r"Connection refused$"):
            await client.redrive(EXECUTION)
    assert len(waits.delays_s) == 3


async def test_a_proxy_s_502_while_the_service_restarts_is_waited_out(
    serving: Serving, waits: Waits
) -> None:
    service = FakeService(answers=[(502, {}), STARTED])
    async with patient(await serving(service), waits) as client:
        assert await client.start("order", {}) == STARTED[1]


async def test_the_first_failure_in_a_row_is_told(serving: Serving, waits: Waits) -> None:
    told = list[str]()
    service = FakeService(answers=[DRAINING, DRAINING, STARTED])
    async with patient(await serving(service), waits) as client:
        client.on_pause = told.append
        await client.start("order", {})
    assert told == ["Shutting down"]


async def test_numbers_come_and_go_as_they_are_written(serving: Serving) -> None:
    service = FakeService(answers=[STARTED])
    async with Client(await serving(service)) as client:
        await client.start("order", JsonText('{"amount": 1.10, "id": 12345678901234567.89}'))
    assert service.bodies == ['{"input":{"amount": 1.10, "id": 12345678901234567.89}}']


async def test_nobody_there_is_unreachable(waits: Waits) -> None:
    async with patient("http://127.0.0.1:9", waits) as client:
        with pytest.raises(
            ServiceUnreachable, match=r"127\.0\.0\.1:9 can't be reached: Connection refused$"
        ):
            await client.catalogue()
    assert len(waits.delays_s) == 3


async def test_a_redirect_is_told_and_not_followed(serving: Serving) -> None:
    service = FakeService(answers=[(301, {})], location="https://api.example/v1/x")
    async with Client(await serving(service)) as client:
        with pytest.raises(RequestRefused, match=r"callers to https://api\.example/v1/x: ask"):
            await client.start("order", {})
    assert len(service.requests) == 1


async def test_a_service_without_tls_is_told_from_one_that_is_not_there(
    serving: Serving, waits: Waits
) -> None:
    url = (await serving(FakeService())).replace("http:", "https:")
    async with patient(url, waits) as client:
        with pytest.raises(ServiceUnreachable, match=r"can't be reached: \[SSL"):
            await client.catalogue()


@pytest.mark.parametrize(
    "url",
    ["localhost:8000", "ftp://host", "http://", "http://h:99999", "http://h:8o00", "http://[::1"],
)
def test_an_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ClientError, match="Not an http"):
        Client(url)
