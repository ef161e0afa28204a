"""`handrail lint`: tells what is wrong, or could be better, in definitions, without AWS."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from handrail.aws.operation_names import OperationNames
from handrail.core.definition.cost import estimate
from handrail.core.definition.definition import Definition
from handrail.core.definition.lint import Finding, Severity
from handrail.core.definition.lint import lint as findings_of
from handrail.core.definition.lint.findings import on_whole
from handrail.core.definition.machine_file import rendered
from handrail.core.errors import InvalidDefinition, ServiceError
from handrail.core.models import Account, MachineType
from handrail.engine.definition_check import installed, refusal
from handrail.settings import Settings
from handrail.usecases import machine_folder
from handrail.usecases.machine_folder import DEFINITION, METADATA, meant

from .finding_formats import Checked, as_github, as_json, as_sarif, as_text
from .group import DONE, EXECUTION_FAILED, USAGE, examples

STAND_IN = Account("aws", "us-east-1", "000000000000")
NO_DEFINITION = "no-definition"
_LINES: Mapping[str, Callable[[Checked], Iterator[str]]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
}


@click.command(
    epilog=examples(
        "handrail lint",
        "handrail lint state_machines/order-fulfilment",
        "handrail lint --format sarif > lint.sarif",
    )
)
@click.argument(
    "paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]..."
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*_LINES, "sarif"]),
    help="text for people (default), json: an object a line, github: annotations, sarif 2.1.0.",
)
@click.option("--json", "as_lines", is_flag=True, help="As --format json.")
def lint(paths: tuple[Path, ...], form: str | None, as_lines: bool) -> int:
    """Check definitions: folders of state machines, one such folder, or ASL files.

    Without a path, the folder that HANDRAIL_STATE_MACHINES_DIR names. Exits 1 where a definition
    has an error, 2 where one can't be read; warnings and hints pass. On stderr it says what an
    execution of each costs.
    """
    form = form or ("json" if as_lines else "text")
    settings = Settings.read()
    asked = paths or (settings.state_machines_dir,)
    every = [_checked(path, settings) for one in asked for path in _definitions_at(one)]
    if form == "sarif":
        click.echo(as_sarif(every))
    else:
        for checked in every:
            for line in _LINES[form](checked):
                click.echo(line)
    errors = [f for one in every for f in one.findings if f.severity is Severity.ERROR]
    if form == "text":
        for checked in every:
            if checked.cost:
                click.echo(f"{checked.file}: {checked.cost}", err=True)
        counts = [(len(every), "definition"), (len(errors), "error")]
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


def _checked(path: Path, settings: Settings) -> Checked:
    """What there is to say of one definition, also where it couldn't be read as one."""
    try:
        if path.is_file():
            return _of_text(path, machine_folder.text_of(path), MachineType.STANDARD)
        folder, stage = machine_folder.load_one(path), settings.environment
        machine = rendered(folder.file, folder.template, account=STAND_IN, environment=stage)
        return _of_text(path / DEFINITION, machine.definition_text, machine.type)
    except ServiceError as error:
        why = error.detail.removeprefix(f"{path}: ")
        return Checked(path, (on_whole(NO_DEFINITION, why),))


def _of_text(file: Path, text: str, type: MachineType) -> Checked:
    """An error of the definition's is one for the engine too, and said once."""
    definition = Definition.parse(text)
    own = STAND_IN.account_id
    findings = findings_of(definition, type, operations=OperationNames(), account_id=own)
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Checked(file, findings)
    if installed() and (reason := refusal(text, type.value)) is not None:
        findings = (_engine_finding(definition, reason), *findings)
    return Checked(file, findings, estimate(definition, type).words)


def _engine_finding(definition: Definition, reason: str) -> Finding:
    place = re.search(r" at /States/(.+)'$", reason)
    state = definition.states.get(place[1]) if place else None
    message = f"The embedded engine can't take it: {reason}"
    path, name = (state.path, state.name) if state else ("", None)
    return on_whole("not-on-the-engine", message, path, name)
