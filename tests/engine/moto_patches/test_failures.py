"""States that fail, at the top and inside of Parallel and Map."""

import json
from typing import Any

import pytest

from handrail.core.history.events import parse_event
from handrail.core.history.projection import Projection
from handrail.core.models import StateStatus
from tests.engine.engine_fixture import FUNCTION, Calls, Definition, one_state, types

from .test_failures_names import caught

pytestmark = pytest.mark.asyncio(loop_scope="session")

State = dict[str, Any]
HELD: State = {"Type": "Task", "Resource": FUNCTION + "hold", "TimeoutSeconds": 1, "End": True}
INTRINSIC: State = {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.x, 1)"}, "End": True}
WAIT: State = {"Type": "Wait", "SecondsPath": "$.x", "End": True}
MISSING: State = {
    "Type": "Task",
    "Resource": FUNCTION + "echo",
    "Parameters": {"a.$": "$.nope"},
    "End": True,
}


def where(state: str, entered: int) -> str:
    place = f"'{state}' (entered at the event id #{entered})"
    return f"An error occurred while executing the state {place}. "


def parallel(state: State) -> Definition:
    return one_state(Type="Parallel", Branches=[{"StartAt": "B", "States": {"B": state}}])


def mapped(state: State) -> Definition:
    return one_state(
        Type="Map",
        ItemsPath="$.items",
        ItemProcessor={"StartAt": "B", "States": {"B": state}},
    )


INPUT = {"x": "one", "items": [{"x": "one"}]}


async def folded(calls: Calls, execution_arn: str) -> Projection:
    projection = Projection()
    projection.fold(map(parse_event, await calls.history(execution_arn)))
    return projection


@pytest.mark.parametrize("around", [parallel, mapped])
@pytest.mark.parametrize("taken", ["States.Timeout", "States.ALL"])
async def test_a_timeout_inside_is_caught_outside(calls: Calls, around: Any, taken: str) -> None:
    ended = await calls.run(caught(around(HELD), taken), INPUT)
    await calls.functions.invoke(FunctionName="release", Payload=b"{}")
    assert json.loads(ended["output"]) == {"Error": "States.Timeout", "Cause": ""}
    events = types(await calls.history(ended["executionArn"]))
    kind = around(HELD)["States"]["A"]["Type"]
    inside = events.index("LambdaFunctionTimedOut")
    assert f"{kind}StateFailed" in events[inside:]
    assert f"{kind}StateExited" in events[inside:]
    states = (await folded(calls, ended["executionArn"])).states
    assert states["A"]["status"] == StateStatus.CAUGHT
    assert states["A"]["caught"] == 1
    assert states["B"]["last_error"] == {"error": "States.Timeout", "cause": None}


@pytest.mark.parametrize("around", [parallel, mapped])
async def test_a_timeout_inside_ends_the_execution_as_itself(calls: Calls, around: Any) -> None:
    ended = await calls.run(around(HELD), INPUT)
    await calls.functions.invoke(FunctionName="release", Payload=b"{}")
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    assert "cause" not in ended
    states = (await folded(calls, ended["executionArn"])).states
    assert [states[name]["status"] for name in "AB"] == [StateStatus.FAILED, StateStatus.TIMED_OUT]


@pytest.mark.parametrize("around", [parallel, mapped])
async def test_a_timeout_inside_is_tried_again_outside(calls: Calls, around: Any) -> None:
    definition = around(HELD)
    again = {"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 1}
    definition["States"]["A"]["Retry"] = [again]
    ended = await calls.run(definition, INPUT)
    for _ in range(2):
        await calls.functions.invoke(FunctionName="release", Payload=b"{}")
    events = types(await calls.history(ended["executionArn"]))
    assert events.count("LambdaFunctionTimedOut") == 2


@pytest.mark.parametrize("around", [parallel, mapped])
async def test_an_intrinsic_failure_inside_is_caught_outside(calls: Calls, around: Any) -> None:
    ended = await calls.run(caught(around(INTRINSIC), "States.ALL"), INPUT)
    output = json.loads(ended["output"])
    assert output["Error"] == "States.IntrinsicFailure"
    assert "States.MathAdd($.x, 1)' had the following error: the first number" in output["Cause"]


async def test_a_jsonata_error_inside_is_caught_outside(calls: Calls) -> None:
    broken = {"Type": "Pass", "Output": "{% 'a' + 1 %}", "End": True}
    definition = {"QueryLanguage": "JSONata"} | caught(parallel(broken), "States.ALL")
    ended = await calls.run(definition)
    output = json.loads(ended["output"])
    assert output["Error"] == "States.QueryEvaluationError"
    assert "specified for the field 'Output' threw an error" in output["Cause"]


@pytest.mark.parametrize(("around", "entered"), [(parallel, 4), (mapped, 5)])
async def test_a_runtime_error_inside_is_not_caught_by_the_wildcard(
    calls: Calls, around: Any, entered: int
) -> None:
    ended = await calls.run(caught(around(WAIT), "States.ALL"), INPUT)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    cause = "The SecondsPath parameter cannot be parsed as a long value: $.x == one"
    assert ended["cause"].count("An error occurred while executing") == 1
    assert ended["cause"].endswith(f"(entered at the event id #{entered}). {cause}")
    assert types(await calls.history(ended["executionArn"]))[-1] == "ExecutionFailed"


async def test_a_path_that_finds_nothing_fails_a_task_before_it_starts(calls: Calls) -> None:
    definition = caught({"StartAt": "A", "States": {"A": dict(MISSING)}}, "States.ALL")
    ended = await calls.run(definition, INPUT)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert ended["cause"] == (
        where("A", 2) + "The JSONPath '$.nope' specified for the field 'a.$' could not be found"
        f" in the input '{json.dumps(INPUT, separators=(',', ':'))}'"
    )
    events = await calls.history(ended["executionArn"])
    assert types(events) == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    assert (await folded(calls, ended["executionArn"])).states["A"]["status"] == StateStatus.FAILED


@pytest.mark.parametrize("wanted", ["Parameters", "TimeoutSecondsPath"])
async def test_a_task_s_runtime_error_is_caught_by_name_and_ends_nothing(
    calls: Calls, wanted: str
) -> None:
    value: Any = {"a.$": "$.nope"} if wanted == "Parameters" else "$.nope"
    state = one_state(Type="Task", Resource=FUNCTION + "echo", **{wanted: value})
    ended = await calls.run(caught(state, "States.Runtime"), INPUT)
    assert json.loads(ended["output"])["Error"] == "States.Runtime"
    assert types(await calls.history(ended["executionArn"]))[-1] == "ExecutionSucceeded"


async def test_an_activity_s_broken_expression_is_caught(calls: Calls) -> None:
    activity = (await calls.sfn.create_activity(name="never-asked"))["activityArn"]
    state = one_state(Type="Task", Resource=activity, Arguments="{% 'a' + 1 %}")
    definition = {"QueryLanguage": "JSONata"} | caught(state, "States.QueryEvaluationError")
    assert (await calls.run(definition))["status"] == "SUCCEEDED"
