"""Runs `handrail dev`: the embedded engine, filled by the code that deploys to AWS, and the
production code in front of it. Only the endpoint differs."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, open_clients
from handrail.aws.step_functions.deployments import AwsDeployments
from handrail.aws.step_functions.tasks import AwsActivities
from handrail.core.models import Account
from handrail.core.partitions import partition_of
from handrail.core.stand_ins.mock_file import MockFile
from handrail.engine.engine import Engine, embedded_engine
from handrail.entrypoints.compose_aws import aws_config
from handrail.entrypoints.local_stand_ins import local_engine, told_of_stand_ins
from handrail.entrypoints.serve import serve_app
from handrail.settings import Settings
from handrail.usecases.deploy import Deployed, DeployTarget, deploy
from handrail.usecases.machine_folder import FolderProblem, Refused, Survey, text_of
from handrail.web.services import Services

ROLE = "handrail-dev"
EAGER = {"live_reads_per_s": 500.0, "live_reads_burst": 2_000, "live_poll_max_s": 2.0}
"""Where the environment sets none: the engine has no quota and no other clients."""


async def run_dev(
    settings: Settings,
    *,
    host: str,
    port: int,
    engine_port: int,
    say: Callable[[str], None],
    time_scale: float = 1,
) -> None:
    """Serves until SIGTERM or SIGINT, without the folders that can't be served: each is said to
    whoever started it, and the catalogue shows it. Raises EngineError, PortError, SettingsError."""
    began_at = time.monotonic()
    os.environ.pop("AWS_PROFILE", None)  # moto reads it as it is imported, whether it exists or not
    problems: list[FolderProblem] = []
    environment, refused = settings.environment, problems.append
    mocks = MockFile.parse(text_of(settings.mocks), str(settings.mocks)) if settings.mocks else None
    async with embedded_engine(
        settings.state_machines_dir,
        environment=environment,
        port=engine_port,
        refused=refused,
        time_scale=time_scale,
    ) as engine:
        use_engine(engine, environment)
        local = local_engine(engine, mocks, settings.stand_in_checks)
        eager = {name: EAGER[name] for name in EAGER.keys() - settings.model_fields_set}
        settings = settings.model_copy(update=eager)
        config = engine_config(settings, engine)
        deployed = await fill(settings, config, engine, refused=refused)

        async def ready(url: str, _: Services) -> None:
            elapsed_s = time.monotonic() - began_at
            say(f"Handrail serves {url} (ready in {elapsed_s:.1f} s)")
            say(f"  page            {url}/")
            say(f"  documents       {url}/docs")
            say(f"  engine          {engine.endpoint_url} ({engine.region})")
            if time_scale != 1:
                say(f"  time            {time_scale:g} times as fast, also in what it shows")
            for line in _deployed_lines(deployed, problems):
                say(line)
            for line in told_of_stand_ins(settings, engine, local, mocks):
                say(line)
            say("  Ctrl-C ends it.")

        survey = Survey(engine.folders, problems, local)
        await serve_app(settings, config, host=host, port=port, ready=ready, survey=survey)


def _deployed_lines(
    deployed: Sequence[Deployed], problems: Sequence[FolderProblem]
) -> Iterator[str]:
    machines = [each.name for each in deployed if not each.is_activity]
    yield f"  state machines  {', '.join(machines) or 'none'}"
    if activities := [each.name for each in deployed if each.is_activity]:
        yield f"  activities      {', '.join(activities)} (see docs/workers.md)"
    yield from (f"  left out        {problem}" for problem in problems)


async def fill(
    settings: Settings, config: AwsConfig, engine: Engine, *, refused: Refused
) -> tuple[Deployed, ...]:
    """Deploys the folders of `state_machines/` that the engine serves."""
    account = Account(partition_of(engine.region), engine.region, engine.account_id)
    role_arn = f"arn:{account.partition}:iam::{engine.account_id}:role/{ROLE}"
    async with open_clients(config) as clients:
        calls = AwsCalls()
        return await deploy(
            engine.folders,
            AwsDeployments(clients, calls),
            target=DeployTarget(account, settings.environment, role_arn),
            refused=refused,
            activities=AwsActivities(clients, calls),
        )


def engine_config(settings: Settings, engine: Engine) -> AwsConfig:
    config = replace(aws_config(settings), region=engine.region, role_arn=None)
    return replace(config, endpoint_url=engine.endpoint_url)


def use_engine(engine: Engine, environment: str) -> None:
    """Points this process' environment at the engine: the handlers run here, and a boto3 client
    they make finds the engine and nobody's real account."""
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")]:
        del os.environ[name]
    for name in ("AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        os.environ.pop(name, None)
    os.environ.update(
        AWS_ENDPOINT_URL=engine.endpoint_url,
        AWS_ACCESS_KEY_ID=engine.access_key_id,
        AWS_SECRET_ACCESS_KEY=engine.secret_access_key,
        AWS_REGION=engine.region,
        AWS_DEFAULT_REGION=engine.region,
        ENVIRONMENT=environment,
    )
