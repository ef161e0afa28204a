"""Holds what moto does with state machines to AWS's rules."""

import json
from typing import Any
from uuid import uuid4

from handrail.core.limits import MAX_DEFINITION
from handrail.engine.errors import AwsError, NotServed
from handrail.engine.execution_logs.log_lines import LogDestination

from . import request_rules
from .account import AccountRegion, Output, Request
from .validation import check_definition
from .versions import publish, revision_of, target

_CONFIGURED = "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration"
_UPDATED = "definition", "roleArn", *_CONFIGURED


def check_create(account: AccountRegion, request: Request) -> None:
    """moto answers any existing machine of the name, whatever it does: AWS compares."""
    request_rules.check_name(request_rules.required(request, "name"))
    type = request.get("type", "STANDARD")
    definition = request_rules.required(request, "definition", most=MAX_DEFINITION)
    check_definition(definition, type)
    LogDestination.of(request.get("loggingConfiguration"))
    asked = (type, request.get("roleArn"), json.loads(definition))
    for machine in list(account.backend.state_machines):
        if machine.name != request["name"]:
            continue
        if asked != (machine.type, machine.roleArn, json.loads(machine.definition)):
            problem = f"State Machine Already Exists: '{machine.arn}'"
            raise AwsError("StateMachineAlreadyExists", problem)
        if request.get("publish"):
            publish(account, machine, request.get("versionDescription"))


def update_state_machine(account: AccountRegion, request: Request) -> Output:
    """What changes begins a new revision."""
    machine = account.machine(request_rules.required(request, "stateMachineArn"))
    if definition := request_rules.optional(request, "definition", most=MAX_DEFINITION):
        check_definition(definition, machine.type)
    LogDestination.of(request.get("loggingConfiguration"))
    given = {name: request[name] for name in _UPDATED if request.get(name)}
    if not given:
        problem = f"One of these must be specified: {', '.join(_UPDATED)}"
        raise AwsError("MissingRequiredParameter", problem)
    description = request.get("versionDescription")
    if description is not None and not request.get("publish"):
        problem = "Version description can only be set when publish is true"
        raise AwsError("ValidationException", problem)
    before = [getattr(machine, name) for name in given]
    machine.update(**given)
    if before != list(given.values()):
        machine.revision_id = str(uuid4())
    answer = {"updateDate": machine.update_date, "revisionId": revision_of(machine)}
    if request.get("publish"):
        answer["stateMachineVersionArn"] = publish(account, machine, description).arn
    return answer


def describe_state_machine(account: AccountRegion, request: Request) -> Output:
    """A version under its own ARN, with the date it was published."""
    found = target(account, request_rules.required(request, "stateMachineArn"))
    if found.alias is not None:
        raise NotServed("DescribeStateMachine by the ARN of an alias")
    shown = found.version or found.machine
    names = dict.fromkeys(("name", "definition", "roleArn", "type", "description", *_CONFIGURED))
    return {
        **{name: getattr(shown, name) for name in names},
        "stateMachineArn": shown.arn,
        "status": "ACTIVE",
        "creationDate": shown.creation_date,
        "revisionId": revision_of(shown),
    }


def forget_deleted(account: AccountRegion, request: Request) -> None:
    arn = request_rules.required(request, "stateMachineArn")
    request_rules.check_unqualified(arn)
    with account.lock:
        for execution in list(account.executions.values()):
            if _is_of(execution.state_machine_arn, arn) and execution.done.is_set():
                del account.executions[execution.exec_arn]
        for run in list(account.map_runs.values()):
            if _is_of(run.machine_arn, arn) and run.stop_date:
                del account.map_runs[run.map_run_arn]


def _is_of(arn: str, machine_arn: str) -> bool:
    """True for the ARN of the state machine, and of its distributed Maps'."""
    return arn.partition("/")[0] == machine_arn


def list_state_machines(account: AccountRegion, request: Request) -> Output:
    found = enumerate(list(account.backend.state_machines), 1)
    machines, more = account.tokens.page(request, ["state machines"], found, _shown)
    return {"stateMachines": machines, **more}


def _shown(machine: Any) -> Output:
    named = {"name": machine.name, "stateMachineArn": machine.arn}
    return {**named, "type": machine.type, "creationDate": machine.creation_date}
