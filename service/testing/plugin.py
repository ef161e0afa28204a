"""A pytest plugin: `run_machine` runs a state machine on an engine in this process, and files of
cases are tests of their own where that is asked for."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from handrail.core.cases.outcome import ExecutionOutcome
    from handrail.entrypoints.case_engine import CaseEngine

    from .machine_runs import HandrailEngine

_MACHINES = "handrail_state_machines"
_open = pytest.StashKey[ExitStack]()
_engine = pytest.StashKey["CaseEngine"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("handrail")
    group.addoption(
        "--handrail-cases", action="store_true", help="Collect state machines' cases as tests."
    )
    where = "What describes the state machines: state_machines or HANDRAIL_STATE_MACHINES_DIR."
    parser.addini(_MACHINES, where)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _open in config.stash:
        config.stash[_open].close()


@pytest.fixture(scope="session")
def handrail_engine(pytestconfig: pytest.Config) -> "HandrailEngine":
    """An embedded engine with the project's state machines, for the session."""
    from .machine_runs import HandrailEngine  # noqa: PLC0415 imports the engine

    return HandrailEngine(engine_of(pytestconfig))


@pytest.fixture
def run_machine(handrail_engine: "HandrailEngine") -> Callable[..., "ExecutionOutcome"]:
    """`run_machine(machine, input, stand_ins=…, mocks=…)`: what the execution came to."""
    return handrail_engine.run


def engine_of(config: pytest.Config) -> "CaseEngine":
    """One a session: moto's state is the process's."""
    if _engine not in config.stash:
        from handrail.entrypoints.case_engine import case_engine  # noqa: PLC0415
        from handrail.settings import Settings  # noqa: PLC0415

        settings, given = Settings.read(), config.getini(_MACHINES)
        place = config.rootpath / (given or settings.state_machines_dir)
        stack = config.stash[_open] = ExitStack()
        engine = case_engine(place, settings.environment)
        config.stash[_engine] = stack.enter_context(engine)
    return config.stash[_engine]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if not parent.config.getoption("--handrail-cases"):
        return None
    from handrail.usecases.case_folder import home_of  # noqa: PLC0415

    if home_of(file_path) is None:
        return None
    return CaseFileOfTests.from_parent(parent, path=file_path)


class CaseFileOfTests(pytest.File):
    """The file of a case: one test."""

    def collect(self) -> Iterator[pytest.Item]:
        yield CaseTest.from_parent(self, name=self.path.stem)


class CaseTest(pytest.Item):
    def runtest(self) -> None:
        from handrail.cli.case_report import lines_of  # noqa: PLC0415
        from handrail.entrypoints.run_cases import run_case  # noqa: PLC0415
        from handrail.usecases.case_folder import read_case  # noqa: PLC0415

        report = run_case(engine_of(self.config), read_case(self.path))
        if not report.passed:
            raise CaseFailed("\n".join(lines_of(report)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from handrail.core.errors import ServiceError  # noqa: PLC0415

        if isinstance(excinfo.value, CaseFailed | ServiceError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.path.parent.parent.name}/{self.name}"


class CaseFailed(Exception):
    """What wasn't as the case expects, in lines."""
