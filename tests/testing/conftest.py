"""The plugin's own fixtures, on the session's engine: one is all that a process may have."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from handrail.core.cases.outcome import ExecutionOutcome
from handrail.engine.engine import Engine
from handrail.testing.machine_runs import HandrailEngine
from tests.entrypoints.case_projects import on_the_session_s

STATE_MACHINES = Path(__file__).parents[2] / "state_machines"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def handrail_engine(engine: Engine) -> AsyncIterator[HandrailEngine]:
    with on_the_session_s(engine, STATE_MACHINES, "test") as cases:
        yield HandrailEngine(cases)


@pytest.fixture
def run_machine(handrail_engine: HandrailEngine) -> Callable[..., ExecutionOutcome]:
    return handrail_engine.run
