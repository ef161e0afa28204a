"""Publishes versions of state machines, keeps their aliases, and finds what their ARNs mean."""

import copy
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.stepfunctions.models import StateMachineAlias

from handrail.core.aliases import WHOLE
from handrail.core.machine_reference import ALIAS, qualifier_of, unqualified
from handrail.engine.errors import AwsError

from . import request_rules
from .account import AccountRegion, Output, Request

INITIAL = "INITIAL"
"""How a caller says the revision of a state machine that was never updated, which has no id."""


@dataclass(frozen=True, slots=True)
class Target:
    """What to start: moto's state machine, and what stands in its ARN."""

    machine: Any
    version: Any = None
    alias: Any = None

    def as_it_is_now(self) -> Any:
        """A copy that no update changes, of the version where there is one, under the state
        machine's own ARN."""
        copied = copy.copy(self.version or self.machine)
        copied.arn, copied.executions = self.machine.arn, []
        return copied

    def qualifiers(self) -> dict[str, str]:
        """As AWS says them of an execution: nothing where it was started by the machine's ARN."""
        found = {"stateMachineVersionArn": self.version, "stateMachineAliasArn": self.alias}
        return {name: named.arn for name, named in found.items() if named is not None}


def target(account: AccountRegion, arn: str) -> Target:
    """Of an alias, one of its versions by weight. Raises InvalidArn, StateMachineDoesNotExist."""
    request_rules.check_machine_arn(arn)
    machine, qualifier = account.machine(unqualified(arn)), qualifier_of(arn)
    if qualifier is None:
        return Target(machine)
    if alias := machine.aliases.get(qualifier):
        routes = alias.routing_configuration
        [route] = random.choices(routes, [each["weight"] for each in routes])  # noqa: S311
        return Target(machine, _version(machine, route["stateMachineVersionArn"]), alias)
    if version := _version(machine, arn):
        return Target(machine, version)
    raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def revision_of(machine: Any) -> str | None:
    """Of a state machine or a version; None before the first update."""
    revision: str | None = getattr(machine, "revision_id", None)
    return revision


def publish(account: AccountRegion, machine: Any, description: str | None = None) -> Any:
    """The version of the machine's revision, which is published unless it was."""
    with account.lock:
        latest = machine.latest_version
        known = latest is not None and latest.version in machine.versions
        if not known or revision_of(latest) != revision_of(machine):
            machine.publish(description)
            latest = machine.latest_version
            latest.revision_id = revision_of(machine)
        return latest


def publish_state_machine_version(account: AccountRegion, request: Request) -> Output:
    machine = account.machine(request_rules.required(request, "stateMachineArn"))
    wanted = request.get("revisionId")
    if wanted is not None and wanted != (revision_of(machine) or INITIAL):
        raise AwsError("ConflictException", "The revision isn't the state machine's current one.")
    version = publish(account, machine, request_rules.optional(request, "description", most=256))
    return {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}


def delete_state_machine_version(account: AccountRegion, request: Request) -> Output:
    arn = request_rules.required(request, "stateMachineVersionArn")
    machine = account.machine(unqualified(arn))
    with account.lock:
        version = _version(machine, arn)
        if version is not None and (used := _aliases_of(machine, arn)):
            names = ", ".join(alias.name for alias in used)
            raise AwsError("ConflictException", f"The version is referenced by aliases: {names}")
        if version is not None:
            del machine.versions[version.version]
    return {}


def list_state_machine_versions(account: AccountRegion, request: Request) -> Output:
    """Newest first."""
    machine = account.machine(request_rules.required(request, "stateMachineArn"))
    found = ((-number, machine.versions[number]) for number in sorted(machine.versions)[::-1])
    versions, more = account.tokens.page(request, ["versions", machine.arn], found, _shown_version)
    return {"stateMachineVersions": versions, **more}


def create_state_machine_alias(account: AccountRegion, request: Request) -> Output:
    """Idempotent by all that it is given."""
    name = request_rules.required(request, "name")
    if not ALIAS.fullmatch(name):
        raise request_rules.invalid(f"Value '{name}' at 'name'", f"must satisfy {ALIAS.pattern}")
    description = request_rules.optional(request, "description", most=256)
    machine, routes = _routes(account, request.get("routingConfiguration"))
    with account.lock:
        alias = machine.aliases.get(name)
        if alias is None:
            alias = machine.aliases[name] = StateMachineAlias(
                name, machine.arn, routes, description
            )
        elif (alias.routing_configuration, alias.description) != (routes, description):
            raise AwsError("ConflictException", f"Alias Already Exists: '{alias.arn}'")
    return {"stateMachineAliasArn": alias.arn, "creationDate": alias.creation_date}


def update_state_machine_alias(account: AccountRegion, request: Request) -> Output:
    alias = _alias(account, request)
    description = request_rules.optional(request, "description", most=256)
    given = request.get("routingConfiguration")
    if description is None and given is None:
        raise request_rules.invalid("Value at 'routingConfiguration'", "or description is required")
    routes = None
    if given is not None:
        machine, routes = _routes(account, given)
        if machine.arn != alias.statemachine_arn:
            raise AwsError("ValidationException", "The versions are another state machine's.")
    alias.update(routing_configuration=routes, description=description)
    return {"updateDate": alias.update_date}


def describe_state_machine_alias(account: AccountRegion, request: Request) -> Output:
    alias = _alias(account, request)
    return {
        "stateMachineAliasArn": alias.arn,
        "name": alias.name,
        "description": alias.description,
        "routingConfiguration": alias.routing_configuration,
        "creationDate": alias.creation_date,
        "updateDate": alias.update_date,
    }


def delete_state_machine_alias(account: AccountRegion, request: Request) -> Output:
    alias = _alias(account, request)
    account.machine(alias.statemachine_arn).aliases.pop(alias.name, None)
    return {}


def list_state_machine_aliases(account: AccountRegion, request: Request) -> Output:
    """Newest first; of a version, those that point to it."""
    arn = request_rules.required(request, "stateMachineArn")
    machine = account.machine(unqualified(arn))
    aliases = list(machine.aliases.values()) if arn == machine.arn else _aliases_of(machine, arn)
    found = ((-number, alias) for number, alias in reversed(list(enumerate(aliases))))
    shown, more = account.tokens.page(request, ["aliases", arn], found, _shown_alias)
    return {"stateMachineAliases": shown, **more}


def _version(machine: Any, arn: str) -> Any:
    """moto's version of this ARN, None where there is none."""
    return next((each for each in list(machine.versions.values()) if each.arn == arn), None)


def _alias(account: AccountRegion, request: Request) -> Any:
    """Raises ResourceNotFound."""
    arn = request_rules.required(request, "stateMachineAliasArn")
    request_rules.check_machine_arn(arn)
    for machine in list(account.backend.state_machines):
        if machine.arn == unqualified(arn) and (alias := machine.aliases.get(qualifier_of(arn))):
            return alias
    raise AwsError("ResourceNotFound", f"Resource not found: '{arn}'")


def _aliases_of(machine: Any, version_arn: str) -> list[Any]:
    return [
        alias
        for alias in list(machine.aliases.values())
        if version_arn in {each["stateMachineVersionArn"] for each in alias.routing_configuration}
    ]


def _routes(account: AccountRegion, given: Any) -> tuple[Any, Sequence[Mapping[str, Any]]]:
    """The machine and its one or two routes. Raises ValidationException, ResourceNotFound."""
    routes = given if isinstance(given, list) else []
    arns = [str(route.get("stateMachineVersionArn")) for route in routes]
    if not 1 <= len(routes) <= 2 or len(set(arns)) < len(arns):
        raise request_rules.invalid("Value at 'routingConfiguration'", "must be 1 or 2 versions")
    if sum(route.get("weight") or 0 for route in routes) != WHOLE:
        message = "The sum of the weights in the routing configuration must be equal to 100."
        raise AwsError("ValidationException", message)
    if len({unqualified(arn) for arn in arns}) > 1:
        raise AwsError("ValidationException", "The versions are not of the same state machine.")
    for arn in arns:
        request_rules.check_machine_arn(arn)
    for machine in list(account.backend.state_machines):
        if all(_version(machine, arn) for arn in arns):
            return machine, routes
    raise AwsError("ResourceNotFound", f"Resource not found: '{', '.join(arns)}'")


def _shown_version(version: Any) -> Output:
    return {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}


def _shown_alias(alias: Any) -> Output:
    return {"stateMachineAliasArn": alias.arn, "creationDate": alias.creation_date}
