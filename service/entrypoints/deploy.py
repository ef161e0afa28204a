"""Runs `handrail deploy`: the deploy use-case over AWS, or over AWS_ENDPOINT_URL."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import open_clients
from handrail.aws.step_functions.deployments import AwsDeployments
from handrail.aws.step_functions.state_machines import account
from handrail.aws.step_functions.tasks import AwsActivities
from handrail.core.models import Json
from handrail.entrypoints.compose_aws import aws_config
from handrail.settings import Settings
from handrail.usecases import machine_sources
from handrail.usecases.deploy import Deployed, DeployTarget, deploy
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, Refused
from handrail.usecases.releases import Release


@dataclass(frozen=True, slots=True)
class Report:
    """A line for each state machine and activity, and for each that can't be deployed."""

    deployed: list[str]
    refused: list[str]


async def deploy_folders(
    settings: Settings,
    *,
    only: Collection[str],
    role_arn: str | None,
    dry_run: bool,
    as_json: bool,
    release: Release | None = None,
) -> Report:
    """Raises InvalidDefinition for a path that is no folder, Unavailable, and as `deploy`."""
    problems: list[FolderProblem] = []
    folders = _deployable(settings.state_machines_dir, problems.append)
    wanted = set(only) - {problem.folder.name for problem in problems}
    if only:
        problems = [problem for problem in problems if problem.folder.name in only]
    async with open_clients(aws_config(settings)) as clients:
        calls = AwsCalls()
        deployed = await deploy(
            folders if wanted or not only else (),
            AwsDeployments(clients, calls),
            target=DeployTarget(await account(clients, calls), settings.environment, role_arn),
            refused=problems.append,
            only=wanted,
            dry_run=dry_run,
            release=release,
            activities=AwsActivities(clients, calls),
        )
    if as_json:
        refusal = {"action": "refused", "dry_run": dry_run}
        return Report(
            [json.dumps({**document(one), "dry_run": dry_run}) for one in deployed],
            [json.dumps({**one.document(), **refusal}) for one in problems],
        )
    lines = [line(one, dry_run=dry_run) for one in deployed]
    return Report(lines, [str(one) for one in problems])


def _deployable(path: Path, refused: Refused) -> list[MachineFolder]:
    """Those that a stack deploys, or that a value had to be made up for, are told to `refused`, as
    are those that can't be read."""
    found = machine_sources.load_what_can_be(path, refused)
    for machine in found:
        if machine.in_stack:
            reason = "Its own stack deploys it (sam, cdk, serverless)."
            refused(FolderProblem(machine.path, reason, machine.file.name))
        elif machine.made_up:
            listed = ", ".join(f"${{{name}}}" for name in machine.made_up)
            reason = f"No value is known for {listed}."
            refused(FolderProblem(machine.path, reason, machine.file.name))
    return [machine for machine in found if not machine.in_stack and not machine.made_up]


def line(one: Deployed, *, dry_run: bool) -> str:
    """`order:live: updated (version 4: 10 %, version 3: 90 %)`."""
    kind, would_be = "activity " if one.is_activity else "", "would be " if dry_run else ""
    routes = ", ".join(f"version {route.version}: {route.weight} %" for route in one.routes)
    return f"{kind}{one.name}: {would_be}{one.action}{f' ({routes})' if routes else ''}"


def document(one: Deployed) -> dict[str, Json]:
    """Only an alias has routes."""
    return {name: found for name, found in asdict(one).items() if found != ()}
