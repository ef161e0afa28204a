"""`handrail test`: runs the cases of state machines, without AWS and without waiting."""

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from handrail.core.models import Json
from handrail.settings import Settings

from .case_report import case_document, coverage_document, coverage_lines, lines_of, summary
from .group import DONE, EXECUTION_FAILED, USAGE, examples, write_file
from .json_output import json_output
from .junit import junit

if TYPE_CHECKING:
    from handrail.entrypoints.run_cases import CaseReport, Project

_PATH = click.Path(exists=True, path_type=Path)


@click.command(
    epilog=examples(
        "handrail test",
        "handrail test state_machines/order-fulfilment --coverage",
        "handrail test -k refund --junit build/cases.xml",
        "handrail test examples/local-testing --mocks examples/local-testing/MockConfigFile.json",
    )
)
@click.argument("paths", nargs=-1, type=_PATH, metavar="[PATH]...")
@click.option("-k", "keyword", metavar="TEXT", help="Only cases with this in MACHINE/CASE.")
@click.option(
    "--mocks",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Run every test case of this MockConfigFile.",
)
@click.option("--input", metavar="JSON|@FILE|-", help="With --mocks: each one's input.")
@click.option("--coverage", is_flag=True, help="Say which states and transitions no case took.")
@click.option(
    "--junit",
    "junit_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what JUnit would to this file.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a case.")
def test(
    paths: tuple[Path, ...],
    keyword: str | None,
    mocks: Path | None,
    input: str | None,
    *,
    coverage: bool,
    junit_file: Path | None,
    as_json: bool,
) -> int:
    """Run the cases beside definitions: of folders of state machines, one such folder, or files.

    Without a path, the folder that HANDRAIL_STATE_MACHINES_DIR names. Waits, timeouts and retries'
    intervals take no time. Exits 1 where a case fails, 2 where one can't be read or there is none.
    """
    from handrail.entrypoints.run_cases import (  # noqa: PLC0415 the engine
        Selection,
        find_projects,
        run_project,
    )

    if input is not None and mocks is None:
        raise click.UsageError("--input goes with --mocks: a case has its own input.")
    settings, began_at = Settings.read(), monotonic()
    say = _Printer(coverage=coverage, as_json=as_json)
    selection = Selection(keyword, mocks, _given(input))
    reports: list[CaseReport] = []
    engine = click.get_current_context().obj or {}  # another than its own
    projects = find_projects(paths or (settings.state_machines_dir,))
    with redirect_stdout(sys.stderr):  # what handlers print
        for project in projects:
            for report in run_project(project, selection, settings.environment, **engine):
                reports.append(report)
                say.report(report)
            say.covered(project)
    if junit_file is not None:
        write_file(junit_file, junit(reports))
    if not as_json:
        click.echo(summary(reports, monotonic() - began_at))
    return _exit_code(reports, [line for project in projects for line in project.unread])


def _exit_code(reports: Sequence["CaseReport"], unread: Sequence[str]) -> int:
    for line in unread:
        click.echo(line, err=True)
    if unread or not reports:
        return USAGE
    return DONE if all(report.passed for report in reports) else EXECUTION_FAILED


def _given(input: str | None) -> Json:
    if input is None:
        return None
    from .service_options import read_json  # noqa: PLC0415 imports the client

    return json.loads(read_json("--input", input).text)


class _Printer:
    """Prints to what standard output was when it was made."""

    def __init__(self, *, coverage: bool, as_json: bool) -> None:
        self._out, self._coverage, self._as_json = sys.stdout, coverage, as_json

    def report(self, report: "CaseReport") -> None:
        self._print([case_document(report)] if self._as_json else lines_of(report))

    def covered(self, project: "Project") -> None:
        for name, coverage in project.coverage.items() if self._coverage else ():
            one = [coverage_document(name, coverage)]
            self._print(one if self._as_json else coverage_lines(name, coverage))

    def _print(self, lines: Iterable[Json]) -> None:
        for line in lines:
            click.echo(json_output(line) if self._as_json else line, file=self._out)
