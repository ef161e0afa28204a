"""`handrail lint`: tells what is wrong, or could be better, in definitions, without AWS."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from handrail.core.definition.definition import Definition
from handrail.core.definition.findings import Finding, Severity, info
from handrail.core.definition.lint import lint as findings_of
from handrail.core.definition.machine_file import RenderedMachine, known_names, rendered
from handrail.core.definition.substitution import fill_known
from handrail.core.definition.unanswered_tasks import unanswered_tasks
from handrail.core.errors import InvalidDefinition, ServiceError
from handrail.core.models import Account, MachineType
from handrail.engine.definition_check import installed, refusal
from handrail.settings import Settings
from handrail.usecases.machine_folder import FolderProblem, MachineFolder
from handrail.usecases.machine_sources import Source, sources_at

from .group import DONE, EXECUTION_FAILED, USAGE, examples

STAND_IN = Account("aws", "us-east-1", "123456789012")
NO_DEFINITION = "no-definition"


@click.command(epilog=examples("handrail lint", "handrail lint state_machines/order-fulfilment"))
@click.argument(
    "paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]..."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finding.")
def lint(paths: tuple[Path, ...], as_json: bool) -> int:
    """Check definitions: folders of state machines, ASL files, SAM and CloudFormation templates.

    Without a path, the folder that HANDRAIL_STATE_MACHINES_DIR names. Exits 1 where a definition
    has an error, 2 where one can't be read; warnings and hints pass.
    """
    settings = Settings.read()
    asked = paths or (settings.state_machines_dir,)
    checked: dict[str, tuple[Finding, ...]] = {}
    for source in (source for path in asked for source in _sources_at(path)):
        checked |= _checked(source, settings)
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


def _sources_at(path: Path) -> tuple[Source, ...]:
    """Raises InvalidDefinition where there is none."""
    if path.is_file():  # whatever is in it: somebody asks for it to be checked as a definition
        return (Source(path),)
    if not (found := sources_at(path)):
        raise InvalidDefinition(f"{path}: holds no state machine.")
    return found


def _checked(source: Source, settings: Settings) -> dict[str, tuple[Finding, ...]]:
    """By the file, or in a template by it and the state machine's name."""
    problems: list[FolderProblem] = []
    found = {
        source.label(machine.file.name): _findings(machine, settings)
        for machine in source.load(problems.append)
    }
    for problem in problems:
        found[source.label(problem.name)] = (
            Finding(NO_DEFINITION, Severity.ERROR, problem.reason),
        )
    return found


def _findings(machine: MachineFolder, settings: Settings) -> tuple[Finding, ...]:
    """What there is to say of one definition, also where it couldn't be read as one."""
    try:
        ready = rendered(
            machine.file, machine.template, account=STAND_IN, environment=settings.environment
        )
        return (
            *_of_text(ready.definition_text, ready.type),
            *_unanswered(machine, ready, settings),
        )
    except ServiceError as error:
        return (Finding(NO_DEFINITION, Severity.ERROR, error.detail),)


def _unanswered(
    machine: MachineFolder, ready: RenderedMachine, settings: Settings
) -> Iterator[Finding]:
    """A finding for each task that nobody answers on the embedded engine. Where there is no handler
    at all, the functions are thought to be elsewhere."""
    names, file = known_names(STAND_IN, settings.environment), machine.file
    functions = {fill_known(name, names) for name in file.handlers} or None
    read = Definition.parse(ready.definition_text)
    for task in unanswered_tasks(read, stand_ins=file.stand_ins, functions=functions):
        yield info(task.state, "needs-stand-in", task.hint)


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
