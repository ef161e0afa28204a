"""Map Runs are listed, described and updated, and so are their child executions."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, eventually, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")


def distributed(child: dict[str, Any], type: str = "STANDARD", **state: Any) -> dict[str, Any]:
    """A Map whose children have one state, `C`."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": type},
        "StartAt": "C",
        "States": {"C": child},
    }
    return {"Type": "Map", "Label": "Items", "ItemProcessor": processor, "End": True, **state}


def machine(state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "M", "States": {"M": state}}


PASS = {"Type": "Pass", "End": True}
WAIT = {"Type": "Wait", "Seconds": 600, "End": True}


async def map_run(calls: Calls, execution_arn: str) -> dict[str, Any]:
    """The newest Map Run, described, once there is one."""

    async def look() -> dict[str, Any] | None:
        runs = (await calls.sfn.list_map_runs(executionArn=execution_arn))["mapRuns"]
        found = runs and await calls.sfn.describe_map_run(mapRunArn=runs[0]["mapRunArn"])
        return found if found and found["itemCounts"]["total"] else None

    return await eventually(look)


async def children(calls: Calls, run_arn: str, **asked: Any) -> list[dict[str, Any]]:
    pages = calls.sfn.get_paginator("list_executions").paginate(mapRunArn=run_arn, **asked)
    return [child async for page in pages for child in page["executions"]]


async def test_a_map_run_counts_items_and_executions(calls: Calls) -> None:
    batched = distributed(PASS, MaxConcurrency=2, ItemBatcher={"MaxItemsPerBatch": 2})
    ended = await calls.run(machine(batched), [1, 2, 3])
    run = await map_run(calls, ended["executionArn"])
    assert (run["status"], run["maxConcurrency"], run["redriveCount"]) == ("SUCCEEDED", 2, 0)
    assert run["executionArn"] == ended["executionArn"]
    assert run["stopDate"] >= run["startDate"]
    nothing = dict.fromkeys(("pending", "running", "failed", "timedOut", "aborted"), 0)
    assert run["itemCounts"] == nothing | dict.fromkeys(("succeeded", "total", "resultsWritten"), 3)
    assert run["executionCounts"]["total"] == 2


async def test_children_are_executions_that_can_be_asked_for(calls: Calls) -> None:
    ended = await calls.run(machine(distributed(PASS)), ["a", "b"])
    run = await map_run(calls, ended["executionArn"])
    listed = await children(calls, run["mapRunArn"], PaginationConfig={"PageSize": 1})
    assert [child["status"] for child in listed] == ["SUCCEEDED", "SUCCEEDED"]
    machine_arn = ended["stateMachineArn"]
    described = await calls.sfn.describe_execution(executionArn=listed[0]["executionArn"])
    name = machine_arn.rpartition(":")[2]
    assert f":execution:{name}/Items:{described['name']}" in described["executionArn"]
    assert (described["input"], described["output"]) == ('"b"', '"b"')
    assert (described["mapRunArn"], listed[0]["itemCount"]) == (run["mapRunArn"], 1)
    assert described["stateMachineArn"] == f"{machine_arn}/Items"
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    events = await calls.history(listed[0]["executionArn"])
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]


async def test_children_are_listed_by_status_and_not_among_the_machine_s(calls: Calls) -> None:
    ended = await calls.run(machine(distributed(PASS)), [1])
    run = await map_run(calls, ended["executionArn"])
    assert await children(calls, run["mapRunArn"], statusFilter="FAILED") == []
    listed = await calls.sfn.list_executions(stateMachineArn=ended["stateMachineArn"])
    assert [one["executionArn"] for one in listed["executions"]] == [ended["executionArn"]]


async def test_a_child_s_definition_is_its_map_s_processor(calls: Calls) -> None:
    ended = await calls.run(machine(state := distributed(PASS)), [1])
    [child] = await children(calls, (await map_run(calls, ended["executionArn"]))["mapRunArn"])
    asked = {"executionArn": child["executionArn"]}
    found = await calls.sfn.describe_state_machine_for_execution(**asked)
    assert json.loads(found["definition"]) == state["ItemProcessor"]
    assert (found["label"], found["mapRunArn"]) == ("Items", child.get("mapRunArn"))
    assert (await refusal(calls.sfn.redrive_execution(**asked)))[0] == "ExecutionNotRedrivable"


async def test_express_children_can_t_be_asked_for(calls: Calls) -> None:
    ended = await calls.run(machine(distributed(PASS, "EXPRESS")), [1, 2])
    assert ended["output"] == "[1,2]"
    run = await map_run(calls, ended["executionArn"])
    code, _ = await refusal(calls.sfn.list_executions(mapRunArn=run["mapRunArn"]))
    assert code == "StateMachineTypeNotSupported"


async def test_an_update_lets_more_children_run(calls: Calls) -> None:
    execution = await calls.start(
        await calls.create(machine(distributed(WAIT, MaxConcurrency=1))), [1, 2]
    )
    run = await map_run(calls, execution)
    arn = run["mapRunArn"]
    assert (run["itemCounts"]["pending"], run["itemCounts"]["running"]) == (1, 1)
    await calls.sfn.update_map_run(mapRunArn=arn, maxConcurrency=2, toleratedFailureCount=1)

    async def look() -> dict[str, Any] | None:
        found: dict[str, Any] = await calls.sfn.describe_map_run(mapRunArn=arn)
        return found if found["itemCounts"]["running"] == 2 else None

    assert (await eventually(look))["toleratedFailureCount"] == 1
    [newest, _] = await children(calls, arn)
    await calls.sfn.stop_execution(executionArn=newest["executionArn"], error="Enough")
    await calls.sfn.stop_execution(executionArn=execution)
    counts = (await calls.sfn.describe_map_run(mapRunArn=arn))["itemCounts"]
    assert (counts["aborted"], counts["total"]) == (2, 2)
    code, _ = await refusal(calls.sfn.update_map_run(mapRunArn=arn, maxConcurrency=3))
    assert code == "ValidationException"


async def test_what_isn_t_there_or_allowed_is_refused(calls: Calls) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:mapRun:a/b:c"
    assert (await refusal(calls.sfn.describe_map_run(mapRunArn=arn)))[0] == "ResourceNotFound"
    assert (await refusal(calls.sfn.list_executions(mapRunArn=arn)))[0] == "ResourceNotFound"
    ended = await calls.run(machine(distributed(PASS)), [1])
    arn = (await map_run(calls, ended["executionArn"]))["mapRunArn"]
    code, _ = await refusal(calls.sfn.update_map_run(mapRunArn=arn, toleratedFailurePercentage=101))
    assert code == "ValidationException"
