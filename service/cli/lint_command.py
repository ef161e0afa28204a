"""`handrail lint`: tells what is wrong, or could be better, in definitions, without AWS."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import click

from handrail.core.definition.definition import Definition
from handrail.core.definition.findings import Finding, Severity
from handrail.core.definition.lint import lint as findings_of
from handrail.core.definition.machine_file import rendered
from handrail.core.errors import InvalidDefinition, ServiceError
from handrail.core.models import Account, MachineType
from handrail.engine.definition_check import installed, refusal
from handrail.settings import Settings
from handrail.usecases import machine_folder
from handrail.usecases.machine_folder import METADATA, meant

from .group import DONE, EXECUTION_FAILED, USAGE, examples

STAND_IN = Account("aws", "us-east-1", "123456789012")
NO_DEFINITION = "no-definition"


@click.command(epilog=examples("handrail lint", "handrail lint state_machines/order-fulfilment"))
@click.argument(
    "paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]..."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finding.")
def lint(paths: tuple[Path, ...], as_json: bool) -> int:
    """Check definitions: folders of state machines, one such folder, or ASL files.

    Without a path, the folder that HANDRAIL_STATE_MACHINES_DIR names. Exits 1 where a definition
    has an error, 2 where one can't be read; warnings and hints pass.
    """
    settings = Settings.read()
    asked = paths or (settings.state_machines_dir,)
    checked = {path: _findings(path, settings) for one in asked for path in _definitions_at(one)}
    for path, findings in checked.items():
        for finding in findings:
            where = f" {finding.state}:" if finding.state else ""
            plain = f"{finding.severity.value} {finding.code}:{where} {finding.message}"
            document = {"file": str(path), **asdict(finding)}
            click.echo(json.dumps(document) if as_json else f"{path}: {plain}")
    errors = [f for found in checked.values() for f in found if f.severity is Severity.ERROR]
    if not as_json:
        counts = [(len(checked), "definition"), (len(errors), "error")]
        counted = [f"{number} {noun}{'s' * (number != 1)}" for number, noun in counts]
        click.echo(f"{', '.join(counted)}.", err=True)
    if any(error.code == NO_DEFINITION for error in errors):
        return USAGE
    return EXECUTION_FAILED if errors else DONE


def _definitions_at(path: Path) -> tuple[Path, ...]:
    """The folders and files to check. Raises InvalidDefinition where there is none."""
    one = path.is_file() or (path / METADATA).exists()
    found = (path,) if one else machine_folder.folders_in(path, among=meant)
    if not found:
        raise InvalidDefinition(f"{path}: holds no state machine.")
    return found


def _findings(path: Path, settings: Settings) -> tuple[Finding, ...]:
    """What there is to say of one definition, also where it couldn't be read as one."""
    try:
        if path.is_file():
            return _of_text(machine_folder.text_of(path), MachineType.STANDARD)
        folder, stage = machine_folder.load_one(path), settings.environment
        machine = rendered(folder.file, folder.template, account=STAND_IN, environment=stage)
        return _of_text(machine.definition_text, machine.type)
    except ServiceError as error:
        why = error.detail.removeprefix(f"{path}: ")
        return (Finding(NO_DEFINITION, Severity.ERROR, why),)


def _of_text(text: str, type: MachineType) -> tuple[Finding, ...]:
    """An error of the definition's is one for the engine too, and said once."""
    findings = findings_of(Definition.parse(text), type)
    if any(finding.severity is Severity.ERROR for finding in findings) or not installed():
        return findings
    if (reason := refusal(text, type.value)) is None:
        return findings
    place = re.search(r" at /States/(.+)'$", reason)
    message = f"The embedded engine can't take it: {reason}"
    state = place[1] if place else None
    return (Finding("not-on-the-engine", Severity.WARNING, message, state), *findings)
