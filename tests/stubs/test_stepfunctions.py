"""The stub itself, as a plain HTTP client sees it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

import aiohttp
import pytest

from .account import Lag
from .stepfunctions import StepFunctionsStub, event

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Caller:
    """Posts AWS JSON without signing anything."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def __call__(self, operation: str, **body: Any) -> dict[str, Any]:
        headers = {"X-Amz-Target": f"AWSStepFunctions.{operation}"}
        async with self._session.post(self._url, json=body, headers=headers) as response:
            answer: dict[str, Any] = await response.json(content_type=None)
            return answer | {"http": response.status}


@pytest.fixture
async def stub() -> AsyncIterator[StepFunctionsStub]:
    async with StepFunctionsStub(now=lambda: NOW) as stub:
        yield stub


@pytest.fixture
async def call(stub: StepFunctionsStub) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(stub.url, session)


@pytest.fixture
def arn(stub: StepFunctionsStub) -> str:
    stub.add_machine("order")
    arn = stub.add_execution("order", "one")
    stub.append(arn, event("ExecutionStarted", details={"input": "{}"}))
    stub.append(arn, *(event("WaitStateEntered", details={"name": "W"}) for _ in range(4)))
    return arn


async def test_pages_of_a_history_meet_without_gap_in_both_orders(
    call: Caller, stub: StepFunctionsStub, arn: str
) -> None:
    seen: dict[bool, list[int]] = {True: [], False: []}
    for reverse in seen:
        token: dict[str, str] = {}
        while True:
            page = await call(
                "GetExecutionHistory",
                executionArn=arn,
                maxResults=2,
                reverseOrder=reverse,
                **token,
            )
            seen[reverse] += [each["id"] for each in page["events"]]
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
    assert seen == {False: [1, 2, 3, 4, 5], True: [5, 4, 3, 2, 1]}
    assert stub.calls["GetExecutionHistory"] == 6


async def test_events_appended_between_reverse_pages_shift_nothing(
    call: Caller, stub: StepFunctionsStub, arn: str
) -> None:
    first = await call("GetExecutionHistory", executionArn=arn, maxResults=2, reverseOrder=True)
    stub.append(arn, event("WaitStateExited"), event("ExecutionSucceeded"))
    second = await call(
        "GetExecutionHistory",
        executionArn=arn,
        maxResults=9,
        reverseOrder=True,
        nextToken=first["nextToken"],
    )
    assert [each["id"] for each in second["events"]] == [3, 2, 1]


async def test_a_stale_page_token_is_refused(
    call: Caller, stub: StepFunctionsStub, arn: str
) -> None:
    first = await call("GetExecutionHistory", executionArn=arn, maxResults=2)
    stub.expire_page_tokens()
    token = first["nextToken"]
    answer = await call("GetExecutionHistory", executionArn=arn, nextToken=token)
    assert (answer["http"], answer["__type"]) == (400, "InvalidToken")


async def test_the_same_start_answers_the_same_execution_and_another_input_is_refused(
    call: Caller, stub: StepFunctionsStub
) -> None:
    machine = stub.add_machine("order")
    start = {"stateMachineArn": machine, "name": "n"}
    first = await call("StartExecution", **start, input="1")
    again = await call("StartExecution", **start, input="1")
    other = await call("StartExecution", **start, input="2")
    assert again == first
    assert other["__type"] == "ExecutionAlreadyExists"


async def test_terminal_events_and_a_redrive_show_in_the_description(
    call: Caller, stub: StepFunctionsStub, arn: str
) -> None:
    stub.append(arn, event("ExecutionFailed", details={"error": "E", "cause": "C"}))
    failed = await call("DescribeExecution", executionArn=arn)
    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "E", "C")
    await call("RedriveExecution", executionArn=arn)
    redriven = await call("DescribeExecution", executionArn=arn)
    assert (redriven["status"], redriven["redriveCount"]) == ("RUNNING", 1)
    assert "stopDate" not in redriven
    assert stub.execution(arn).events[-1]["type"] == "ExecutionRedriven"


async def test_a_task_token_settles_its_task_once(
    call: Caller, stub: StepFunctionsStub, arn: str
) -> None:
    details = {"resource": "sendMessage.waitForTaskToken", "resourceType": "sqs"}
    scheduled = stub.append(arn, event("TaskScheduled", details=details))
    stub.add_task_token("t", arn, scheduled)
    assert (await call("SendTaskSuccess", taskToken="t", output="7"))["http"] == 200
    succeeded = stub.execution(arn).events[-1]
    assert succeeded["previousEventId"] == scheduled
    assert succeeded["taskSucceededEventDetails"] == {**details, "output": "7"}
    assert (await call("SendTaskSuccess", taskToken="t", output="7"))["__type"] == "TaskTimedOut"
    assert (await call("SendTaskHeartbeat", taskToken="?"))["__type"] == "InvalidToken"


async def test_faults_are_used_up_one_a_call(
    call: Caller, stub: StepFunctionsStub, arn: str
) -> None:
    stub.fail_next("DescribeExecution", code="ThrottlingException", times=2)
    codes = [(await call("DescribeExecution", executionArn=arn))["http"] for _ in range(3)]
    assert codes == [400, 400, 200]


async def test_a_dropped_start_took_effect(call: Caller, stub: StepFunctionsStub) -> None:
    machine = stub.add_machine("order")
    stub.drop_next("StartExecution")
    with pytest.raises(aiohttp.ClientError):
        await call("StartExecution", stateMachineArn=machine, name="n", input="{}")
    assert len(stub.account.runs) == 1


async def test_eventual_consistency_can_be_scripted(
    call: Caller, stub: StepFunctionsStub, arn: str
) -> None:
    stub.hide(arn, reads=1)
    stub.freeze(arn, describes=1)
    stub.append(arn, event("ExecutionSucceeded", details={"output": "{}"}))
    shown = [await call("DescribeExecution", executionArn=arn) for _ in range(3)]
    assert [each.get("__type", each.get("status")) for each in shown] == [
        "ExecutionDoesNotExist",
        "RUNNING",
        "SUCCEEDED",
    ]


READS = ("DescribeExecution", "GetExecutionHistory")


async def test_a_write_is_read_late(call: Caller, stub: StepFunctionsStub, arn: str) -> None:
    stub.account.lag = Lag(seconds=inf)
    await call("StopExecution", executionArn=arn)
    await call("RedriveExecution", executionArn=arn)
    started = await call("StartExecution", stateMachineArn=machine_of(arn), name="two")
    assert (await call("DescribeExecution", executionArn=arn))["status"] == "RUNNING"
    assert len((await call("GetExecutionHistory", executionArn=arn))["events"]) == 5
    for read in READS:
        assert (await call(read, executionArn=started["executionArn"]))["http"] == 400
    listed = await call("ListExecutions", stateMachineArn=machine_of(arn))
    assert [line["executionArn"] for line in listed["executions"]] == [arn]
    stub.account.catch_up()
    assert (await call("DescribeExecution", executionArn=arn))["redriveCount"] == 1
    assert len((await call("GetExecutionHistory", executionArn=arn))["events"]) == 7
    assert (await call("DescribeExecution", executionArn=started["executionArn"]))["http"] == 200


async def test_each_write_is_read_when_its_own_time_has_come(
    call: Caller, stub: StepFunctionsStub, arn: str
) -> None:
    stub.account.lag = Lag(reads=2)
    stub.append(arn, event("WaitStateExited", details={"name": "W"}))
    seen = []
    for _ in range(4):
        seen.append(len((await call("GetExecutionHistory", executionArn=arn))["events"]))
        stub.append(arn, event("WaitStateExited", details={"name": "W"}))
    assert seen == [5, 5, 6, 7]


async def test_the_stub_s_clock_ends_a_lag() -> None:
    at = [NOW]
    async with StepFunctionsStub(now=lambda: at[0]) as stub, aiohttp.ClientSession() as session:
        stub.add_machine("order")
        arn, call = stub.add_execution("order", "one"), Caller(stub.url, session)
        stub.account.lag = Lag(seconds=3)
        await call("StopExecution", executionArn=arn)
        seen = []
        for _ in range(3):
            at[0] += timedelta(seconds=1.5)
            seen.append((await call("DescribeExecution", executionArn=arn))["status"])
    assert seen == ["RUNNING", "ABORTED", "ABORTED"]


def machine_of(arn: str) -> str:
    return arn.replace(":execution:", ":stateMachine:").rpartition(":")[0]
