"""Holds what moto does with state machines to AWS's rules."""

import json
import re
from typing import Any
from uuid import uuid4

from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from handrail.core.definition.definition import Definition
from handrail.core.definition.lint import lint
from handrail.core.errors import ServiceError
from handrail.core.limits import MAX_DEFINITION
from handrail.engine.errors import AwsError, NotServed

from . import request_rules
from .account import AccountRegion, Output, Request
from .versions import publish, revision_of, target

_CONFIGURED = "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration"
_UPDATED = "definition", "roleArn", *_CONFIGURED
_NOWHERE = {"unknown-start", "unknown-target"}
_ALTERNATIVES = re.compile(r" expecting (\{[^{}]*\}|'(?:[^']|'')*')")


def check_create(account: AccountRegion, request: Request) -> None:
    """moto answers any existing machine of the name, whatever it does: AWS compares."""
    request_rules.check_name(request_rules.required(request, "name"))
    type = request.get("type", "STANDARD")
    definition = request_rules.required(request, "definition", most=MAX_DEFINITION)
    check_definition(definition, type)
    asked = (type, request.get("roleArn"), _parsed(definition))
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


def check_definition(definition: str, type: str) -> None:
    """Raises InvalidDefinition. moto has no error code, and doesn't see where transitions lead."""
    parsed = _parsed(definition)
    try:  # half a surrogate pair is JSON, but no text: no answer could hold it
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _invalid("INVALID_JSON_DESCRIPTION: half of a surrogate pair stands alone") from error
    try:
        read = Definition.parse(definition)
    except ServiceError as error:
        raise _invalid(f"SCHEMA_VALIDATION_FAILED: {error.detail}") from error
    if problem := _complaint(read):
        raise _invalid(f"SCHEMA_VALIDATION_FAILED: {problem}")
    missing = [finding for finding in lint(read) if finding.code in _NOWHERE]
    if missing:
        problems = (f"MISSING_TRANSITION_TARGET: {each.message} At {each.path}" for each in missing)
        raise _invalid(", ".join(problems))
    for state in read.all_states if type == "EXPRESS" else ():
        _, _, pattern = str(state.raw.get("Resource")).rpartition(".")
        if pattern in {"waitForTaskToken", "sync", "sync:2"}:
            problem = f"Express state machine does not support '{pattern}'"
            raise _invalid(f"SCHEMA_VALIDATION_FAILED: {problem}")


def _complaint(definition: Definition) -> str | None:
    """A line of moto's grammar, with the innermost state it can't read by itself; or None."""
    problem = _unreadable(definition.text)
    if problem is None:
        return None
    blamed: str | None = None
    unread: dict[str | None, str] = {}  # by the state around it, the first one
    for state in definition.all_states:
        language, alone = state.query_language.value, {state.name: state.raw}
        whole = {"QueryLanguage": language, "StartAt": state.name, "States": alone}
        if _unreadable(json.dumps(whole, ensure_ascii=False)):
            unread.setdefault(state.scope.parent, state.name)
    while blamed in unread:
        blamed = unread[blamed]
    return f"{problem} at /States/{blamed}" if blamed else problem


def _unreadable(text: str) -> str | None:
    try:
        AmazonStateLanguageParser.parse(text)
    except Exception as error:  # the grammar's own, and whatever its components raise
        problem = getattr(error, "errors", [str(error)])[0]
        return " ".join(_ALTERNATIVES.sub("", problem).split()) or type(error).__name__
    return None


def _parsed(definition: str) -> Any:
    try:
        return json.loads(definition)
    except (ValueError, RecursionError) as error:
        raise _invalid(f"INVALID_JSON_DESCRIPTION: {error}") from error


def _invalid(problem: str) -> AwsError:
    return AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{problem}'")
