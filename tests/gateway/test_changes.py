"""What is sent for real executions of the embedded engine has the samples' members."""

import json

import pytest

from tests import events
from tests.engine.engine_fixture import Calls, one_state
from tests.events.test_events import members

from .changes import log_lines, status_change

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ({"Type": "Pass"}, "SUCCEEDED"),
        ({"Type": "Fail", "Error": "No", "Cause": "Because.", "End": None}, "FAILED"),
    ],
)
async def test_an_end_is_a_status_change(
    calls: Calls, state: dict[str, object], status: str
) -> None:
    definition = one_state(**state)
    definition["States"]["A"] = {k: v for k, v in definition["States"]["A"].items() if v}
    description = await calls.run(definition, {"a": 1})
    event = status_change(description)
    assert members(event) == members(events.sample(f"status_change_{status.lower()}"))
    assert event["detail"]["status"] == status
    assert event["detail"]["executionArn"] == description["executionArn"]
    assert json.loads(event["detail"]["input"]) == {"a": 1}
    assert event["detail"]["error"] == description.get("error")


async def test_a_history_is_logged_line_by_line(calls: Calls) -> None:
    arn = (await calls.run(one_state(Type="Pass"), {"a": 1}))["executionArn"]
    history = await calls.history(arn)
    lines = [json.loads(line) for line in log_lines(arn, history)]
    sample = json.loads(events.log_line("m:n", 1))
    assert [line["id"] for line in lines] == [str(event["id"]) for event in history]
    assert all(line.keys() == sample.keys() for line in lines)
    assert json.loads(lines[0]["details"]["input"]) == {"a": 1}
    assert lines[0]["details"]["inputDetails"] == {"truncated": False}


async def test_without_execution_data_no_payload_is_logged(calls: Calls) -> None:
    arn = (await calls.run(one_state(Type="Pass"), {"secret": 1}))["executionArn"]
    assert "secret" not in "".join(log_lines(arn, await calls.history(arn), data=False))
