"""`handrail lint`: tells what is wrong, or could be better, in definitions, without AWS."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import click

from handrail.aws.operation_names import OperationNames
from handrail.core.definition.callback_names import names_nothing
from handrail.core.definition.cost import estimate
from handrail.core.definition.definition import Definition
from handrail.core.definition.lint import Finding, Severity
from handrail.core.definition.lint import lint as findings_of
from handrail.core.definition.lint.findings import in_state, on_whole
from handrail.core.definition.machine_file import known_names, rendered
from handrail.core.definition.substitution import fill_known
from handrail.core.definition.unanswered_tasks import unanswered_tasks
from handrail.core.errors import InvalidDefinition, ServiceError
from handrail.core.models import Account, MachineType
from handrail.engine.definition_check import installed, refusal
from handrail.settings import Settings
from handrail.usecases.machine_folder import FolderProblem, MachineFolder
from handrail.usecases.machine_sources import MachineSource, sources_at

from .finding_formats import Checked, as_github, as_json, as_sarif, as_text
from .group import DONE, EXECUTION_FAILED, USAGE, examples

STAND_IN = Account("aws", "us-east-1", "000000000000")
NO_DEFINITION = "no-definition"
_PLACE = re.compile(r"(?:(?P<file>[\w.-]+):)?(?P<line>\d+):\d+: ")
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
    """Check definitions: folders of state machines, ASL files, SAM and CloudFormation templates.

    Without a path, the folder that HANDRAIL_STATE_MACHINES_DIR names. Exits 1 where a definition
    has an error, 2 where one can't be read; warnings and hints pass. On stderr it says what an
    execution of each costs.
    """
    form = form or ("json" if as_lines else "text")
    settings = Settings.read()
    asked = paths or (settings.state_machines_dir,)
    sources = [source for path in asked for source in _sources_at(path)]
    every = [checked for source in sources for checked in _checked(source, settings)]
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
                click.echo(f"{checked.label}: {checked.cost}", err=True)
        counts = [(len(every), "definition"), (len(errors), "error")]
        counted = [f"{number} {noun}{'s' * (number != 1)}" for number, noun in counts]
        click.echo(f"{', '.join(counted)}.", err=True)
    if any(error.code == NO_DEFINITION for error in errors):
        return USAGE
    return EXECUTION_FAILED if errors else DONE


def _sources_at(path: Path) -> tuple[MachineSource, ...]:
    """Raises InvalidDefinition where there is none."""
    if path.is_file():  # whatever is in it: somebody asks for it to be checked as a definition
        return (MachineSource(path),)
    if not (found := sources_at(path)):
        raise InvalidDefinition(f"{path}: holds no state machine.")
    return found


def _checked(source: MachineSource, settings: Settings) -> Iterator[Checked]:
    """What there is to say of each of its definitions, also where one couldn't be read."""
    problems: list[FolderProblem] = []
    for machine in source.load(problems.append):
        name = machine.file.name if machine.in_stack else None
        try:
            yield replace(_of_machine(machine, settings), machine=name)
        except ServiceError as error:
            yield _unreadable(source.path, error.detail, name)
    for problem in problems:
        why = problem.reason.removeprefix(f"{problem.name}: ")
        yield _unreadable(source.path, why, problem.name)


def _unreadable(path: Path, why: str, machine: str | None) -> Checked:
    """`why` may begin with a file in the folder, and a line: they are where the finding is."""
    line = None
    if placed := _PLACE.match(why):
        path = path / placed["file"] if path.is_dir() and placed["file"] else path
        line, why = int(placed["line"]), f"It {why[placed.end() :]}"
    finding = replace(on_whole(NO_DEFINITION, why), line=line)
    return Checked(path, (finding,), machine=machine)


def _of_machine(machine: MachineFolder, settings: Settings) -> Checked:
    """Lines are those of a JSON file: no other text is the definition's line by line."""
    stage = settings.environment
    ready = rendered(machine.file, machine.template, account=STAND_IN, environment=stage)
    checked = _of_text(machine.written_in or machine.path, ready.definition_text, ready.type)
    findings = [*checked.findings, *_unanswered(machine, ready.definition_text, stage)]
    findings += _misnamed(machine, ready.definition_text)
    findings += _written_secrets(machine)
    if (said := machine.what_is_made_up) is not None:
        findings.append(on_whole("leftover-substitution", said))
    if machine.written_in is None:
        findings = [replace(found, line=None) for found in findings]
    return replace(checked, findings=findings)


def _unanswered(machine: MachineFolder, text: str, stage: str) -> Iterator[Finding]:
    """A finding for each task that nobody answers on the embedded engine. Where there is no handler
    at all, the functions are thought to be elsewhere."""
    names, file = known_names(STAND_IN, stage), machine.file
    functions = {fill_known(name, names) for name in file.handlers} or None
    read = Definition.parse(text)
    for task in unanswered_tasks(read, stand_ins=file.stand_ins, functions=functions):
        yield in_state(task.state, "needs-stand-in", task.hint(machine.described_in))


def _written_secrets(machine: MachineFolder) -> Iterator[Finding]:
    for number, entry in enumerate(machine.file.notify):
        if entry.secret_is_written:
            message = f"notify[{number}] holds its secret: name a variable, env:NAME, instead."
            yield on_whole("notify-secret-in-file", message)


def _misnamed(machine: MachineFolder, text: str) -> Iterator[Finding]:
    """A finding for each name in `callbacks` that leads nowhere."""
    definition = Definition.parse(text)
    for name, callback in machine.file.callbacks.items():
        state = definition.states[name]
        for reference in names_nothing(callback, state):
            said = f"callbacks.{name} names {reference}, which this task is never called with."
            yield in_state(state, "callback-names-nothing", said)


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
