"""The plugin's own fixtures, on the session's engine: one is all that a process may have."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from handrail.core.cases.outcome import ExecutionOutcome
from handrail.engine.engine import Engine
from handrail.testing.machine_runs import HandrailEngine
from tests.entrypoints.case_projects import on_the_session_s, write_machine


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def handrail_engine(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HandrailEngine]:
    project = write_machine(tmp_path_factory.mktemp("project") / "charge-by-name").parent
    with on_the_session_s(engine, project, "test") as cases:
        yield HandrailEngine(cases)


@pytest.fixture
def run_machine(handrail_engine: HandrailEngine) -> Callable[..., ExecutionOutcome]:
    return handrail_engine.run
