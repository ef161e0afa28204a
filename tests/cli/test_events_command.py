"""`handrail events`: the history, once and followed."""

import json
from typing import Any

import pytest

from tests.client.fake_service import EXECUTION, FakeService

from .commands import handrail
from .conftest import Serving

ENTERED = {
    "id": 2,
    "type": "TaskStateEntered",
    "timestamp": "t2",
    "previous_event_id": 0,
    "state_entered_event_details": {"name": "Ship it", "input": "{}"},
}
FAILED = {
    "id": 3,
    "type": "LambdaFunctionFailed",
    "timestamp": "t3",
    "previous_event_id": 2,
    "lambda_function_failed_event_details": {"error": "E", "cause": '{"errorMessage": "m"}'},
}


def page(*events: dict[str, Any], complete: bool = True) -> tuple[int, dict[str, Any]]:
    return 200, {"events": events, "cursor": "9:3", "complete": complete}


def ended(status: str) -> dict[str, Any]:
    return {"id": 4, "type": f"Execution{status}", "timestamp": "t4", "previous_event_id": 3}


async def test_events_are_printed_one_a_line(serving: Serving) -> None:
    service = FakeService(answers=[page(ENTERED, FAILED)])
    url = await serving(service)
    result = await handrail("events", EXECUTION, url=url)
    assert result.stdout.splitlines() == [
        "2  t2  TaskStateEntered  Ship it",
        "3  t3  LambdaFunctionFailed  E: m",
    ]
    result = await handrail("events", EXECUTION, "--json", url=url)
    assert [json.loads(line) for line in result.stdout.splitlines()] == [ENTERED, FAILED]


@pytest.mark.parametrize(
    ("status", "exit_code"), [("Succeeded", 0), ("Failed", 1), ("TimedOut", 1), ("Aborted", 1)]
)
async def test_following_ends_as_the_execution_does(
    status: str, exit_code: int, serving: Serving
) -> None:
    pages = [page(ENTERED, complete=False), page(complete=False), page(ended(status))]
    service = FakeService(answers=pages)
    result = await handrail("events", EXECUTION, "-f", url=await serving(service))
    assert result.exit_code == exit_code
    assert [line[0] for line in result.stdout.splitlines()] == ["2", "4"]
    assert all(asked["wait"] == "20" for asked in service.events_asked)


async def test_a_failed_execution_s_history_is_no_failure_to_print_it(serving: Serving) -> None:
    service = FakeService(answers=[page(ended("Failed"))])
    result = await handrail("events", EXECUTION, url=await serving(service))
    assert result.exit_code == 0
