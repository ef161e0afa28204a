"""Runs `handrail dev`: the embedded engine, filled by the code that deploys to AWS, and the
production code in front of it. Only the endpoint differs."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, open_clients
from handrail.aws.step_functions.deployments import AwsDeployments
from handrail.aws.step_functions.tasks import AwsActivities
from handrail.core.definition.logging_configuration import log_group_arn
from handrail.core.execution_logging import ExecutionLogging, LogLevel
from handrail.core.models import Account
from handrail.core.partitions import partition_of
from handrail.core.queue_reference import QueueReference
from handrail.core.stand_ins.mock_file import MockFile
from handrail.engine.engine import Engine, embedded_engine
from handrail.engine.stand_ins.output_shapes import OutputChecks
from handrail.entrypoints.compose_aws import aws_config
from handrail.entrypoints.dev_greeting import greeting
from handrail.entrypoints.notified import notify_anew
from handrail.entrypoints.reloading import Reloading
from handrail.entrypoints.serve import serve_app
from handrail.settings import Settings
from handrail.usecases.deploy import Deployed, DeployTarget, deploy
from handrail.usecases.local_engine import LocalEngine
from handrail.usecases.machine_folder import FolderProblem, Refused, Survey, text_of
from handrail.web.services import Services

ROLE = "handrail-dev"
STREAM = "handrail-events"
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
    push: bool = True,
) -> None:
    """Serves until SIGTERM or SIGINT what can be served: the folders that can't are said to whoever
    started it, and the catalogue shows them. Files that are saved are read again; without `push`
    the engine is polled. Raises EngineError, PortError, SettingsError."""
    began_at = time.monotonic()
    os.environ.pop("AWS_PROFILE", None)  # moto reads it as it is imported, whether it exists or not
    problems: list[FolderProblem] = []
    stage, refused = settings.environment, problems.append
    mocks = MockFile.parse(text_of(settings.mocks), str(settings.mocks)) if settings.mocks else None
    options: dict[str, Any] = {"environment": stage, "refused": refused, "report": _to_stderr}
    served = partial(embedded_engine, port=engine_port, time_scale=time_scale)
    async with served(settings.state_machines_dir, **options) as engine, AsyncExitStack() as ending:
        use_engine(engine, stage)
        local = local_engine(engine, mocks, settings.stand_in_checks)
        await engine.set_up(refused)
        settings, logging = pushing(_eager(settings), engine, push=push)
        settings = await with_callback_queue(settings, engine)
        config = engine_config(settings, engine)
        deploy_all = partial(fill, settings, config, engine, logging=logging)
        deployed = await deploy_all(refused)
        survey = Survey(engine.folders, tuple(problems), local)
        reloading = Reloading(engine, deploy_all, say, problems)

        async def ready(url: str, services: Services) -> None:
            say(f"Handrail serves {url} (ready in {time.monotonic() - began_at:.1f} s)")
            told = partial(greeting, mocks=mocks, time_scale=time_scale)
            say("\n".join(told(url, engine, deployed, survey, callbacks=settings.callbacks_queue)))
            ending.push_async_callback(_end, _reading_again(reloading, settings, services))

        await serve_app(settings, config, host=host, port=port, ready=ready, survey=survey)


def local_engine(engine: Engine, mocks: MockFile | None, checks: str) -> LocalEngine:
    """Gives the engine the mocks, and answers what is known of it."""
    stand_ins = engine.assembly.account.stand_ins
    stand_ins.checks = OutputChecks(checks)
    if mocks is not None:
        stand_ins.add_mocks(mocks)
    functions = engine.assembly.loaded.handlers
    return LocalEngine(stand_ins.case_names, stand_ins.states, functions)


def _eager(settings: Settings) -> Settings:
    chosen = settings.model_fields_set
    return settings.model_copy(update={k: v for k, v in EAGER.items() if k not in chosen})


def _to_stderr(lines: str) -> None:
    """Where the tracebacks of handlers go."""
    print(lines, file=sys.stderr, flush=True)


def _reading_again(
    reloading: Reloading, settings: Settings, services: Services
) -> "asyncio.Task[None]":
    sending, account = services.news_sending, services.catalogue.account
    reloading.notify = partial(notify_anew, settings, sending, account)
    return asyncio.create_task(reloading.run(services.catalogue, services.clock))


async def _end(task: "asyncio.Task[None]") -> None:
    """Raises what ended the task, if something did."""
    if not task.done():
        task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def fill(
    settings: Settings,
    config: AwsConfig,
    engine: Engine,
    refused: Refused,
    *,
    logging: ExecutionLogging | None = None,
) -> tuple[Deployed, ...]:
    """Deploys the folders of `state_machines/` that the engine serves; `logging` is for those whose
    file says nothing of it."""
    account = _account(engine)
    role_arn = f"arn:{account.partition}:iam::{engine.account_id}:role/{ROLE}"
    async with open_clients(config) as clients:
        calls = AwsCalls()
        return await deploy(
            engine.folders,
            AwsDeployments(clients, calls),
            target=DeployTarget(account, settings.environment, role_arn, logging),
            refused=refused,
            activities=AwsActivities(clients, calls),
        )


def pushing(
    settings: Settings, engine: Engine, *, push: bool
) -> tuple[Settings, ExecutionLogging | None]:
    """Has the engine push and the service read it. State machines that say nothing of logs are to
    log everything, with inputs and outputs: it all stays in this process."""
    if not push:
        return settings.model_copy(update={"events_stream": None}), None
    engine.push_events(STREAM)
    name = f"/aws/vendedlogs/states/handrail-{settings.environment}"
    everything = ExecutionLogging(LogLevel.ALL, True, log_group_arn(name, _account(engine)))
    return settings.model_copy(update={"events_stream": STREAM}), everything


async def with_callback_queue(settings: Settings, engine: Engine) -> Settings:
    """Has the engine make the queue that the settings name; one of AWS is meant by its name."""
    if settings.callbacks_queue is None:
        return settings
    name = QueueReference.parse(settings.callbacks_queue).name
    url = await engine.make_callback_queue(name)
    return settings.model_copy(update={"callbacks_queue": url})


def _account(engine: Engine) -> Account:
    return Account(partition_of(engine.region), engine.region, engine.account_id)


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
