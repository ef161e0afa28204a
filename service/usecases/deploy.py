"""Deploys `state_machines/`: makes the account's state machines and activities what folders say."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from handrail.core.aliases import Route
from handrail.core.definition.definition import Definition
from handrail.core.definition.lint import lint
from handrail.core.definition.lint.findings import Severity
from handrail.core.definition.machine_file import RenderedMachine, rendered
from handrail.core.errors import Conflict, InvalidDefinition, InvalidRequest, ServiceError
from handrail.core.execution_logging import ExecutionLogging
from handrail.core.json_values import same_json
from handrail.core.limits import MAX_DEFINITION
from handrail.core.machine_encryption import MachineEncryption
from handrail.core.models import Account, Deployment
from handrail.core.ports import Activities, Deployments
from handrail.usecases import releases
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, Refused, namesake
from handrail.usecases.releases import Done as Action
from handrail.usecases.releases import Release

_STATE = re.compile(r"/States/([^/']+)")


@dataclass(frozen=True, slots=True)
class DeployTarget:
    """Where to deploy. `role_arn` and `logging` are for state machines that name none."""

    account: Account
    environment: str
    role_arn: str | None = None
    logging: ExecutionLogging | None = None


@dataclass(frozen=True, slots=True)
class Deployed:
    """The change made, or in a dry run to be made, to a state machine, a version or an alias of it
    (`order:3`, `order:live`), or an activity. `routes` are an alias's."""

    name: str
    action: Action
    arn: str
    routes: tuple[Route, ...] = ()

    @property
    def is_activity(self) -> bool:
        return ":activity:" in self.arn


async def deploy(
    folders: Sequence[MachineFolder],
    deployments: Deployments,
    *,
    target: DeployTarget,
    refused: Refused,
    only: Collection[str] = (),
    dry_run: bool = False,
    release: Release | None = None,
    activities: Activities | None = None,
) -> tuple[Deployed, ...]:
    """Deploy every folder, or those whose state machine (or folder) is named in `only`, and release
    them where that is asked for; before them the activities they name, where there is a port for
    those.

    What can't be deployed is told to `refused`, and the rest is done: a folder that can't be
    rendered, one of two with the same name, a state machine the account refuses. Deploying twice
    changes nothing: definitions are compared as JSON values. Raises InvalidRequest (a name in
    `only` that isn't there), and what asking for the activities raises."""
    if only:
        names_of = [(folder, _names(folder, target)) for folder in folders]
        if unknown := sorted(set(only).difference(*(names for _, names in names_of))):
            raise InvalidRequest(f"There is no state machine {', '.join(unknown)} to deploy.")
        folders = [folder for folder, names in names_of if names & set(only)]
    plans = _planned(folders, target, refused)
    names = dict.fromkeys(name for plan in plans for name in plan.activities)
    done: list[Deployed] = []
    if activities is not None and names:
        done += await _ensured(names, activities, target.account, dry_run=dry_run)
    for plan in plans:
        try:
            async for each in _deployed(plan, deployments, release, dry_run=dry_run):
                done.append(each)
        except ServiceError as error:
            state = _blamed_state(plan.deployment, error)
            refused(FolderProblem(plan.folder, error.detail, plan.deployment.name, state))
    return tuple(done)


@dataclass(frozen=True, slots=True)
class _Plan:
    folder: Path
    arn: str
    deployment: Deployment
    activities: tuple[str, ...]


def _planned(
    folders: Sequence[MachineFolder], target: DeployTarget, refused: Refused
) -> list[_Plan]:
    plans: list[_Plan] = []
    for folder in folders:
        try:
            plans.append(_plan(folder, target))
        except ServiceError as error:
            refused(FolderProblem(folder.path, error.detail))
    shared = Counter(plan.deployment.name for plan in plans)
    for plan in plans:
        if shared[name := plan.deployment.name] > 1:
            refused(namesake(plan.folder, name))
    return [plan for plan in plans if shared[plan.deployment.name] == 1]


def _plan(folder: MachineFolder, target: DeployTarget) -> _Plan:
    machine = _rendered(folder, target)
    if (length := len(machine.definition_text)) > MAX_DEFINITION:
        message = f"The definition has {length:,} characters; AWS takes {MAX_DEFINITION:,} at most."
        raise InvalidDefinition(message)
    if (role_arn := machine.role_arn or target.role_arn) is None:
        raise InvalidRequest("machine.json names no role_arn and none was given.")
    arn = _arn(target.account, "stateMachine", machine.name)
    logging = machine.logging or target.logging
    name, type, definition = machine.name, machine.type, machine.definition_text
    deployment = Deployment(
        name, type, definition, role_arn, logging=logging, encryption=machine.encryption
    )
    return _Plan(folder.path, arn, deployment, machine.activities)


def _blamed_state(deployment: Deployment, error: ServiceError) -> str | None:
    """The state that AWS points to (`at /States/A/…`), else the first with an error."""
    if pointed_to := _STATE.findall(error.detail):
        return str(pointed_to[-1])
    with suppress(InvalidDefinition):
        for found in lint(Definition.parse(deployment.definition), deployment.type):
            if found.severity is Severity.ERROR and found.state:
                return found.state
    return None


def _names(folder: MachineFolder, target: DeployTarget) -> set[str]:
    try:
        return {folder.path.name, _rendered(folder, target).name}
    except ServiceError:
        return {folder.path.name}


def _arn(account: Account, kind: str, name: str) -> str:
    return f"arn:{account.partition}:states:{account.region}:{account.account_id}:{kind}:{name}"


def _rendered(folder: MachineFolder, target: DeployTarget) -> RenderedMachine:
    account, environment = target.account, target.environment
    return rendered(folder.file, folder.template, account=account, environment=environment)


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


async def _deployed(
    plan: _Plan, deployments: Deployments, release: Release | None, *, dry_run: bool
) -> AsyncIterator[Deployed]:
    wanted, arn = plan.deployment, plan.arn
    standing = await deployments.find(arn)
    if standing is not None and standing.type is not wanted.type:
        change = f"{wanted.name} is deployed as {standing.type} and can't become {wanted.type}"
        raise Conflict(f"{change}: delete it first, or choose another name.")
    action: Action = "created" if standing is None else "updated"
    if standing is not None and _same(standing, wanted):
        action, revision_id = "unchanged", standing.revision_id
    elif dry_run:
        revision_id = None
    elif standing is None:
        arn, revision_id = await deployments.create(wanted), None
    else:
        revision_id = await deployments.update(arn, wanted)
    yield Deployed(wanted.name, action, arn)
    if release is None:
        return
    if not dry_run:
        first = standing is None
        version, published = await releases.publish(deployments, arn, revision_id, first=first)
    elif standing is not None and action == "unchanged":
        version, published = await releases.foresee(deployments, arn, standing)
    else:
        version, published = releases.NEW, "created"
    yield Deployed(f"{wanted.name}:{version}", published, f"{arn}:{version}")
    if release.alias is not None:
        routes, pointed = await releases.point(deployments, arn, version, release, dry_run=dry_run)
        name = release.alias
        yield Deployed(f"{wanted.name}:{name}", pointed, f"{arn}:{name}", routes)


def _same(standing: Deployment, wanted: Deployment) -> bool:
    same = same_json(standing.definition, wanted.definition)
    logging = wanted.logging in (None, standing.logging or ExecutionLogging())
    encryption = wanted.encryption in (None, standing.encryption or MachineEncryption())
    return same and logging and encryption and standing.role_arn == wanted.role_arn
