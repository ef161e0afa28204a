"""StartExecution, StartSyncExecution, StopExecution and RedriveExecution."""

import json
import math
from typing import Any
from uuid import uuid4

from service.local.errors import AwsError

from . import rules
from .account import AccountRegion, Request
from .execution import LiveExecution
from .history import epoch

EXPRESS_LIMIT_S = 300
_BILLED_MB = 64


def start_execution(account: AccountRegion, request: Request) -> dict[str, Any]:
    """Idempotent by name and input while the execution runs, as AWS is for Standard ones."""
    execution = _start(account, request)
    return {"executionArn": execution.exec_arn, "startDate": epoch(execution.start_date)}


def start_sync_execution(account: AccountRegion, request: Request) -> dict[str, Any]:
    """Answers when the execution has ended, also when it failed."""
    execution = _start(account, request, express_alone=True)
    if not execution.done.wait(EXPRESS_LIMIT_S):
        execution.time_out()
    took_ms = (execution.stop_date - execution.start_date).total_seconds() * 1000
    billing = {
        "billedMemoryUsedInMB": _BILLED_MB,
        "billedDurationInMilliseconds": max(100, math.ceil(took_ms / 100) * 100),
    }
    return execution.described() | {
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "outputDetails": {"included": True},
        "billingDetails": billing,
    }


def stop_execution(account: AccountRegion, request: Request) -> dict[str, Any]:
    execution = account.execution(rules.required(request, "executionArn"))
    execution.stop(
        rules.optional(request, "error", most=256), rules.optional(request, "cause", most=32_768)
    )
    return {"stopDate": epoch(execution.stop_date)}


def redrive_execution(account: AccountRegion, request: Request) -> dict[str, Any]:
    """Only where the interpreter can do what AWS does: go on from one state of the top level."""
    execution = account.execution(rules.required(request, "executionArn"))
    with account.lock:
        if problem := not_redrivable(execution):
            raise AwsError("ExecutionNotRedrivable", problem)
        state, input = _unsuccessful_state(execution)
        return {"redriveDate": epoch(execution.redrive(state, input))}


def not_redrivable(execution: LiveExecution) -> str | None:
    """Why the execution can't be redriven, None where it can."""
    status = execution.exec_status.value
    if status in {"RUNNING", "SUCCEEDED"}:
        return f"Execution is {status} and cannot be redriven"
    state, _ = _unsuccessful_state(execution)
    if execution.definition["States"][state]["Type"] in {"Parallel", "Map"}:
        return (
            f"The embedded engine can't redrive the {state} state: AWS would run its unsuccessful"
            " branches or iterations only."
        )
    return None


def unsupported_type() -> AwsError:
    return AwsError(
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    )


def _start(
    account: AccountRegion, request: Request, *, express_alone: bool = False
) -> LiveExecution:
    machine = account.machine(rules.required(request, "stateMachineArn"))
    name, input = request.get("name") or str(uuid4()), request.get("input", "{}")
    rules.check_name(name)
    rules.check_input(input)
    if express_alone and machine.type != "EXPRESS":
        raise unsupported_type()
    if machine.type == "EXPRESS":
        arn = account.arn("express", machine.name, name, str(uuid4()))
    else:
        arn = account.arn("execution", machine.name, name)
    with account.lock:
        existing = account.executions.get(arn)
        if existing is None:
            return account.launch(machine, arn=arn, name=name, input=input)
        if existing.done.is_set() or existing.execution_input != input:
            raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        return existing


def _unsuccessful_state(execution: LiveExecution) -> tuple[str, Any]:
    """The last state of the top level that was entered, and the input it got."""
    states = execution.definition["States"]
    for event in reversed(execution.history.events()):
        entered = event.get("stateEnteredEventDetails")
        if entered and entered["name"] in states:
            return entered["name"], json.loads(entered["input"])
    return execution.definition["StartAt"], json.loads(execution.execution_input)
