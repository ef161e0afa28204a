"""Describing and listing executions, and their histories page by page."""

from typing import Any

from . import rules
from .account import AccountRegion, Request
from .execution import LiveExecution
from .history import epoch, shown
from .starting import not_redrivable, unsupported_type

_IN_LISTS = ("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate")


def describe_execution(account: AccountRegion, request: Request) -> dict[str, Any]:
    execution = account.execution(rules.required(request, "executionArn"))
    with execution.history.gate:
        problem = not_redrivable(execution)
        answer = execution.described() | {
            "input": execution.execution_input,
            "inputDetails": {"included": True},
            "redriveCount": len(execution.redrives),
            "redriveStatus": "NOT_REDRIVABLE" if problem else "REDRIVABLE",
        }
        if execution.redrives:
            answer["redriveDate"] = epoch(execution.redrives[-1])
    if problem:
        answer["redriveStatusReason"] = problem
    if "output" in answer:
        answer["outputDetails"] = {"included": True}
    return answer


def describe_state_machine_for_execution(
    account: AccountRegion, request: Request
) -> dict[str, Any]:
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


def list_executions(account: AccountRegion, request: Request) -> dict[str, Any]:
    """Newest first."""
    machine = account.machine(rules.required(request, "stateMachineArn"))
    if machine.type == "EXPRESS":
        raise unsupported_type()
    wanted = request.get("statusFilter")

    def show(execution: LiveExecution) -> dict[str, Any]:
        described = execution.described() | {"redriveCount": len(execution.redrives)}
        return {key: described[key] for key in (*_IN_LISTS, "redriveCount") if key in described}

    found = (
        (-execution.order, execution)
        for execution in reversed(account.snapshot())
        if execution.state_machine_arn == machine.arn and wanted in (None, execution.status)
    )
    scope = ["executions", machine.arn, wanted]
    executions, more = account.tokens.page(request, scope, found, show)
    return {"executions": executions, **more}


def list_state_machines(account: AccountRegion, request: Request) -> dict[str, Any]:
    def show(machine: Any) -> dict[str, Any]:
        return {
            "name": machine.name,
            "stateMachineArn": machine.arn,
            "type": machine.type,
            "creationDate": epoch(machine.creation_date),
        }

    found = enumerate(list(account.backend.state_machines), 1)
    machines, more = account.tokens.page(request, ["state machines"], found, show)
    return {"stateMachines": machines, **more}


def get_execution_history(account: AccountRegion, request: Request) -> dict[str, Any]:
    """Pages go on from the last event given, so events that come meanwhile shift nothing."""
    execution = account.execution(rules.required(request, "executionArn"))
    newest_first = bool(request.get("reverseOrder"))
    data = request.get("includeExecutionData", True) is not False
    events = execution.history.events()
    if newest_first:
        found = ((-event["id"], event) for event in reversed(events))
    else:
        found = ((event["id"], event) for event in events)
    scope = ["history", execution.exec_arn, newest_first, data]
    page, more = account.tokens.page(request, scope, found, lambda event: shown(event, data=data))
    return {"events": page, **more}
