"""Functions are invoked in the trace of their execution."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, Definition, one_state

from .task_runs import task

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
BRANCHES = one_state(
    Type="Parallel",
    Branches=[
        one_state("Plain", Type="Task", Resource=FUNCTION + "in-trace"),
        one_state("Async", Type="Task", Resource=FUNCTION + "in-trace-async"),
        one_state(
            "Invoked",
            Type="Task",
            Resource="arn:aws:states:::lambda:invoke",
            Parameters={"FunctionName": "in-trace"},
            OutputPath="$.Payload",
        ),
    ],
)
EACH = one_state(
    Type="Map",
    ItemsPath="$.items",
    ItemProcessor={
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        **one_state("Child", Type="Task", Resource=FUNCTION + "in-trace"),
    },
)


async def outcome(calls: Calls, definition: Definition, **attributes: Any) -> dict[str, Any]:
    machine = await calls.create(definition)
    return await calls.ended(await calls.start(machine, {"items": [1, 2]}, **attributes))


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("definition", "functions"), [(BRANCHES, 3), (EACH, 2)])
async def test_each_finds_it_where_lambda_has_it(
    calls: Calls, definition: Definition, functions: int
) -> None:
    ended = await outcome(calls, definition, traceHeader=TRACE)
    assert json.loads(ended["output"]) == [TRACE] * functions
    assert ended["traceHeader"] == TRACE


@pytest.mark.asyncio(loop_scope="session")
async def test_without_a_trace_none_is_told(calls: Calls) -> None:
    ended = await outcome(calls, task(FUNCTION + "in-trace", {}))
    assert ended["output"] == "null"
    assert "traceHeader" not in ended


@pytest.mark.asyncio(loop_scope="session")
async def test_a_header_that_is_too_long_is_refused_as_aws_does(calls: Calls) -> None:
    machine = await calls.create(BRANCHES)
    with pytest.raises(calls.sfn.exceptions.ClientError, match="ValidationException"):
        await calls.start(machine, traceHeader="x" * 257)
