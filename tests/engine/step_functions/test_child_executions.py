"""Child executions of a distributed Map: Standard ones are asked for as any other, Express ones
aren't, and 1,000 of them are no matter."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, refusal

from .test_map_run_operations import PASS, WAIT, children, distributed, machine, map_run

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_child_runs_tasks_as_any_execution(calls: Calls) -> None:
    task = {"Type": "Task", "Resource": FUNCTION + "echo", "End": True}
    ended = await calls.run(machine(distributed(task)), [{"n": 1}])
    run = await map_run(calls, ended["executionArn"])
    [child] = await children(calls, run["mapRunArn"])
    events = [event["type"] for event in await calls.history(child["executionArn"])]
    assert events[2:5] == [
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
    ]


async def test_one_is_stopped_by_its_arn(calls: Calls) -> None:
    state = distributed(WAIT, ToleratedFailureCount=1)
    execution = await calls.start(await calls.create(machine(state)), ["a"])
    run = await map_run(calls, execution)
    [child] = await children(calls, run["mapRunArn"])
    await calls.sfn.stop_execution(executionArn=child["executionArn"], error="E", cause="C")
    [entry] = json.loads((await calls.ended(execution))["output"])
    assert (entry["Status"], entry["Error"], entry["Cause"]) == ("ABORTED", "E", "C")


async def test_an_express_child_says_so_in_its_arn(calls: Calls) -> None:
    context: dict[str, Any] = {
        "Type": "Pass",
        "Parameters": {"id.$": "$$.Execution.Id"},
        "End": True,
    }
    ended = await calls.run(machine(distributed(context, "EXPRESS")), [1])
    [arn] = [found["id"] for found in json.loads(ended["output"])]
    name = ended["stateMachineArn"].rpartition(":")[2]
    assert f":express:{name}/Items:" in arn
    assert (await refusal(calls.sfn.describe_execution(executionArn=arn)))[0] == "InvalidArn"


async def test_children_go_with_their_state_machine(calls: Calls) -> None:
    ended = await calls.run(machine(distributed(PASS)), [1])
    run = await map_run(calls, ended["executionArn"])
    [child] = await children(calls, run["mapRunArn"])
    await calls.sfn.delete_state_machine(stateMachineArn=ended["stateMachineArn"])
    asked = calls.sfn.describe_execution(executionArn=child["executionArn"])
    assert (await refusal(asked))[0] == "ExecutionDoesNotExist"
    asked = calls.sfn.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (await refusal(asked))[0] == "ResourceNotFound"


async def test_a_thousand_items_are_a_thousand_executions(calls: Calls) -> None:
    definition = machine(distributed(PASS))
    ended = await calls.run(definition, list(range(1000)))
    assert json.loads(ended["output"]) == list(range(1000))
    run = await map_run(calls, ended["executionArn"])
    assert run["executionCounts"]["succeeded"] == 1000
