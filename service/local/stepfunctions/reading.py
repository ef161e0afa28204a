"""Describing and listing executions, and their histories page by page."""

from typing import Any

from . import rules
from .account import Account, Request
from .execution import LiveExecution
from .history import epoch, shown
from .starting import not_redrivable, unsupported_type
from .tokens import page, page_size

_IN_LISTS = ("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate")


def describe_execution(account: Account, request: Request) -> dict[str, Any]:
    execution = account.execution(rules.required(request, "executionArn"))
    with execution.history.gate:
        answer = execution.described() | {
            "input": execution.execution_input,
            "inputDetails": {"included": True},
            **_redrives(execution),
        }
    return answer | ({"outputDetails": {"included": True}} if "output" in answer else {})


def describe_state_machine_for_execution(account: Account, request: Request) -> dict[str, Any]:
    """The definition the execution was started with."""
    machine = account.execution(rules.required(request, "executionArn")).state_machine
    return {
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "definition": machine.definition,
        "roleArn": machine.roleArn,
        "updateDate": epoch(machine.update_date),
        "loggingConfiguration": machine.loggingConfiguration,
        "tracingConfiguration": machine.tracingConfiguration,
        "encryptionConfiguration": machine.encryptionConfiguration,
    }


def list_executions(account: Account, request: Request) -> dict[str, Any]:
    """Newest first."""
    machine = account.machine(rules.required(request, "stateMachineArn"))
    if machine.type == "EXPRESS":
        raise unsupported_type()
    wanted = request.get("statusFilter")
    scope = ["executions", machine.arn, wanted]
    before = _position(account, scope, request)
    found = [
        (execution.order, _listed(execution))
        for execution in reversed(account.snapshot())
        if execution.state_machine_arn == machine.arn
        and (before is None or execution.order < before)
        and wanted in (None, execution.status)
    ]
    executions, more = page(found, size=page_size(request), tokens=account.tokens, scope=scope)
    return {"executions": executions, **more}


def list_state_machines(account: Account, request: Request) -> dict[str, Any]:
    scope = ["state machines"]
    after = _position(account, scope, request) or 0
    found = [
        (
            place,
            {
                "name": machine.name,
                "stateMachineArn": machine.arn,
                "type": machine.type,
                "creationDate": epoch(machine.creation_date),
            },
        )
        for place, machine in enumerate(list(account.backend.state_machines), 1)
        if place > after
    ]
    machines, more = page(found, size=page_size(request), tokens=account.tokens, scope=scope)
    return {"stateMachines": machines, **more}


def get_execution_history(account: Account, request: Request) -> dict[str, Any]:
    """Pages go on from the last event given, so events that come meanwhile shift nothing."""
    execution = account.execution(rules.required(request, "executionArn"))
    newest_first = bool(request.get("reverseOrder"))
    data = request.get("includeExecutionData", True) is not False
    scope = ["history", execution.exec_arn, newest_first, data]
    position = _position(account, scope, request)
    events = execution.history.events()
    if newest_first:
        rest = events[: None if position is None else position - 1][::-1]
    else:
        rest = events[position or 0 :]
    size = page_size(request)
    found = [(event["id"], event) for event in rest[: size + 1]]
    shown_events, more = page(found, size=size, tokens=account.tokens, scope=scope)
    return {"events": [shown(event, data=data) for event in shown_events], **more}


def _position(account: Account, scope: list[Any], request: Request) -> int | None:
    token = request.get("nextToken")
    return account.tokens.position(scope, token) if token else None


def _listed(execution: LiveExecution) -> dict[str, Any]:
    described = execution.described()
    return {key: described[key] for key in _IN_LISTS if key in described} | {
        "redriveCount": len(execution.redrives)
    }


def _redrives(execution: LiveExecution) -> dict[str, Any]:
    problem = not_redrivable(execution)
    answer: dict[str, Any] = {
        "redriveCount": len(execution.redrives),
        "redriveStatus": "NOT_REDRIVABLE" if problem else "REDRIVABLE",
    }
    if problem:
        answer["redriveStatusReason"] = problem
    if execution.redrives:
        answer["redriveDate"] = epoch(execution.redrives[-1])
    return answer
