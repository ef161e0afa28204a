"""`handrail dev`, `serve` and `deploy`: the commands that talk to AWS or to the embedded engine."""

import asyncio
import gc
import io
import os
import sys
from collections.abc import Coroutine
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from handrail.core.aliases import WHOLE
from handrail.core.machine_reference import ALIAS
from handrail.settings import Settings

from .group import DONE, EXECUTION_FAILED, examples

if TYPE_CHECKING:
    from handrail.usecases.releases import Release
    from handrail.web.services import Services

_PORTS = click.IntRange(0, 65_535)
_host = click.option("--host", default="127.0.0.1", help="The address to listen on.")
_port = click.option(
    "--port", type=_PORTS, default=8000, help="The port to listen on; 0 for any free one."
)


@click.command(
    epilog=examples(
        "handrail dev",
        "handrail dev template.yaml",
        "handrail dev --port 9000 --engine-port 8083",
    )
)
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@_host
@_port
@click.option(
    "--engine-port", type=_PORTS, default=0, help="The embedded engine's port; 0 for any free one."
)
@click.option(
    "--time-scale",
    type=click.FloatRange(0.001, 1_000_000),
    default=1.0,
    metavar="N",
    help="How many times as fast the engine's time goes: a Wait of N seconds takes one.",
)
@click.option(
    "--push/--no-push",
    default=True,
    help="Have the engine push what happens, by its logs and a stream; else it is polled.",
)
@click.option(
    "--mocks",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A MockConfigFile.json of Step Functions Local: test cases to start.",
)
def dev(path: Path | None, mocks: Path | None, host: str, **options: Any) -> None:
    """Serve on an embedded engine: no AWS account needed.

    PATH has the state machines: a folder of them, one ASL file, a SAM or CloudFormation template,
    or serverless.yml. Without it, the folder that HANDRAIL_STATE_MACHINES_DIR names.
    """
    from handrail.auth.setup import refuse_exposure  # noqa: PLC0415
    from handrail.entrypoints.dev import run_dev  # noqa: PLC0415 imports the engine

    settings = read_settings(dev=True)
    given = {"state_machines_dir": path, "mocks": mocks}
    settings = settings.model_copy(update={name: each for name, each in given.items() if each})
    refuse_exposure(settings, host)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # what handlers print shows at once
    _run(run_dev(settings, host=host, say=click.echo, **options))


@click.command(epilog=examples("AWS_REGION=eu-west-1 handrail serve --port 9000"))
@_host
@_port
def serve(host: str, port: int) -> None:
    """Serve in front of AWS, or of AWS_ENDPOINT_URL."""
    gc.disable()  # until it serves: what starting makes stays, and looking for garbage is slow
    from handrail.entrypoints.compose_aws import aws_config  # noqa: PLC0415 imports AWS's SDK
    from handrail.entrypoints.serve import serve_app  # noqa: PLC0415

    async def ready(url: str, _: "Services") -> None:
        click.echo(f"Handrail serves {url}")

    settings = read_settings()
    _run(serve_app(settings, aws_config(settings), host=host, port=port, ready=ready))


@click.command(
    epilog=examples(
        "handrail deploy --dry-run",
        "handrail deploy order-fulfilment --publish --alias live --weight 10",
        "handrail deploy order-fulfilment --role-arn arn:aws:iam::123456789012:role/orders",
    )
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--role-arn", help="The executions' role, where machine.json names none.")
@click.option("--publish", is_flag=True, help="Publish a version of each, unless it has one.")
@click.option("--alias", metavar="NAME", help="With --publish: point this alias to the version.")
@click.option(
    "--weight",
    type=click.IntRange(1, 100),
    metavar="PERCENT",
    help="With --alias: send so many of its starts to the version; the former one keeps the rest.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def deploy(
    names: tuple[str, ...],
    *,
    dry_run: bool,
    role_arn: str | None,
    publish: bool,
    alias: str | None,
    weight: int | None,
    as_json: bool,
) -> int:
    """Deploy the state machines' definitions: all, or the named ones.

    One that can't be deployed is named with the reason, and the rest is deployed; exits 1.
    """
    from handrail.entrypoints.deploy import deploy_folders  # noqa: PLC0415 imports AWS's SDK

    release = _release(publish=publish, alias=alias, weight=weight)
    work = deploy_folders(
        read_settings(),
        only=names,
        role_arn=role_arn,
        dry_run=dry_run,
        as_json=as_json,
        release=release,
    )
    report = _run(work)
    for line in report.deployed:
        click.echo(line)
    for line in report.refused:
        click.echo(line, err=not as_json)
    return EXECUTION_FAILED if report.refused else DONE


def _release(*, publish: bool, alias: str | None, weight: int | None) -> "Release | None":
    """Raises UsageError where one option lacks another that it needs."""
    from handrail.usecases.releases import Release  # noqa: PLC0415

    if alias is not None and not publish:
        raise click.UsageError("--alias needs --publish: an alias points to a version.")
    if weight is not None and alias is None:
        raise click.UsageError("--weight needs --alias: it is a share of the alias's starts.")
    if alias is not None and not ALIAS.fullmatch(alias):
        raise click.UsageError("--alias: up to 80 letters, digits, _, - and ., not digits alone.")
    return Release(alias, weight or WHOLE) if publish else None


def read_settings(*, dev: bool = False) -> Settings:
    from handrail.telemetry.logs import configure_logs  # noqa: PLC0415

    settings = Settings.read()
    quiet = dev and "HANDRAIL_LOG_LEVEL" not in os.environ
    configure_logs("warning" if quiet else settings.log_level, settings.log_format)
    return settings


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    """On uvloop where there is one: updates reach many sockets sooner, and a start costs the same
    (the benchmark `servers`)."""
    run = import_module("uvloop").run if find_spec("uvloop") else asyncio.run
    return run(work)
