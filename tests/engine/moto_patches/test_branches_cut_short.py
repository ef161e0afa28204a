"""What goes on beside a failure."""

import asyncio
from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, Definition, types

from .test_failures import folded
from .test_failures_names import caught

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOOM: dict[str, Any] = {"Type": "Fail", "Error": "Boom"}
HELD: dict[str, Any] = {"Type": "Task", "Resource": FUNCTION + "hold", "End": True}
WAIT: dict[str, Any] = {"Type": "Wait", "Seconds": 600, "End": True}
RUNTIME: dict[str, Any] = {"Type": "Pass", "Parameters": {"m.$": "$.nope"}, "End": True}
REFUSED: dict[str, Any] = {"Type": "Task", "Resource": FUNCTION + "fail", "End": True}
INNER: dict[str, Any] = {
    "Type": "Parallel",
    "Branches": [{"StartAt": "I", "States": {"I": WAIT}}],
    "End": True,
}


def after_a_moment(state: dict[str, Any]) -> Definition:
    """A branch or iteration that comes to the state when what is beside it is under way."""
    return {
        "StartAt": "Moment",
        "States": {"Moment": {"Type": "Wait", "Seconds": 1, "Next": "Late"}, "Late": state},
    }


def beside(state: dict[str, Any], late: dict[str, Any]) -> Definition:
    branches = [{"StartAt": "B", "States": {"B": state}}, after_a_moment(late)]
    return {
        "StartAt": "A",
        "States": {"A": {"Type": "Parallel", "Branches": branches, "End": True}},
    }


def over(late: dict[str, Any]) -> Definition:
    """A Map of which the item `false` waits, and the other fails a moment later."""
    processor = after_a_moment(late)
    rule = {"Variable": "$", "BooleanEquals": True, "Next": "Moment"}
    processor["States"] |= {
        "Choose": {"Type": "Choice", "Choices": [rule], "Default": "B"},
        "B": WAIT,
    }
    processor["StartAt"] = "Choose"
    return {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True}
        },
    }


CUT: dict[str, tuple[Definition, list[str]]] = {
    "wait": (beside(WAIT, BOOM), ["FailStateEntered", "WaitStateAborted", "ParallelStateFailed"]),
    "task": (beside(HELD, BOOM), ["FailStateEntered", "TaskStateAborted", "ParallelStateFailed"]),
    "parallel": (
        beside(INNER, BOOM),
        ["FailStateEntered", "ParallelStateAborted", "ParallelStateFailed"],
    ),
    "by a task": (
        beside(WAIT, REFUSED),
        ["LambdaFunctionFailed", "TaskStateAborted", "WaitStateAborted", "ParallelStateFailed"],
    ),
    "in a map": (
        over(BOOM),
        [
            "FailStateEntered",
            "MapIterationAborted",
            "WaitStateAborted",
            "MapIterationFailed",
            "MapStateFailed",
        ],
    ),
    "by States.Runtime": (beside(WAIT, RUNTIME), ["PassStateEntered"]),
    "by States.Runtime in a map": (over(RUNTIME), ["PassStateEntered"]),
}


async def test_a_failure_is_followed_by_what_it_cuts_short(calls: Calls) -> None:
    given = {"items": [False, True], "what": "today"}
    ran = await asyncio.gather(*(calls.run(definition, given) for definition, _ in CUT.values()))
    await calls.functions.invoke(FunctionName="release", Payload=b"{}")
    for ended, (name, (_, expected)) in zip(ran, CUT.items(), strict=True):
        events = await calls.history(ended["executionArn"])
        tail = events[-len(expected) - 1 :]
        assert types(tail) == [*expected, "ExecutionFailed"], name
        assert {event["previousEventId"] for event in tail[1:-1]} <= {tail[0]["id"]}, name


async def test_a_failure_follows_what_failed_whatever_the_others_come_to_meanwhile(
    calls: Calls,
) -> None:
    definition = beside(WAIT, BOOM)
    branches: list[Any] = [{"StartAt": f"W{at}", "States": {f"W{at}": WAIT}} for at in range(12)]
    definition["States"]["A"]["Branches"] = [
        *branches[:2],
        {"StartAt": "F", "States": {"F": BOOM}},
        *branches[2:],
    ]
    made = await calls.create(definition)
    for _ in range(4):
        ended = await calls.ended(await calls.start(made))
        events = await calls.history(ended["executionArn"])
        (failed,) = [event["id"] for event in events if event["type"] == "FailStateEntered"]
        assert events[-2]["type"] == "ParallelStateFailed"
        assert events[-2]["previousEventId"] == failed


async def test_what_was_cut_short_writes_nothing_more(calls: Calls) -> None:
    definition = caught(beside(HELD, BOOM), "States.ALL")
    definition["States"]["Caught"] = {"Type": "Wait", "Seconds": 600, "End": True}
    arn = await calls.start(await calls.create(definition))
    before = await calls.reached(arn, "ParallelStateExited")
    await calls.functions.invoke(FunctionName="release", Payload=b"{}")
    await calls.run(CUT["by States.Runtime"][0])  # a second: the handler has long answered
    events = types(await calls.history(arn))
    await calls.sfn.stop_execution(executionArn=arn)
    assert "LambdaFunctionSucceeded" not in events
    assert len(events) <= len(before) + 1  # the Wait's entry
    states = (await folded(calls, arn)).states
    assert states["B"]["status"] == "ABORTED"
