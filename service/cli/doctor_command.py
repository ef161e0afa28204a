"""`handrail doctor`: tells what is missing to run, each with the line that mends it."""

import asyncio
import json
from collections.abc import Iterator, Sequence

import click

from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict, counted
from handrail.core.errors import SettingsError
from handrail.core.machine_patterns import MachinePatterns
from handrail.settings import Settings

from .group import DONE, EXECUTION_FAILED, UNREACHABLE, examples

_INDENT = " " * 13


def _patterns(
    _ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> MachinePatterns:
    try:
        return MachinePatterns.parse(",".join(given))
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


@click.command(
    epilog=examples(
        "AWS_PROFILE=production AWS_REGION=eu-west-1 handrail doctor",
        "handrail doctor order-fulfilment --host 0.0.0.0",
        "AWS_ENDPOINT_URL=http://127.0.0.1:8083 handrail doctor",
    )
)
@click.argument("only", nargs=-1, metavar="[MACHINE]...", callback=_patterns)
@click.option("--host", default="127.0.0.1", help="The address that `handrail serve` listens on.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def doctor(only: MachinePatterns, *, host: str, as_json: bool) -> int:
    """Tell what is missing to run, and the line that mends it.

    Asks AWS, or AWS_ENDPOINT_URL, the bus and the settings, as the service would: with its
    environment and its credentials. Writes nothing, anywhere. MACHINE is a name, a pattern of names
    (orders-*) or an ARN: of these state machines alone, else of those that HANDRAIL_MACHINES names.
    Exits 1 where something is missing, 3 where AWS can't be reached; warnings pass.
    """
    from handrail.entrypoints.doctor import DoctorReport, diagnose  # noqa: PLC0415 imports AWS's SDK
    from handrail.entrypoints.settings_check import refused_all  # noqa: PLC0415
    from handrail.telemetry.logs import configure_logs  # noqa: PLC0415

    configure_logs("critical", "json")  # what is refused is said below, and not twice
    try:
        settings = Settings.read()
        looked_at = only if only.patterns else settings.served_machines
        report = asyncio.run(diagnose(settings, only=looked_at, host=host))
    except SettingsError as error:
        report = DoctorReport(refused_all(str(error)), reached=True)
    lines = _json_lines if as_json else _lines
    for line in lines(report.diagnoses):
        click.echo(line)
    if not as_json:
        click.echo(counted(report.diagnoses), err=True)
    if not report.reached:
        return UNREACHABLE
    return EXECUTION_FAILED if report.missing else DONE


def _lines(diagnoses: Sequence[Diagnosis]) -> Iterator[str]:
    """A line for each, and below it the one that mends it."""
    for each in diagnoses:
        yield f"{each.verdict.value:<{len(_INDENT)}}{each.check}: {each.text}"
        if each.mend is not None and each.verdict is not Verdict.OK:
            yield f"{_INDENT}→ {each.mend}"


def _json_lines(diagnoses: Sequence[Diagnosis]) -> Iterator[str]:
    return (json.dumps(each.document()) for each in diagnoses)
