"""`handrail watch`: what it shows of a stream, and its exit codes."""

import json

import pytest

from tests.client.fake_service import (
    EXECUTION,
    READY,
    SUBSCRIBED,
    Close,
    FakeService,
    complete,
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
    assert "trying again in 0.5 s" in result.stderr


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
async def test_watching_a_failure_exits_with_1(status: str, serving: Serving) -> None:
    service = FakeService([[READY, SUBSCRIBED, complete(status)]])
    assert (await handrail("watch", EXECUTION, url=await serving(service))).exit_code == 1


async def test_an_unknown_execution_exits_with_2_and_one_line(serving: Serving) -> None:
    service = FakeService(sockets_refused_with=404)
    result = await handrail("watch", EXECUTION, url=await serving(service))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


async def test_an_url_that_is_none_exits_with_2() -> None:
    result = await handrail("watch", EXECUTION, url="localhost:8000")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


async def test_nobody_there_exits_with_3() -> None:
    result = await handrail("watch", EXECUTION)
    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1].startswith("Error: The service at http://127.0.0.1:9")
