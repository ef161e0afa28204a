"""What moto does with state machines, held to AWS's rules."""

import json
from collections.abc import Iterator
from typing import Any

from service.core.definition import Definition
from service.core.errors import ServiceError
from service.core.limits import MAX_DEFINITION
from service.core.lint import lint
from service.local.errors import AwsError, NotServed

from . import rules
from .account import Account, Request
from .grammar import complaint

_NOWHERE = {"unknown-start", "unknown-target"}


def check_create(account: Account, request: Request) -> None:
    """moto answers any existing machine of the name, whatever it does: AWS compares."""
    rules.check_name(rules.required(request, "name"))
    _check_publish(request)
    definition = rules.required(request, "definition", most=MAX_DEFINITION)
    check_definition(definition, request.get("type", "STANDARD"))
    for machine in list(account.backend.state_machines):
        if machine.name == request["name"] and not _same(machine, request):
            raise AwsError(
                "StateMachineAlreadyExists", f"State Machine Already Exists: '{machine.arn}'"
            )


def check_update(account: Account, request: Request) -> None:
    machine = account.machine(rules.required(request, "stateMachineArn"))
    _check_publish(request)
    if definition := rules.optional(request, "definition", most=MAX_DEFINITION):
        check_definition(definition, machine.type)


def check_exists(account: Account, request: Request) -> None:
    account.machine(rules.required(request, "stateMachineArn"))


def forget_deleted(account: Account, request: Request) -> None:
    arn = rules.required(request, "stateMachineArn")
    rules.check_machine_arn(arn)
    account.forget(arn)


def _check_publish(request: Request) -> None:
    if request.get("publish"):
        raise NotServed("versions and aliases of state machines")


def _same(machine: Any, request: Request) -> bool:
    return (machine.type, machine.roleArn, json.loads(machine.definition)) == (
        request.get("type", "STANDARD"),
        request.get("roleArn"),
        _parsed(request["definition"]),
    )


def check_definition(definition: str, type: str) -> None:
    """Raises InvalidDefinition. moto refuses what it can't read too, but without an error code."""
    parsed = _parsed(definition)
    _check_encodable(parsed)
    try:
        read = Definition.parse(definition)
    except ServiceError as error:
        raise _invalid(f"SCHEMA_VALIDATION_FAILED: {error.detail}") from error
    if problem := complaint(read):
        raise _invalid(f"SCHEMA_VALIDATION_FAILED: {problem}")
    _check_transitions(read)
    for resource in _resources(parsed) if type == "EXPRESS" else ():
        if resource.endswith((".waitForTaskToken", ".sync", ".sync:2")):
            pattern = resource.rpartition(".")[2]
            raise _invalid(
                f"SCHEMA_VALIDATION_FAILED: Express state machine does not support '{pattern}'"
            )


def _check_encodable(parsed: Any) -> None:
    """Half a surrogate pair is JSON, but no text: no answer could hold it."""
    try:
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _invalid("INVALID_JSON_DESCRIPTION: half of a surrogate pair stands alone") from error


def _check_transitions(definition: Definition) -> None:
    """moto finds out when an execution comes there, or can't start."""
    found = lint(definition)
    problems = [
        f"MISSING_TRANSITION_TARGET: {finding.message} At {finding.path}"
        for finding in found
        if finding.code in _NOWHERE
    ]
    if problems:
        raise _invalid(", ".join(problems))


def _resources(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(resource := value.get("Resource"), str):
            yield resource
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _resources(item)


def _parsed(definition: str) -> Any:
    try:
        return json.loads(definition)
    except (ValueError, RecursionError) as error:
        raise _invalid(f"INVALID_JSON_DESCRIPTION: {error}") from error


def _invalid(problem: str) -> AwsError:
    return AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{problem}'")
