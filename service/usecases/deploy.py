"""Deploying `state_machines/`: make the account's state machines, and the activities they use, what
the folders say."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from service.core.errors import Conflict, InvalidDefinition, InvalidRequest, ServiceError
from service.core.machine_file import RenderedMachine, rendered
from service.core.models import Account, Deployment
from service.core.ports import Activities, Deployments
from service.usecases.machine_folder import MachineFolder

Action = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to deploy. `role_arn` is for state machines that name none themselves."""

    account: Account
    environment: str
    role_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Deployed:
    """What was done, or in a dry run would be done: with a state machine, or an activity."""

    name: str
    action: Action
    arn: str

    @property
    def is_activity(self) -> bool:
        return ":activity:" in self.arn


async def deploy(
    folders: Sequence[MachineFolder],
    deployments: Deployments,
    *,
    target: Target,
    only: Collection[str] = (),
    dry_run: bool = False,
    activities: Activities | None = None,
) -> tuple[Deployed, ...]:
    """Deploy every folder, or those whose state machine (or folder) is named in `only`; before
    them the activities they name, where there is a port for those.

    Nothing is changed before all of them could be read and rendered. Deploying twice changes
    nothing: definitions are compared as JSON values. Raises InvalidDefinition and InvalidName with
    the folder's path, InvalidRequest (a name in `only` that isn't there, no role), Conflict where
    the type differs from the deployed one.
    """
    wanted = _selected(_planned(folders, target), only)
    names = dict.fromkeys(name for plan in wanted for name in plan.activities)
    done: list[Deployed] = []
    if activities is not None and names:
        done += await _ensured(names, activities, target.account, dry_run=dry_run)
    return (*done, *[await _deployed(plan, deployments, dry_run=dry_run) for plan in wanted])


@dataclass(frozen=True, slots=True)
class _Plan:
    folder: str
    arn: str
    deployment: Deployment
    activities: tuple[str, ...]


def _planned(folders: Sequence[MachineFolder], target: Target) -> list[_Plan]:
    plans = [_plan(folder, target) for folder in folders]
    names = [plan.deployment.name for plan in plans]
    for name in names:
        if names.count(name) > 1:
            raise InvalidDefinition(f"More than one folder describes the state machine {name}.")
    return plans


def _plan(folder: MachineFolder, target: Target) -> _Plan:
    machine = _rendered(folder, target)
    role_arn = machine.role_arn or target.role_arn
    if role_arn is None:
        raise InvalidRequest(f"{folder.path}: machine.json names no role_arn and none was given.")
    arn = _arn(target.account, "stateMachine", machine.name)
    deployment = Deployment(machine.name, machine.type, machine.definition_text, role_arn)
    return _Plan(folder.path.name, arn, deployment, machine.activities)


def _arn(account: Account, kind: str, name: str) -> str:
    return f"arn:{account.partition}:states:{account.region}:{account.account_id}:{kind}:{name}"


def _rendered(folder: MachineFolder, target: Target) -> RenderedMachine:
    try:
        return rendered(
            folder.file,
            folder.template,
            region=target.account.region,
            account_id=target.account.account_id,
            environment=target.environment,
        )
    except ServiceError as error:
        raise type(error)(f"{folder.path}: {error.detail}", errors=error.errors) from error


def _selected(plans: Sequence[_Plan], only: Collection[str]) -> list[_Plan]:
    known = {name for plan in plans for name in (plan.folder, plan.deployment.name)}
    if unknown := sorted(set(only) - known):
        raise InvalidRequest(f"There is no state machine {', '.join(unknown)} to deploy.")
    return [plan for plan in plans if not only or {plan.folder, plan.deployment.name} & set(only)]


async def _ensured(
    names: Collection[str], activities: Activities, account: Account, *, dry_run: bool
) -> list[Deployed]:
    standing = {activity.name: activity.arn for activity in await activities.list_all()}
    done: list[Deployed] = []
    for name in names:
        if arn := standing.get(name):
            done.append(Deployed(name, "unchanged", arn))
            continue
        arn = _arn(account, "activity", name) if dry_run else await activities.create(name)
        done.append(Deployed(name, "created", arn))
    return done


async def _deployed(plan: _Plan, deployments: Deployments, *, dry_run: bool) -> Deployed:
    wanted = plan.deployment
    standing = await deployments.find(plan.arn)
    if standing is None:
        arn = plan.arn if dry_run else await deployments.create(wanted)
        return Deployed(wanted.name, "created", arn)
    if standing.type is not wanted.type:
        raise Conflict(
            f"{wanted.name} is deployed as {standing.type} and can't become {wanted.type}:"
            " delete it first, or choose another name."
        )
    if _same(standing, wanted):
        return Deployed(wanted.name, "unchanged", plan.arn)
    if not dry_run:
        await deployments.update(plan.arn, wanted)
    return Deployed(wanted.name, "updated", plan.arn)


def _same(standing: Deployment, wanted: Deployment) -> bool:
    return standing.role_arn == wanted.role_arn and (
        json.loads(standing.definition) == json.loads(wanted.definition)
    )
