"""Runs `handrail test`: finds the cases, and runs those of one project beside each other."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from handrail.core.cases.judging import mismatches
from handrail.core.cases.outcome import ExecutionOutcome
from handrail.core.errors import InvalidDefinition, ServiceError
from handrail.core.stand_ins.case_file import FOLDER
from handrail.engine.errors import AwsError
from handrail.usecases import machine_folder
from handrail.usecases.case_folder import FoundCase, case_files, read_case
from handrail.usecases.machine_folder import MachineFolder

from .case_engine import CaseEngine

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class CaseReport:
    """`problems` are sentences on what isn't as expected: none, and the case has passed. `outcome`
    is None where the execution couldn't be started."""

    machine: str
    case: FoundCase
    outcome: ExecutionOutcome | None
    problems: tuple[str, ...]
    took_s: float

    @property
    def passed(self) -> bool:
        return not self.problems


@dataclass(slots=True)
class Project:
    """State machines that are deployed together because they stand in one folder, and the cases of
    theirs that are wanted; `unread` are sentences on files of cases that can't be read."""

    machines_dir: Path
    machines: list[Path] = field(default_factory=list)
    cases: list[FoundCase] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def find_projects(paths: Sequence[Path], *, keyword: str | None) -> list[Project]:
    """A path is a folder of state machines, the folder of one, or the file of a case. Cases are
    wanted whose `machine/case` has the keyword in it. Raises InvalidDefinition for another path."""
    projects: dict[Path, Project] = {}
    for path in paths:
        if machine_folder.has_one(path):
            files, machines = case_files(path), [path]
        elif path.is_file() and path.parent.name == FOLDER:
            files, machines = (path,), [path.parent.parent]
        else:
            machines = list(machine_folder.folders_in(path, among=machine_folder.meant))
            files = tuple(file for each in machines for file in case_files(each))
        if not machines:
            raise InvalidDefinition(f"{path}: holds no state machine.")
        project = projects.setdefault(machines[0].parent, Project(machines[0].parent))
        project.machines += (each for each in machines if each not in project.machines)
        _read(project, [file for file in files if _wanted(file, keyword)])
    return list(projects.values())


def _wanted(file: Path, keyword: str | None) -> bool:
    return keyword is None or keyword in f"{file.parent.parent.name}/{file.stem}"


def _read(project: Project, files: Sequence[Path]) -> None:
    known = {case.path for case in project.cases}
    for file in files:
        try:
            if file not in known:
                project.cases.append(read_case(file))
        except InvalidDefinition as error:
            project.unread.append(error.detail)


def run_cases(engine: CaseEngine, cases: Sequence[FoundCase]) -> Iterator[CaseReport]:
    """A report for each case, in their order."""

    def report(case: FoundCase) -> CaseReport:
        return run_case(engine, case)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(report, cases)


def run_case(engine: CaseEngine, case: FoundCase) -> CaseReport:
    began_at = time.monotonic()
    outcome: ExecutionOutcome | None = None
    name = case.machine.name
    try:
        machine = engine.at(case.machine)
        name = machine.rendered.name
        outcome = engine.run(machine, case.file.input)
        problems = tuple(mismatches(case.file.expect, outcome, engine.value_at))
    except (AwsError, ServiceError) as error:
        problems = (f"It can't be run: {error}",)
    return CaseReport(name, case, outcome, problems, time.monotonic() - began_at)
