"""Starts, stops, redrives, describes and lists executions, and reads their histories by pages."""

import json
import math
from typing import Any
from uuid import uuid4

from handrail.core.trace_context import LONGEST_HEADER
from handrail.engine.errors import AwsError

from . import map_run_operations, request_rules
from .account import AccountRegion, Output, Request, Start
from .live_execution import LiveExecution
from .live_history import shown
from .versions import revision_of, target

EXPRESS_LIMIT_S = 300
_QUALIFIERS = "stateMachineVersionArn", "stateMachineAliasArn"
_DATES = "startDate", "stopDate"
_OF_CHILDREN = "mapRunArn", "itemCount"
_IN_LISTS = (
    "executionArn", "stateMachineArn", *_QUALIFIERS, "name", "status", *_DATES, *_OF_CHILDREN
)  # fmt: skip
_MACHINE_FIELDS = (
    "name", "definition", "roleArn",
    "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration",
)  # fmt: skip
_UNSUPPORTED_TYPE = "This operation is not supported by this type of state machine"


def start_execution(account: AccountRegion, request: Request) -> Output:
    """Idempotent by name and input while the execution runs, as AWS is for Standard ones. A test
    case stands behind the state machine's ARN and `#`, as Step Functions Local has it."""
    execution = _start(account, request)
    return {"executionArn": execution.exec_arn, "startDate": execution.start_date}


def start_sync_execution(account: AccountRegion, request: Request) -> Output:
    """Answers when the execution has ended, also when it failed."""
    execution = _start(account, request, sync=True)
    limit_express(execution)
    took_ms = (execution.stop_date - execution.start_date).total_seconds() * 1000
    billed_ms = max(100, math.ceil(took_ms / 100) * 100)
    return execution.described() | {
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "outputDetails": {"included": True},
        "traceHeader": execution.trace_header,
        "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": billed_ms},
    }


def limit_express(execution: LiveExecution) -> None:
    """Blocks until the execution has ended, which it has at the latest after five minutes."""
    if not execution.done.wait(EXPRESS_LIMIT_S):
        execution.time_out()


def stop_execution(account: AccountRegion, request: Request) -> Output:
    execution = account.execution(request_rules.required(request, "executionArn"))
    error = request_rules.optional(request, "error", most=256)
    execution.stop(error, request_rules.optional(request, "cause", most=32_768))
    return {"stopDate": execution.stop_date}


def redrive_execution(account: AccountRegion, request: Request) -> Output:
    """Only where the interpreter can do what AWS does: go on from one state of the top level."""
    execution = account.execution(request_rules.required(request, "executionArn"))
    with account.lock:
        if problem := _not_redrivable(execution):
            raise AwsError("ExecutionNotRedrivable", problem)
        state, input = _unsuccessful_state(execution)
        return {"redriveDate": execution.redrive(state, input)}


def describe_execution(account: AccountRegion, request: Request) -> Output:
    execution = account.execution(request_rules.required(request, "executionArn"))
    with execution.history.gate:
        problem, described = _not_redrivable(execution), execution.described()
        return described | {
            "input": execution.execution_input,
            "inputDetails": {"included": True},
            "outputDetails": described["output"] and {"included": True},
            "traceHeader": execution.trace_header,
            "redriveCount": len(execution.redrives),
            "redriveDate": execution.redrives[-1] if execution.redrives else None,
            "redriveStatus": "NOT_REDRIVABLE" if problem else "REDRIVABLE",
            "redriveStatusReason": problem,
        }


def describe_state_machine_for_execution(account: AccountRegion, request: Request) -> Output:
    """The definition the execution was started with: a child execution's is its Map's processor."""
    execution = account.execution(request_rules.required(request, "executionArn"))
    machine = execution.state_machine
    found = {field: getattr(machine, field) for field in _MACHINE_FIELDS}
    at, revision = machine.update_date, revision_of(machine)
    return found | {
        "stateMachineArn": machine.arn,
        "updateDate": at,
        "revisionId": revision,
        "mapRunArn": execution.map_run_arn,
        "label": machine.name.partition("/")[2] or None,
    }


def list_executions(account: AccountRegion, request: Request) -> Output:
    """Newest first; of a version or an alias, what was started by its ARN; or the children of a Map
    Run."""
    if arn := request.get("mapRunArn"):
        express = map_run_operations.found(account, arn).express
    else:
        arn = request_rules.required(request, "stateMachineArn")
        express = target(account, arn).machine.type == "EXPRESS"
    if express:
        raise AwsError("StateMachineTypeNotSupported", _UNSUPPORTED_TYPE)
    wanted = request.get("statusFilter")

    def show(execution: LiveExecution) -> Output:
        described = execution.described()
        fields = {key: described[key] for key in _IN_LISTS if described.get(key) is not None}
        return fields | {"redriveCount": len(execution.redrives)}

    found = (
        (-execution.order, execution)
        for execution in reversed(account.snapshot())
        if arn
        in {execution.state_machine_arn, execution.map_run_arn, *execution.qualifiers.values()}
        and wanted in (None, execution.status)
    )
    scope = ["executions", arn, wanted]
    executions, more = account.tokens.page(request, scope, found, show)
    return {"executions": executions, **more}


def get_execution_history(account: AccountRegion, request: Request) -> Output:
    """Pages go on from the last event given, so events that come meanwhile shift nothing."""
    execution = account.execution(request_rules.required(request, "executionArn"))
    newest_first = bool(request.get("reverseOrder"))
    data = request.get("includeExecutionData", True) is not False
    found = ((event["id"], event) for event in execution.history.events())
    if newest_first:
        found = ((-position, event) for position, event in reversed(list(found)))
    scope = ["history", execution.exec_arn, newest_first, data]
    page, more = account.tokens.page(request, scope, found, lambda event: shown(event, data=data))
    return {"events": page, **more}


def _start(account: AccountRegion, request: Request, *, sync: bool = False) -> LiveExecution:
    of, _, case = request_rules.required(request, "stateMachineArn").partition("#")
    found = target(account, of)
    machine = found.machine
    name, input = request.get("name") or str(uuid4()), request.get("input", "{}")
    request_rules.check_name(name)
    trace_header = request_rules.optional(request, "traceHeader", most=LONGEST_HEADER)
    title = "Invalid State Machine Execution Input"
    request_rules.check_json(input, "input", "InvalidExecutionInput", title)
    arn = account.arn("execution", machine.name, name)
    if machine.type == "EXPRESS":
        arn = account.arn("express", machine.name, name, str(uuid4()))
    elif sync:
        raise AwsError("StateMachineTypeNotSupported", _UNSUPPORTED_TYPE)
    with account.lock:
        existing = account.executions.get(arn)
        if existing is None:
            machine, qualifiers = found.as_it_is_now(), found.qualifiers()
            start = Start(arn, name, input, case or None, trace_header or None)
            return account.launch(machine, start, qualifiers)
        same = (existing.execution_input, existing.case) == (input, case or None)
        if existing.done.is_set() or not same:
            raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        return existing


def _not_redrivable(execution: LiveExecution) -> str | None:
    """Why the execution can't be redriven, None where it can."""
    status = execution.exec_status.value
    if execution.map_run_arn:
        return "A child execution is redriven with its Map Run, by redriving the parent execution"
    if status in {"RUNNING", "SUCCEEDED"}:
        return f"Execution is {status} and cannot be redriven"
    state, _ = _unsuccessful_state(execution)
    if execution.definition["States"][state]["Type"] in {"Parallel", "Map"}:
        only = "AWS would run its unsuccessful branches or iterations only"
        return f"The embedded engine can't redrive the {state} state: {only}."
    return None


def _unsuccessful_state(execution: LiveExecution) -> tuple[str, Any]:
    """The last state of the top level that was entered, and the input it got."""
    states = execution.definition["States"]
    for event in reversed(execution.history.events()):
        entered = event.get("stateEnteredEventDetails")
        if entered and entered["name"] in states:
            return entered["name"], json.loads(entered["input"])
    return execution.definition["StartAt"], json.loads(execution.execution_input)
