"""`handrail deploy`: the deploy use-case over AWS, or over AWS_ENDPOINT_URL."""

import json
from collections.abc import Collection
from dataclasses import asdict

from service.aws.activities import AwsActivities
from service.aws.calls import AwsCalls
from service.aws.clients import open_clients
from service.aws.deployments import AwsDeployments
from service.aws.identity import account
from service.foundation import aws_config
from service.settings import Settings
from service.usecases import machine_folder
from service.usecases.deploy import Deployed, Target, deploy


async def deploy_folders(
    settings: Settings,
    *,
    only: Collection[str],
    role_arn: str | None,
    dry_run: bool,
    as_json: bool,
) -> list[str]:
    """A line for each state machine and activity. Raises what `deploy` raises, and Unavailable."""
    folders = machine_folder.load(settings.state_machines_dir)
    async with open_clients(aws_config(settings)) as clients:
        calls = AwsCalls()
        deployed = await deploy(
            folders,
            AwsDeployments(clients, calls),
            target=Target(await account(clients, calls), settings.environment, role_arn),
            only=only,
            dry_run=dry_run,
            activities=AwsActivities(clients, calls),
        )
    return [_line(one, as_json=as_json, dry_run=dry_run) for one in deployed]


def _line(deployed: Deployed, *, as_json: bool, dry_run: bool) -> str:
    if as_json:
        return json.dumps({**asdict(deployed), "dry_run": dry_run})
    action = f"would be {deployed.action}" if dry_run else deployed.action
    kind = "activity " if deployed.is_activity else ""
    return f"{kind}{deployed.name}: {action}"
