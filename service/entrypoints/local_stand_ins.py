"""Gives the embedded engine its test cases, and tells whoever starts it which tasks need a
stand-in."""

from collections.abc import Iterator
from contextlib import suppress

from handrail.core.definition.definition import Definition
from handrail.core.definition.machine_file import rendered
from handrail.core.errors import ServiceError
from handrail.core.models import Account
from handrail.core.partitions import partition_of
from handrail.core.stand_ins.mock_file import MockFile
from handrail.engine.engine import Engine
from handrail.engine.stand_ins.output_shapes import OutputChecks
from handrail.settings import Settings
from handrail.usecases.local_engine import LocalEngine


def local_engine(engine: Engine, mocks: MockFile | None, checks: str) -> LocalEngine:
    """Gives the engine the mocks, and answers what is known of it."""
    stand_ins = engine.assembly.account.stand_ins
    stand_ins.checks = OutputChecks(checks)
    if mocks is not None:
        stand_ins.add_mocks(mocks)
    functions = engine.assembly.loaded.handlers
    return LocalEngine(stand_ins.case_names, stand_ins.states, functions)


def told_of_stand_ins(
    settings: Settings, engine: Engine, local: LocalEngine, mocks: MockFile | None
) -> Iterator[str]:
    """Lines on the test cases there are, and on the tasks that nobody answers."""
    account = Account(partition_of(engine.region), engine.region, engine.account_id)
    if mocks is not None:
        for machine, cases in mocks.cases.items():
            yield f"  test cases      {machine}: {', '.join(cases) or 'none'}"
        yield from (f"  mocks           {problem}" for problem in mocks.problems)
    for folder in engine.folders:
        with suppress(ServiceError):  # said of what was left out
            stage = settings.environment
            filled = rendered(folder.file, folder.template, account=account, environment=stage)
            read = Definition.parse(filled.definition_text)
            for task in local.unanswered(filled.name, read):
                yield f"  needs stand-in  {filled.name}: {task.state.name}: {task.hint}"
