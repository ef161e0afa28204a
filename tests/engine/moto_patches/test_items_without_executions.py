"""A distributed Map's items are child executions, and its history has what AWS's has."""

import json
from typing import Any

import pytest

from handrail.core.models import StateStatus
from tests.engine.engine_fixture import Calls, Definition, types
from tests.engine.step_functions.test_map_run_operations import children, map_run

from .test_failures import folded
from .test_failures_names import caught

pytestmark = pytest.mark.asyncio(loop_scope="session")

DISTRIBUTED = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
FAILING = {
    "StartAt": "C",
    "States": {
        "C": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "BooleanEquals": True, "Next": "F"}],
            "Default": "Z",
        },
        "F": {"Type": "Fail", "Error": "Bad", "Cause": "It is true."},
        "Z": {"Type": "Succeed"},
    },
}
"""Fails where the item is true."""


def distributed(processor: Definition = FAILING, name: str = "A", **state: Any) -> Definition:
    given = processor | {"ProcessorConfig": DISTRIBUTED}
    map_state = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": given, "End": True}
    return {"StartAt": name, "States": {name: {**map_state, **state}}}


ITEMS = {"items": [False, True, False]}
STARTED = ["ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted"]


async def test_the_parent_s_history_has_the_map_run_and_nothing_of_its_items(calls: Calls) -> None:
    ended = await calls.run(distributed(PASS), ITEMS)
    assert ended["output"] == "[false,true,false]"
    events = await calls.history(ended["executionArn"])
    succeeded = ["MapRunSucceeded", "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"]
    assert types(events) == STARTED + succeeded
    run = await map_run(calls, ended["executionArn"])
    assert events[3]["mapRunStartedEventDetails"] == {"mapRunArn": run["mapRunArn"]}
    assert [event["previousEventId"] for event in events] == [0, 0, 2, 3, 4, 5, 5, 7]


async def test_one_failure_too_many_fails_the_map(calls: Calls) -> None:
    ended = await calls.run(distributed(), ITEMS)
    assert (ended["status"], ended["error"], ended["cause"]) == (
        "FAILED",
        "States.ExceedToleratedFailureThreshold",
        "The specified tolerated failure threshold was exceeded",
    )
    events = await calls.history(ended["executionArn"])
    assert types(events) == [*STARTED, "MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    assert events[4]["mapRunFailedEventDetails"]["error"] == ended["error"]
    assert (await folded(calls, ended["executionArn"])).states["A"]["status"] == StateStatus.FAILED


async def test_it_can_be_caught(calls: Calls) -> None:
    ended = await calls.run(caught(distributed(), "States.ALL"), ITEMS)
    assert json.loads(ended["output"])["Error"] == "States.ExceedToleratedFailureThreshold"


async def test_a_retry_is_another_map_run(calls: Calls) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    ended = await calls.run(distributed(Retry=retry, MaxConcurrency=1), {"items": [True, True]})
    events = types(await calls.history(ended["executionArn"]))
    again = ["MapRunFailed", "MapStateStarted", "MapRunStarted", "MapRunFailed"]
    assert events == [*STARTED, *again, "MapStateFailed", "ExecutionFailed"]
    runs = (await calls.sfn.list_map_runs(executionArn=ended["executionArn"]))["mapRuns"]
    assert len({run["mapRunArn"] for run in runs}) == 2
    counts = (await map_run(calls, ended["executionArn"]))["itemCounts"]
    assert (counts["failed"], counts["pending"], counts["total"]) == (1, 1, 2)


async def test_a_tolerated_failure_stands_in_its_place_in_the_output(calls: Calls) -> None:
    ended = await calls.run(distributed(ToleratedFailureCount=1), ITEMS)
    first, failed, last = json.loads(ended["output"])
    assert (first, last) == (False, False)
    assert (failed["Status"], failed["Error"], failed["Cause"]) == ("FAILED", "Bad", "It is true.")


async def test_a_child_has_its_own_context_object(calls: Calls) -> None:
    context = {
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "Parameters": {"c.$": "$$"}, "End": True}},
    }
    ended = await calls.run(
        distributed(context, Label="L", ItemSelector={"n.$": "$$.Map.Item.Index"}), ITEMS
    )
    found = json.loads(ended["output"])[1]["c"]
    run = await map_run(calls, ended["executionArn"])
    child = (await children(calls, run["mapRunArn"]))[1]
    assert found["Execution"]["Id"] == child["executionArn"]
    assert (found["Execution"]["Name"], found["Execution"]["Input"]) == (child["name"], {"n": 1})
    assert found["StateMachine"]["Id"] == f"{ended['stateMachineArn']}/L"
    assert "Map" not in found


async def test_a_field_that_can_t_be_evaluated_fails_the_map_run(calls: Calls) -> None:
    ended = await calls.run(distributed(PASS, ItemSelector={"a.$": "$.nope"}), ITEMS)
    assert ended["error"] == "States.Runtime"
    assert "'A' (entered at the event id #2). The JSONPath '$.nope'" in ended["cause"]
    events = types(await calls.history(ended["executionArn"]))
    assert events == [*STARTED, "MapRunFailed", "ExecutionFailed"]


async def test_stopping_the_parent_stops_the_children_first(calls: Calls) -> None:
    execution = await calls.start(await calls.create(distributed(WAIT)), ITEMS)
    run = await map_run(calls, execution)
    await calls.sfn.stop_execution(executionArn=execution)
    events = types(await calls.history(execution))
    assert events == [*STARTED, "MapRunAborted", "MapStateAborted", "ExecutionAborted"]
    described = await calls.sfn.describe_map_run(mapRunArn=run["mapRunArn"])
    assert described["status"] == "ABORTED"
    assert (described["itemCounts"]["aborted"], described["itemCounts"]["running"]) == (3, 0)
    statuses = {child["status"] for child in await children(calls, run["mapRunArn"])}
    assert statuses == {"ABORTED"}


async def test_a_branch_that_fails_aborts_the_map_run_beside_it(calls: Calls) -> None:
    """The branch fails once the other's Map Run has started: it waits for a callback meanwhile."""
    fails = {
        "StartAt": "T",
        "States": {
            "T": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {
                    "QueueUrl": (await calls.sqs.create_queue(QueueName="map-runs"))["QueueUrl"],
                    "MessageBody": {"token.$": "$$.Task.Token"},
                },
                "End": True,
            }
        },
    }
    state = {"Type": "Parallel", "Branches": [distributed(WAIT), fails], "End": True}
    execution = await calls.start(
        await calls.create({"StartAt": "X", "States": {"X": state}}), ITEMS
    )
    run = await map_run(calls, execution)
    await calls.sfn.send_task_failure(taskToken=await calls.task_token(execution), error="E")
    ended = await calls.ended(execution)
    assert (ended["status"], ended["error"]) == ("FAILED", "E")
    events = types(await calls.history(execution))
    assert {"MapRunAborted", "MapStateAborted"} < set(events)
    assert not {"MapRunSucceeded", "MapStateSucceeded", "MapStateFailed"} & set(events)
    described = await calls.sfn.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (described["status"], described["itemCounts"]["aborted"]) == ("ABORTED", 3)


async def test_a_child_s_waiting_task_is_settled_by_its_token(calls: Calls) -> None:
    queue = (await calls.sqs.create_queue(QueueName="map-runs"))["QueueUrl"]
    message = {"token.$": "$$.Task.Token", "who.$": "$"}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody": message},
        "End": True,
    }
    waits = {"StartAt": "T", "States": {"T": task}}
    execution = await calls.start(await calls.create(distributed(waits)), {"items": ["ann", "bob"]})
    run = await map_run(calls, execution)
    for child in await children(calls, run["mapRunArn"]):
        token = await calls.task_token(child["executionArn"])
        output = json.dumps(f"{child['name']} is done")
        await calls.sfn.send_task_success(taskToken=token, output=output)
    names = [child["name"] for child in await children(calls, run["mapRunArn"])]
    output = json.loads((await calls.ended(execution))["output"])
    assert output == [f"{name} is done" for name in reversed(names)]


async def test_a_map_in_a_child_has_its_own_map_run(calls: Calls) -> None:
    inner = distributed(PASS, "Inner", ItemsPath="$")
    ended = await calls.run(distributed(inner), {"items": [[1, 2], [3]]})
    assert ended["output"] == "[[1,2],[3]]"
    run = await map_run(calls, ended["executionArn"])
    for child in await children(calls, run["mapRunArn"]):
        within = await map_run(calls, child["executionArn"])
        assert within["executionArn"] == child["executionArn"]
        assert within["status"] == "SUCCEEDED"
