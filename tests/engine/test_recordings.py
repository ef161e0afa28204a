"""Executions recorded on AWS, run again on the engine: those that call nothing outside of it."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from handrail.core.definition.definition import Definition as Parsed
from tests.engine.engine_fixture import Calls, types

FOLDER = os.environ.get("HANDRAIL_HISTORIES", "")


def recordings() -> dict[str, dict[str, Any]]:
    paths = sorted(Path(FOLDER).glob("*.json")) if FOLDER else []
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in paths}
    return {name: each for name, each in found.items() if runs_alone(each)}


def runs_alone(recording: dict[str, Any]) -> bool:
    states = list(Parsed.parse(json.dumps(recording["definition"])).all_states)
    outside = any(state.type == "Task" or "ItemReader" in state.raw for state in states)
    return not outside and recording["status"] != "ABORTED"


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.skipif(not FOLDER, reason="HANDRAIL_HISTORIES names no folder of recorded histories")
async def test_a_recorded_execution_ends_and_goes_as_on_aws(calls: Calls) -> None:
    recorded = recordings()
    assert recorded
    ran = await asyncio.gather(*(outcome(calls, each) for each in recorded.values()))
    wanted = {name: wanted_of(each) for name, each in recorded.items()}
    assert dict(zip(recorded, ran, strict=True)) == wanted


async def outcome(calls: Calls, recording: dict[str, Any]) -> dict[str, Any]:
    machine = await calls.create(recording["definition"])
    started = await calls.sfn.start_execution(
        stateMachineArn=machine, input=json.dumps(recording["input"])
    )
    ended = await calls.ended(started["executionArn"])
    return {
        "status": ended["status"],
        "error": ended.get("error"),
        "output": read(ended.get("output")),
        "events": in_order(types(await calls.history(started["executionArn"]))),
    }


def wanted_of(recording: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": recording["status"],
        "error": recording["error"],
        "output": read(recording["output"]),
        "events": in_order([event["type"] for event in recording["events"]]),
    }


def in_order(event_types: list[str]) -> list[str]:
    """Sorted where iterations and branches interleave."""
    interleave = any(each.startswith(("Map", "Parallel")) for each in event_types)
    return sorted(event_types) if interleave else event_types


def read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
