"""Histories recorded on AWS, served by the stub and seen through the whole service."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.stubs.stepfunctions import StepFunctionsStub

from .served import Served

FOLDER = os.environ.get("HANDRAIL_HISTORIES", "")
OPEN = {"RUNNING", "WAITING", "RETRYING"}
COUNTED = ("running", "succeeded", "failed", "caught", "aborted")


def recordings() -> list[Any]:
    paths = sorted(Path(FOLDER).glob("*.json")) if FOLDER else []
    if not paths:
        reason = "HANDRAIL_HISTORIES names no folder of recorded histories"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="none")]
    return [pytest.param(path, id=path.stem) for path in paths]


@pytest.fixture
def recording(request: pytest.FixtureRequest, stub: StepFunctionsStub) -> dict[str, Any]:
    """A recorded execution, `order:recorded` on the stub."""
    recorded: dict[str, Any] = json.loads(request.param.read_text())
    stub.add_machine("order", definition=recorded["definition"])
    arn = stub.add_execution("order", "recorded", input=json.dumps(recorded["input"]))
    stub.add_history(arn, [{**event, "timestamp": seconds(event)} for event in recorded["events"]])
    return recorded


def seconds(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def entries(events: list[dict[str, Any]]) -> dict[str, int]:
    entered = [e["stateEnteredEventDetails"]["name"] for e in events if "Entered" in e["type"]]
    return {name: entered.count(name) for name in entered}


@pytest.mark.parametrize("recording", recordings(), indirect=True)
async def test_a_recorded_execution_is_told_event_by_event_and_ends_as_aws_said(
    served: Served, recording: dict[str, Any]
) -> None:
    snapshot = (await served.get("/v1/executions/order:recorded")).body

    assert snapshot["status"] == recording["status"]
    assert {state["state"]: state["entered"] for state in snapshot["states"]} == entries(
        recording["events"]
    )
    assert not OPEN & {state["status"] for state in snapshot["states"]}
    assert all(s["entered"] == sum(s[name] for name in COUNTED) for s in snapshot["states"])
    assert snapshot["tasks"] == []

    epoch = snapshot["cursor"].partition(":")[0]
    path = f"/v1/executions/order:recorded/ws?level=events&after={epoch}:0"
    async with served.ready(path) as socket:
        messages = await socket.hear_until(lambda message: message["type"] == "complete")

    events = [event for message in messages for event in message.get("events", [])]
    assert [event["id"] for event in events] == list(range(1, len(recording["events"]) + 1))
    assert [event["type"] for event in events] == [e["type"] for e in recording["events"]]
    assert messages[-1]["status"] == recording["status"]
    assert messages[-2]["states"] == snapshot["states"]
