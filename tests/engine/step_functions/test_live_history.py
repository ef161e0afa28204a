"""A history is numbered, only ever grows, and ends with its execution."""

import asyncio
import json
from itertools import pairwise

import pytest

from tests.engine.engine_fixture import (
    FUNCTION,
    Calls,
    one_state,
    types,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


THREE = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Task", "Resource": FUNCTION + "echo", "Next": "C"},
        "C": {"Type": "Succeed"},
    },
}


async def test_a_history_comes_page_by_page_in_both_directions(calls: Calls) -> None:
    arn = (await calls.run(THREE))["executionArn"]
    whole = await calls.history(arn)
    small = {"PageSize": 2}
    assert await calls.history(arn, PaginationConfig=small) == whole
    assert await calls.history(arn, PaginationConfig=small, reverseOrder=True) == whole[::-1]


async def test_events_are_numbered_without_a_gap_and_chained(calls: Calls) -> None:
    arn = (await calls.run(THREE))["executionArn"]
    events = await calls.history(arn)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert [event["previousEventId"] for event in events] == [0, 0, *range(2, len(events))]
    assert all(a["timestamp"] <= b["timestamp"] for a, b in pairwise(events))


async def test_payloads_can_be_left_out(calls: Calls) -> None:
    arn = (await calls.run(THREE, {"secret": 1}))["executionArn"]
    assert "secret" in json.dumps(await calls.history(arn), default=str)
    bare = await calls.history(arn, includeExecutionData=False)
    assert "secret" not in json.dumps(bare, default=str)
    assert bare[1]["stateEnteredEventDetails"] == {"name": "A"}


async def test_reads_of_a_running_execution_only_ever_add_events(calls: Calls) -> None:
    items = one_state(
        Type="Map",
        ItemsPath="$.items",
        ItemProcessor=one_state("Item", Type="Task", Resource=FUNCTION + "echo-async"),
    )
    machine = await calls.create(items)
    arns = [await calls.start(machine, {"items": list(range(20))}) for _ in range(3)]

    async def watch(arn: str) -> None:
        seen: list[dict[str, object]] = []
        while "ExecutionSucceeded" not in types(seen):
            events = await calls.history(arn)
            assert events[: len(seen)] == seen
            assert [event["id"] for event in events] == list(range(1, len(events) + 1))
            seen = events

    async with asyncio.timeout(20):
        await asyncio.gather(*(watch(arn) for arn in arns))


async def test_the_status_is_terminal_exactly_when_the_history_has_its_end(calls: Calls) -> None:
    arn = await calls.start(await calls.create(THREE))
    await calls.ended(arn)
    assert types(await calls.history(arn))[-1] == "ExecutionSucceeded"
