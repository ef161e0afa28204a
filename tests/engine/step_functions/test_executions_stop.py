import asyncio
from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, PASS, WAIT, Calls, one_state, refusal, types

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOLD = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Task", "Resource": FUNCTION + "hold", "Next": "B"},
        "B": {"Type": "Pass", "End": True},
    },
}
CHOOSE = {
    "StartAt": "Note",
    "States": {
        "Note": {"Type": "Pass", "Assign": {"noted.$": "$.x"}, "Next": "Fail"},
        "Fail": {"Type": "Task", "Resource": FUNCTION + "fail", "Next": "Never"},
        "Never": {"Type": "Succeed"},
    },
}


async def test_a_stop_is_in_status_and_history_at_once(calls: Calls) -> None:
    arn = await calls.start(await calls.create(WAIT))
    stopped = await calls.sfn.stop_execution(executionArn=arn, error="Enough", cause="of that")
    described = await calls.sfn.describe_execution(executionArn=arn)
    assert (described["status"], described["error"], described["cause"]) == (
        "ABORTED",
        "Enough",
        "of that",
    )
    last = (await calls.history(arn))[-1]
    assert (last["type"], last["previousEventId"]) == ("ExecutionAborted", 0)
    assert last["executionAbortedEventDetails"] == {"error": "Enough", "cause": "of that"}
    assert stopped["stopDate"] == described["stopDate"] == last["timestamp"]


async def test_nothing_follows_a_stop_though_a_function_still_runs(calls: Calls) -> None:
    machine = await calls.create(HOLD)
    arn = await calls.start(machine)
    await calls.reached(arn, "LambdaFunctionStarted")
    await calls.sfn.stop_execution(executionArn=arn)
    before = await calls.history(arn)
    await release(calls)  # of the stopped execution's function
    other = await calls.start(machine)
    await release(calls)
    await calls.ended(other)
    assert await calls.history(arn) == before


async def test_a_stopped_execution_stays_as_it_ended(calls: Calls) -> None:
    ended = await calls.run(PASS)
    stopped = await calls.sfn.stop_execution(executionArn=ended["executionArn"])
    assert stopped["stopDate"] == ended["stopDate"]
    again = await calls.sfn.describe_execution(executionArn=ended["executionArn"])
    assert again["status"] == "SUCCEEDED"


async def test_error_and_cause_have_a_length(calls: Calls) -> None:
    arn = await calls.start(await calls.create(WAIT))
    for texts in ({"error": "e" * 257}, {"cause": "c" * 32_769}):
        stop = calls.sfn.stop_execution(executionArn=arn, **texts)
        assert (await refusal(stop))[0] == "ValidationException"


async def test_a_redrive_goes_on_from_the_state_that_failed(calls: Calls) -> None:
    failed = await calls.run(CHOOSE, {"x": 1, "what": "yet"})
    arn = failed["executionArn"]
    assert (failed["status"], failed["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    before = await calls.history(arn)
    redriven = await calls.sfn.redrive_execution(executionArn=arn)
    after = await redriven_history(calls, arn)
    assert after[: len(before)] == before
    more = after[len(before) :]
    assert types(more)[:2] == ["ExecutionRedriven", "TaskStateEntered"]
    assert more[0]["executionRedrivenEventDetails"] == {"redriveCount": 1}
    assert [event["id"] for event in after] == list(range(1, len(after) + 1))
    described = await calls.ended(arn)
    assert (described["redriveCount"], described["redriveDate"]) == (1, redriven["redriveDate"])


async def test_what_ran_before_a_redrive_reports_nothing_after_it(calls: Calls) -> None:
    arn = await calls.start(await calls.create(HOLD))
    await calls.reached(arn, "LambdaFunctionStarted")
    await calls.sfn.stop_execution(executionArn=arn)
    await calls.sfn.redrive_execution(executionArn=arn)
    await release(calls, 2)
    assert (await calls.ended(arn))["status"] == "SUCCEEDED"
    assert types(await calls.history(arn)).count("LambdaFunctionSucceeded") == 1


async def test_what_succeeded_or_runs_cannot_be_redriven(calls: Calls) -> None:
    done = (await calls.run(PASS))["executionArn"]
    running = await calls.start(await calls.create(WAIT))
    for arn in (done, running):
        redrive = calls.sfn.redrive_execution(executionArn=arn)
        assert (await refusal(redrive))[0] == "ExecutionNotRedrivable"


async def test_a_failed_map_is_not_redriven_as_a_whole(calls: Calls) -> None:
    failed = await calls.run(
        one_state(
            Type="Map",
            ItemsPath="$.items",
            ItemProcessor=one_state("Item", Type="Task", Resource=FUNCTION + "fail"),
        ),
        {"items": [{"what": "so"}]},
    )
    code, message = await refusal(calls.sfn.redrive_execution(executionArn=failed["executionArn"]))
    assert code == "ExecutionNotRedrivable"
    assert "unsuccessful branches or iterations only" in message
    assert failed["redriveStatus"] == "NOT_REDRIVABLE"


async def release(calls: Calls, times: int = 1) -> None:
    """Let functions that hold go on."""
    await asyncio.gather(
        *(calls.functions.invoke(FunctionName="release", Payload=b"{}") for _ in range(times))
    )


async def redriven_history(calls: Calls, arn: str) -> list[dict[str, Any]]:
    await calls.reached(arn, "ExecutionRedriven")
    await calls.ended(arn)
    return await calls.history(arn)
