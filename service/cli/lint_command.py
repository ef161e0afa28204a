"""`handrail lint`: what is wrong, or could be better, in definitions, without AWS."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from service.core.definition.definition import Definition
from service.core.definition.lint import Finding, Severity
from service.core.definition.lint import lint as findings_of
from service.core.definition.machine_file import rendered
from service.core.errors import InvalidDefinition, ServiceError, SettingsError
from service.core.models import MachineType
from service.engine.definition_check import installed, refusal
from service.settings import Settings
from service.usecases import machine_folder
from service.usecases.machine_folder import METADATA, meant

from .group import EXECUTION_FAILED, USAGE, Failed

STAND_IN_REGION, STAND_IN_ACCOUNT = "us-east-1", "123456789012"
NO_DEFINITION = "no-definition"
NOT_ON_THE_ENGINE = "not-on-the-engine"


@dataclass(frozen=True, slots=True)
class Checked:
    """One definition and what there is to say of it; `broken` where it couldn't be read as one."""

    path: Path
    findings: tuple[Finding, ...]
    broken: bool = False


@click.command()
@click.argument(
    "paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]..."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finding.")
def lint(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check definitions: folders of state machines, one such folder, or ASL files.

    Without a path, the folder that HANDRAIL_STATE_MACHINES_DIR names. Exits 1 where a definition
    has an error, 2 where one can't be read; warnings and hints pass.
    """
    try:
        settings = Settings.read()
        checked = [
            one for path in paths or (settings.state_machines_dir,) for one in check(path, settings)
        ]
    except (SettingsError, ServiceError) as error:
        raise Failed(str(error), USAGE) from error
    for one in checked:
        for finding in one.findings:
            where = f" {finding.state}:" if finding.state else ""
            plain = f"{finding.severity.value} {finding.code}:{where} {finding.message}"
            document = {"file": str(one.path), **finding.document()}
            click.echo(json.dumps(document) if as_json else f"{one.path}: {plain}")
    errors = sum(f.severity is Severity.ERROR for one in checked for f in one.findings)
    if not as_json:
        counts = [(len(checked), "definition"), (errors, "error")]
        counted = [f"{number} {noun}{'s' * (number != 1)}" for number, noun in counts]
        click.echo(f"{', '.join(counted)}.", err=True)
    if errors:
        broken = any(one.broken for one in checked)
        raise click.exceptions.Exit(USAGE if broken else EXECUTION_FAILED)


def check(path: Path, settings: Settings) -> Iterator[Checked]:
    """Each definition at this path. Raises InvalidDefinition where there is none."""
    one = path.is_file() or (path / METADATA).exists()
    found = (path,) if one else machine_folder.folders_in(path, among=meant)
    if not found:
        raise InvalidDefinition(f"{path}: holds no state machine.")
    for each in found:
        try:
            yield Checked(each, _findings(each, settings))
        except ServiceError as error:
            why = error.detail.removeprefix(f"{each}: ")
            yield Checked(each, (Finding(NO_DEFINITION, Severity.ERROR, why),), broken=True)


def _findings(path: Path, settings: Settings) -> tuple[Finding, ...]:
    if path.is_file():
        return _of_text(machine_folder.text_of(path))
    folder = machine_folder.load_one(path)
    machine = rendered(
        folder.file,
        folder.template,
        region=STAND_IN_REGION,
        account_id=STAND_IN_ACCOUNT,
        environment=settings.environment,
    )
    return _of_text(machine.definition_text, machine.type)


def _of_text(text: str, type: MachineType = MachineType.STANDARD) -> tuple[Finding, ...]:
    """An error of the definition's is one for the engine too, and said once."""
    findings = findings_of(Definition.parse(text), type)
    if any(finding.severity is Severity.ERROR for finding in findings) or not installed():
        return findings
    if (reason := refusal(text, type.value)) is None:
        return findings
    places = re.findall(r" at /States/(.+)'$", reason)
    message = f"The embedded engine can't take it: {reason}"
    state = places[0] if places else None
    return (Finding(NOT_ON_THE_ENGINE, Severity.WARNING, message, state), *findings)
