"""`handrail watch`: what it shows of a stream, and its exit codes."""

import json

import pytest

from tests.client.fake_service import (
    EXECUTION,
    READY,
    SUBSCRIBED,
    Close,
    FakeService,
    Script,
    complete,
    snapshot,
    state,
    update,
)

from .commands import ENDING, handrail
from .conftest import Serving


async def test_what_keeps_the_service_from_reading_is_told_aside(serving: Serving) -> None:
    error = {"type": "error", "id": "0", "code": "x", "detail": "AWS is away.", "retryable": True}
    service = FakeService([[READY, SUBSCRIBED, error, complete()]])
    result = await handrail("watch", EXECUTION, url=await serving(service))
    assert (result.exit_code, result.stderr) == (0, "AWS is away.\n")


async def test_watch_as_json_prints_each_message_across_a_drop(serving: Serving) -> None:
    service = FakeService([[READY, SUBSCRIBED, Close(1012)], ENDING])
    result = await handrail("watch", EXECUTION, "--json", url=await serving(service))
    messages = [json.loads(line) for line in result.stdout.splitlines()]
    assert messages == [SUBSCRIBED, *ENDING[1:4]]
    assert service.afters == [None, "9:2"]
    assert result.stderr.count("\n") == 1
    assert result.stderr == "The connection was closed with 1012; reconnecting …\n"


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
async def test_watching_a_failure_exits_with_1(status: str, serving: Serving) -> None:
    service = FakeService([[READY, SUBSCRIBED, complete(status)]])
    assert (await handrail("watch", EXECUTION, url=await serving(service))).exit_code == 1


async def test_an_unknown_execution_exits_with_2_and_one_line(serving: Serving) -> None:
    service = FakeService(sockets_refused_with=404)
    result = await handrail("watch", EXECUTION, url=await serving(service))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


async def test_an_outage_is_told_once_however_long_it_takes(serving: Serving) -> None:
    """And the next one again."""
    away: Script = [READY, Close(1013)]
    service = FakeService(
        [[READY, SUBSCRIBED, Close(1006)], *[away] * 5, [*ENDING[:3], Close(1012)], ENDING]
    )
    result = await handrail("watch", EXECUTION, url=await serving(service))
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "The connection was closed with 1006; reconnecting …",
        "The connection was closed with 1012; reconnecting …",
    ]


async def test_latest_is_found_and_said(serving: Serving) -> None:
    answers = [(200, {"executions": [{"execution": EXECUTION}], "next_page": "more"})]
    service = FakeService([ENDING], [*answers], snapshots=[snapshot()])
    result = await handrail("watch", "order@latest", url=await serving(service))
    assert (result.exit_code, result.stderr) == (0, f"order@latest is {EXECUTION}\n")
    assert service.asked == [{"state_machine": "order", "limit": "1"}]


async def test_an_url_that_is_none_exits_with_2() -> None:
    result = await handrail("watch", EXECUTION, url="localhost:8000")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


async def test_nobody_there_exits_with_3() -> None:
    result = await handrail("watch", EXECUTION)
    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1].startswith("Error: The service at http://127.0.0.1:9")


async def test_an_end_that_is_known_early_is_told_last(serving: Serving) -> None:
    early = {**update("9:3"), "execution": {"status": "FAILED"}}
    last = update("9:4", state("Charge", "FAILED", failed=1))
    service = FakeService([[READY, SUBSCRIBED, early, last, complete("FAILED", error="Boom")]])
    lines = (await handrail("watch", EXECUTION, url=await serving(service))).stdout.splitlines()
    assert [line.split("  ")[1] for line in lines[-2:]] == ["Charge", "execution order:7f3c"]
    assert lines[-1].endswith("FAILED  Boom")
    assert sum("execution" in line for line in lines) == 2
