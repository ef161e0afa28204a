"""Runs state machines for tests: by name, from a file, or from a definition in the test itself."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handrail.core.cases.outcome import ExecutionOutcome
from handrail.core.definition.machine_file import MachineFile
from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json
from handrail.core.stand_ins.case_file import CaseFile
from handrail.entrypoints.case_engine import CaseEngine, DeployedMachine, mocks_of
from handrail.usecases.machine_folder import MachineFolder
from handrail.usecases.machine_sources.reading import load

if TYPE_CHECKING:
    from handrail.engine.paused_execution import PausedExecution

Machine = str | Path | Mapping[str, Any]
StandInOfTest = Callable[..., Any] | Mapping[str, Any] | list[Any]


class HandrailEngine:
    """An engine in this process, without a port. Raises ServiceError and EngineError, each a
    sentence, for what can't be run."""

    def __init__(self, engine: CaseEngine) -> None:
        self._engine = engine
        self._deployed: dict[str, DeployedMachine] = {}

    def run(
        self,
        machine: Machine,
        input: Json = None,
        *,
        stand_ins: Mapping[str, StandInOfTest] | None = None,
        mocks: str | None = None,
    ) -> ExecutionOutcome:
        """Blocks until the execution has ended; waits take no time. `machine` is a state machine's
        name or its folder's, a path to what describes one, or a definition. `stand_ins` are by the
        state: a function of (arguments) or (arguments, context), or what a case's file may have.
        `mocks` is `<MockConfigFile>#<test case>`. The status is RUNNING where nothing could happen
        any more but an answer that nobody gave."""
        deployed = self._machine(machine)
        options = _options(deployed, stand_ins or {}, mocks)
        return self._engine.run(deployed, {} if input is None else input, **options)

    @contextmanager
    def paused(
        self,
        machine: Machine,
        input: Json = None,
        *,
        stand_ins: Mapping[str, StandInOfTest] | None = None,
        mocks: str | None = None,
    ) -> Iterator["PausedExecution"]:
        """As `run`, of an execution whose time stands still while the test acts: its `token()` lets
        it go on until a task waits for an answer, its `result()` to the end."""
        deployed = self._machine(machine)
        options = _options(deployed, stand_ins or {}, mocks)
        with self._engine.paused(deployed, {} if input is None else input, **options) as execution:
            yield execution

    def client(self, service: str) -> Any:
        """A boto3 client of the engine's `service`, to put data where a state machine looks for it
        and to see what it left."""
        return self._engine.client(service)

    def _machine(self, machine: Machine) -> DeployedMachine:
        if isinstance(machine, str):
            return self._engine.find(machine)
        key = str(machine.resolve()) if isinstance(machine, Path) else json.dumps(machine)
        if key not in self._deployed:
            self._deployed[key] = self._engine.add(self._described(machine))
        return self._deployed[key]

    def _described(self, machine: Path | Mapping[str, Any]) -> MachineFolder:
        if isinstance(machine, Path):
            found = load(machine)
            if len(found) != 1:
                raise InvalidDefinition(f"{machine}: describes {len(found)} state machines.")
            return found[0]
        file = MachineFile(name=f"definition-{len(self._deployed) + 1}-of-a-test")
        return MachineFolder(Path.cwd(), json.dumps(machine), file)


def _options(
    machine: DeployedMachine, given: Mapping[str, StandInOfTest], mocks: str | None
) -> dict[str, Any]:
    answers = {state: each for state, each in given.items() if not callable(each)}
    read = CaseFile.read({"stand_ins": answers, "expect": {}}).stand_ins
    functions = {state: each for state, each in given.items() if callable(each)}
    file, _, test_case = (mocks or "").rpartition("#")
    found = mocks_of(Path(file), test_case, machine) if mocks else {}
    return {"stand_ins": {**read, **functions}, "mocks": found}
