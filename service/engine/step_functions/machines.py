"""Holds what moto does with state machines to AWS's rules."""

import json
import re
from typing import Any

from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from service.core.definition.definition import Definition
from service.core.definition.lint import lint
from service.core.errors import ServiceError
from service.core.limits import MAX_DEFINITION
from service.engine.errors import AwsError, NotServed

from . import request_rules
from .account import AccountRegion, Output, Request

_NOWHERE = {"unknown-start", "unknown-target"}
_ALTERNATIVES = re.compile(r" expecting (\{[^{}]*\}|'(?:[^']|'')*')")


def check_create(account: AccountRegion, request: Request) -> None:
    """moto answers any existing machine of the name, whatever it does: AWS compares."""
    request_rules.check_name(request_rules.required(request, "name"))
    _check_publish(request)
    type = request.get("type", "STANDARD")
    definition = request_rules.required(request, "definition", most=MAX_DEFINITION)
    check_definition(definition, type)
    asked = (type, request.get("roleArn"), _parsed(definition))
    for machine in list(account.backend.state_machines):
        found = (machine.type, machine.roleArn, json.loads(machine.definition))
        if machine.name == request["name"] and found != asked:
            problem = f"State Machine Already Exists: '{machine.arn}'"
            raise AwsError("StateMachineAlreadyExists", problem)


def check_update(account: AccountRegion, request: Request) -> None:
    machine = account.machine(request_rules.required(request, "stateMachineArn"))
    _check_publish(request)
    if definition := request_rules.optional(request, "definition", most=MAX_DEFINITION):
        check_definition(definition, machine.type)


def check_exists(account: AccountRegion, request: Request) -> None:
    account.machine(request_rules.required(request, "stateMachineArn"))


def forget_deleted(account: AccountRegion, request: Request) -> None:
    arn = request_rules.required(request, "stateMachineArn")
    request_rules.check_machine_arn(arn)
    with account.lock:
        for execution in list(account.executions.values()):
            if execution.state_machine_arn == arn and execution.done.is_set():
                del account.executions[execution.exec_arn]


def list_state_machines(account: AccountRegion, request: Request) -> Output:
    found = enumerate(list(account.backend.state_machines), 1)
    machines, more = account.tokens.page(request, ["state machines"], found, _shown)
    return {"stateMachines": machines, **more}


def _shown(machine: Any) -> Output:
    named = {"name": machine.name, "stateMachineArn": machine.arn}
    return {**named, "type": machine.type, "creationDate": machine.creation_date}


def _check_publish(request: Request) -> None:
    if request.get("publish"):
        raise NotServed("versions and aliases of state machines")


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
            unread.setdefault(state.parent, state.name)
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
