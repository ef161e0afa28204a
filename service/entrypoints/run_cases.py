"""Runs `handrail test`: finds the cases, and runs those of one project beside each other."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from handrail.core.cases.coverage import Coverage
from handrail.core.cases.judging import mismatches
from handrail.core.cases.outcome import ExecutionOutcome
from handrail.core.errors import InvalidDefinition, ServiceError
from handrail.core.models import Json
from handrail.core.stand_ins.case_file import CaseFile, Expectation
from handrail.core.stand_ins.mock_file import MockFile
from handrail.engine.errors import AwsError, EngineError
from handrail.usecases.case_folder import FoundCase, case_files, home_of, read_case
from handrail.usecases.machine_folder import text_of
from handrail.usecases.machine_sources.reading import sources_at

from .case_engine import CaseEngine, case_engine, mocks_of

_AT_ONCE = 8
_NO_FUNCTION = "Lambda.ResourceNotFoundException"


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
    """State machines that are deployed together because they stand at one place, and the cases
    that are wanted of those at `paths`; `unread` are sentences on files that can't be read, and on
    state machines without a case that can't be deployed."""

    place: Path
    paths: set[Path] = field(default_factory=set)
    cases: list[FoundCase] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    coverage: dict[str, Coverage] = field(default_factory=dict)


def find_projects(paths: Sequence[Path]) -> list[Project]:
    """A path is whatever describes state machines, or the file of a case. Beside one that has its
    folder among others', the others are deployed too: it may start them. Raises
    InvalidDefinition for another path."""
    projects: dict[Path, Project] = {}
    for path in paths:
        home = home_of(path) if path.is_file() else None
        described = [source.path for source in sources_at(home or path)]
        if not described:
            raise InvalidDefinition(f"{path}: holds no state machine.")
        homes = dict.fromkeys(each if each.is_dir() else each.parent for each in described)
        files = [path] if home else [file for each in homes for file in case_files(each)]
        place = described[0].parent if described == [home or path] else home or path
        project = projects.setdefault(place, Project(place))
        project.paths.update(described)
        _read(project, files)
    return list(projects.values())


def _read(project: Project, files: Sequence[Path]) -> None:
    known = {case.path for case in project.cases}
    for file in files:
        try:
            if file not in known:
                project.cases.append(read_case(file))
        except InvalidDefinition as error:
            project.unread.append(error.detail)


@dataclass(frozen=True, slots=True)
class Selection:
    """Cases whose `machine/case` has the keyword in it; with `mocks`, every test case of that
    MockConfigFile with this input, instead of files of cases."""

    keyword: str | None = None
    mocks: Path | None = None
    input: Json = None

    def takes(self, case: FoundCase) -> bool:
        return self.keyword is None or self.keyword in case.label


Opener = Callable[[Path, str], AbstractContextManager[CaseEngine]]
"""An engine with what stands at a place, for a stage."""


def run_project(
    project: Project, selection: Selection, environment: str, *, opened: Opener = case_engine
) -> Iterator[CaseReport]:
    """A report for each case, in their order. By the end the project has its coverage."""
    with opened(project.place, environment) as engine:
        project.unread += _left_out(engine, project, selection)
        if selection.mocks is not None:
            input = {} if selection.input is None else selection.input
            cases_of_mocks(engine, project, selection.mocks, input)
        yield from run_cases(engine, [case for case in project.cases if selection.takes(case)])
        mine = [each for each in engine.machines if each.folder.path in project.paths]
        project.coverage.update((each.rendered.name, each.coverage) for each in mine)


def _left_out(engine: CaseEngine, project: Project, selection: Selection) -> Iterator[str]:
    """The state machines that can't be deployed, where no case of theirs will say so."""
    tested = {case.home for case in project.cases if selection.mocks is None}
    for problem in engine.refused:
        mine = problem.folder in project.paths
        if mine and not {problem.folder, problem.folder.parent} & tested:
            yield str(problem)


def cases_of_mocks(engine: CaseEngine, project: Project, file: Path, input: Json) -> None:
    """Adds every test case of a MockConfigFile, for the state machines that it names and that are
    at the project's paths, in place of what cases there were. They expect an end, whichever. Where
    the file names one and the project has one, they are the same, however they are called."""
    mocks = MockFile.parse(text_of(file), str(file))
    project.cases = []
    mine = [each for each in engine.machines if each.folder.path in project.paths]
    only = mine[0] if len(mine) == len(mocks.cases) == 1 else None
    for machine, cases in mocks.cases.items():
        try:
            found = only or engine.find(machine)
        except ServiceError as error:
            project.unread.append(f"{file}: {error.detail}")
            continue
        if found.folder.path in project.paths:
            for name in cases:
                case = CaseFile(input=input, expect=Expectation(), mocks=file.name, mock_case=name)
                label = found.rendered.name
                project.cases.append(FoundCase(found.folder.home, label, name, file, case))


def run_cases(engine: CaseEngine, cases: Sequence[FoundCase]) -> Generator[CaseReport, None, None]:
    """A report for each case, in their order."""

    def report(case: FoundCase) -> CaseReport:
        return run_case(engine, case)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            yield from pool.map(report, cases)
        except BaseException:  # Ctrl-C: no handler is waited for
            engine.stop()
            raise


def run_case(engine: CaseEngine, case: FoundCase) -> CaseReport:
    began_at = time.monotonic()
    outcome: ExecutionOutcome | None = None
    name = case.machine or case.home.name
    try:
        machine = engine.machine_of(case)
        name = machine.rendered.name
        file = case.file
        mocks = None
        if file.mocks is not None:
            mocks = mocks_of(case.path.parent / file.mocks, str(file.mock_case), machine)
        outcome = engine.run(machine, file.input, stand_ins=file.stand_ins, mocks=mocks)
        problems = tuple(mismatches(case.file.expect, outcome, engine.value_at))
        if problems and outcome.error == _NO_FUNCTION:
            problems += engine.unanswered(machine, outcome.states, file.stand_ins)
    except (AwsError, EngineError, ServiceError) as error:
        problems = (f"It can't be run: {error}",)
    return CaseReport(name, case, outcome, problems, time.monotonic() - began_at)
