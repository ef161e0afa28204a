"""The Executions port over a real socket."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.aws.step_functions.executions import AwsExecutions
from handrail.core.errors import (
    ExecutionConflict,
    ExecutionNotFound,
    ExecutionNotRedrivable,
    InvalidRequest,
    StateMachineNotFound,
    UnsupportedByType,
)
from handrail.core.models import ExecutionStatus
from handrail.core.ports import Executions
from handrail.core.trace_context import TraceContext
from tests.stubs.account import START
from tests.stubs.stepfunctions import StepFunctionsStub, event

NOBODY = "arn:aws:states:us-east-1:123456789012:stateMachine:nobody"


@pytest.fixture
def executions(clients: Clients, calls: AwsCalls) -> Executions:
    return AwsExecutions(clients, calls)


@pytest.fixture
def machine(stub: StepFunctionsStub) -> str:
    return stub.add_machine("order")


async def test_a_start_answers_where_the_execution_is(
    executions: Executions, stub: StepFunctionsStub, machine: str
) -> None:
    started = await executions.start(machine, name="n", input='{"a": "ß"}')
    run = stub.execution(started.arn)
    assert (run.name, run.input) == ("n", '{"a": "ß"}')
    assert abs(started.started_at - run.started_at) < timedelta(milliseconds=1)


async def test_a_start_knows_when_it_was_asked_for_and_answered(
    executions: Executions, machine: str
) -> None:
    before = time.monotonic()
    started = await executions.start(machine, name="n", input="{}")
    assert before <= started.asked_at < started.answered_at <= time.monotonic()


async def test_a_taken_name_is_a_conflict(executions: Executions, machine: str) -> None:
    await executions.start(machine, name="n", input="1")
    with pytest.raises(ExecutionConflict):
        await executions.start(machine, name="n", input="2")


async def test_starting_nobodys_machine_finds_nothing(executions: Executions) -> None:
    for arn in (NOBODY, "not-an-arn"):
        with pytest.raises(StateMachineNotFound):
            await executions.start(arn, name="n", input="{}")


async def test_a_sync_start_answers_its_outcome(
    executions: Executions, stub: StepFunctionsStub
) -> None:
    quick = stub.add_machine("quick", type="EXPRESS")
    result = await executions.start_sync(quick, name="n", input='{"a": 1}')
    assert (result.status, result.output) == (ExecutionStatus.SUCCEEDED, '{"a": 1}')
    assert (result.name, result.billed_ms, result.billed_mb) == ("n", 100, 64)
    trace = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True)
    traced = await executions.start_sync(quick, name="n", input="{}", trace=trace)
    assert (result.trace, traced.trace) == (None, trace)
    stub.account.sync_outcome = {"status": "TIMED_OUT", "error": "States.Timeout", "cause": "C"}
    result = await executions.start_sync(quick, name="n", input="{}")
    assert (result.status, result.error, result.cause, result.output) == (
        ExecutionStatus.TIMED_OUT,
        "States.Timeout",
        "C",
        None,
    )


async def test_a_standard_machine_has_no_sync_start(executions: Executions, machine: str) -> None:
    with pytest.raises(UnsupportedByType):
        await executions.start_sync(machine, name="n", input="{}")


async def test_a_description_has_all_that_is_known(
    executions: Executions, stub: StepFunctionsStub, machine: str
) -> None:
    arn = stub.add_execution("order", "one", input='{"a": 1}', started_at=START)
    shown = await executions.describe(arn)
    assert (str(shown.id), shown.arn, shown.status) == ("order:one", arn, ExecutionStatus.RUNNING)
    assert (shown.started_at, shown.stopped_at) == (START, None)
    assert (shown.input, shown.output, shown.error, shown.cause) == ('{"a": 1}', None, None, None)
    stopped_at = START + timedelta(seconds=3)
    failure = event("ExecutionFailed", timestamp=stopped_at, details={"error": "E", "cause": "C"})
    stub.append(arn, failure)
    shown = await executions.describe(arn)
    assert (shown.status, shown.error, shown.cause) == (ExecutionStatus.FAILED, "E", "C")
    assert shown.stopped_at == stopped_at


async def test_a_payload_aws_left_out_is_none(
    executions: Executions, stub: StepFunctionsStub, machine: str
) -> None:
    arn = stub.add_execution("order", "one")
    stub.execution(arn).input_left_out = True
    assert (await executions.describe(arn)).input is None


async def test_reading_nobodys_execution_finds_nothing(
    executions: Executions, stub: StepFunctionsStub, machine: str
) -> None:
    stub.add_machine("quick", type="EXPRESS")
    express = stub.add_execution("quick", "one")
    for arn in (f"{machine.replace('stateMachine', 'execution')}:gone", "not-an-arn", express):
        with pytest.raises(ExecutionNotFound):
            await executions.describe(arn)


async def test_lists_come_newest_first_page_by_page(
    executions: Executions, stub: StepFunctionsStub, machine: str
) -> None:
    for n in range(5):
        stub.add_execution("order", str(n), started_at=START + timedelta(minutes=n))
    page = await executions.list_page(machine, limit=3)
    rest = await executions.list_page(machine, limit=3, token=page.next_token)
    assert [each.id.name for each in page.items + rest.items] == ["4", "3", "2", "1", "0"]
    assert rest.next_token is None


async def test_lists_may_be_narrowed_to_a_status_and_count_redrives(
    executions: Executions, stub: StepFunctionsStub, machine: str
) -> None:
    stub.add_execution("order", "running")
    failed = stub.add_execution("order", "failed")
    stub.append(failed, event("ExecutionFailed"), event("ExecutionRedriven"))
    stub.append(failed, event("ExecutionFailed"))
    page = await executions.list_page(machine, status=ExecutionStatus.FAILED)
    assert [(each.id.name, each.redrive_count) for each in page.items] == [("failed", 1)]
    assert page.items[0].input is None


async def test_a_stale_page_token_is_the_callers_to_drop(
    executions: Executions, stub: StepFunctionsStub, machine: str
) -> None:
    for n in range(2):
        stub.add_execution("order", str(n))
    page = await executions.list_page(machine, limit=1)
    stub.expire_page_tokens()
    with pytest.raises(InvalidRequest):
        await executions.list_page(machine, limit=1, token=page.next_token)


async def test_lists_need_a_standard_machine_that_exists(
    executions: Executions, stub: StepFunctionsStub
) -> None:
    with pytest.raises(StateMachineNotFound):
        await executions.list_page(NOBODY)
    with pytest.raises(UnsupportedByType):
        await executions.list_page(stub.add_machine("quick", type="EXPRESS"))


async def test_a_stop_says_when_and_passes_on_why(
    executions: Executions, stub: StepFunctionsStub, machine: str
) -> None:
    arn = stub.add_execution("order", "one")
    stopped_at = await executions.stop(arn, error="E", cause="C")
    run = stub.execution(arn)
    assert (run.status, run.error, run.cause) == ("ABORTED", "E", "C")
    assert run.stopped_at
    assert abs(stopped_at - run.stopped_at) < timedelta(milliseconds=1)


async def test_a_redrive_says_when_and_only_what_failed_has_one(
    executions: Executions, stub: StepFunctionsStub, machine: str
) -> None:
    arn = stub.add_execution("order", "one")
    with pytest.raises(ExecutionNotRedrivable):
        await executions.redrive(arn)
    await executions.stop(arn)
    rounding = timedelta(milliseconds=1)  # AWS tells milliseconds
    assert await executions.redrive(arn) <= datetime.now(UTC) + rounding
    shown = await executions.describe(arn)
    assert (shown.status, shown.redrive_count) == (ExecutionStatus.RUNNING, 1)


async def test_what_was_started_by_an_alias_says_so_wherever_aws_does(
    executions: Executions, machine: str, stub: StepFunctionsStub
) -> None:
    held = stub.account.machines[machine]
    held.versions["3"], held.aliases["live"] = held.definition, "3"
    by_alias = await executions.start(f"{machine}:live", name="a", input="{}")
    by_version = await executions.start(f"{machine}:3", name="b", input="{}")
    await executions.start(machine, name="c", input="{}")
    shown = await executions.describe(by_alias.arn)
    assert (shown.version, shown.alias) == ("3", "live")
    shown = await executions.describe(by_version.arn)
    assert (shown.version, shown.alias) == ("3", None)
    listed = {
        qualifier: {item.id.name: (item.version, item.alias) for item in page.items}
        for qualifier in ("", ":3", ":live")
        for page in [await executions.list_page(machine + qualifier)]
    }
    assert listed[""] == {"a": ("3", "live"), "b": ("3", None), "c": (None, None)}
    assert listed[":3"] == {"a": ("3", "live"), "b": ("3", None)}
    assert listed[":live"] == {"a": ("3", "live")}
