"""An embedded engine without a port, with the state machines of a folder in it, to run executions
on, each on a timeline of its own. Behind `handrail test` and the pytest plugin."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from handrail.core.cases.coverage import Coverage
from handrail.core.cases.outcome import ExecutionOutcome
from handrail.core.definition.definition import Definition
from handrail.core.definition.machine_file import RenderedMachine, known_names, rendered
from handrail.core.definition.substitution import fill_known
from handrail.core.definition.unanswered_tasks import unanswered_tasks
from handrail.core.errors import InvalidDefinition, NotFound, ServiceError
from handrail.core.models import Account, Json
from handrail.core.partitions import partition_of
from handrail.core.stand_ins.mock_file import MockCase, MockFile
from handrail.engine import NO_PORT_URL
from handrail.engine.engine import Engine, running
from handrail.engine.errors import AwsError
from handrail.engine.stand_ins.output_shapes import OutputChecks
from handrail.engine.virtual_clock.clock import RunningClock
from handrail.settings import Settings
from handrail.usecases.case_folder import FoundCase
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, namesake, text_of

if TYPE_CHECKING:
    from handrail.engine.bench import Bench, CaseStandIn
    from handrail.engine.paused_execution import PausedExecution

REGION = "us-east-1"
_ROLE = "handrail-test"
_NOT_OURS = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"}


@dataclass(frozen=True, slots=True)
class DeployedMachine:
    folder: MachineFolder
    rendered: RenderedMachine
    arn: str
    coverage: Coverage

    def is_called(self, name: str) -> bool:
        """By the state machine's name or its folder's."""
        return name in (self.rendered.name, self.folder.path.name)


class CaseEngine:
    """`refused` are the state machines that couldn't be deployed."""

    def __init__(self, bench: "Bench", engine: Engine, environment: str) -> None:
        self.machines: list[DeployedMachine] = []
        self.refused: list[FolderProblem] = []
        self._bench, self._environment = bench, environment
        self._account = Account(partition_of(engine.region), engine.region, engine.account_id)

    def deploy(self, folders: Iterable[MachineFolder]) -> None:
        """One that can't be deployed, or has the name of another one, is refused."""
        for folder in folders:
            try:
                machine = self._rendered(folder)
                if any(known.rendered.name == machine.name for known in self.machines):
                    self.refused.append(namesake(folder.path, machine.name))
                    continue
                role = f"arn:{self._account.partition}:iam::{self._account.account_id}:role/{_ROLE}"
                arn = self._bench.deploy(machine, machine.role_arn or role)
                coverage = Coverage(Definition.parse(machine.definition_text))
                self.machines.append(DeployedMachine(folder, machine, arn, coverage))
            except (AwsError, ServiceError) as error:
                self.refused.append(FolderProblem(folder.path, str(error)))

    def add(self, folder: MachineFolder) -> DeployedMachine:
        """Deploys one more. Raises InvalidDefinition where it can't be."""
        refused = len(self.refused)
        self.deploy([folder])
        if len(self.refused) > refused:
            raise InvalidDefinition(self.refused.pop().reason)
        return self.machines[-1]

    def stop(self) -> None:
        """Ends what runs."""
        self._bench.stop()

    def client(self, service: str) -> Any:
        """One of botocore's."""
        return self._bench.client(service)

    def machine_of(self, case: FoundCase) -> DeployedMachine:
        """Raises NotFound."""
        beside = [each for each in self.machines if each.folder.home == case.home]
        if case.machine is not None:
            beside = [each for each in beside if each.is_called(case.machine)]
        if len(beside) == 1:
            return beside[0]
        if beside:
            names = " or ".join(sorted(each.rendered.name for each in beside))
            raise NotFound(f"It may be of {names}: put it into a folder of this name in cases/.")
        return self.find(case.machine or case.home.name)

    def find(self, name: str) -> DeployedMachine:
        """By the state machine's name or its folder's. Raises NotFound."""
        for machine in self.machines:
            if machine.is_called(name):
                return machine
        refused = next((p for p in self.refused if name in (p.name, p.folder.name)), None)
        why = f"can't be deployed: {str(refused).rstrip('.')}" if refused else "isn't there"
        raise NotFound(f"The state machine {name} {why}.")

    def run(
        self,
        machine: DeployedMachine,
        input: Json,
        *,
        stand_ins: Mapping[str, "CaseStandIn"] | None = None,
        mocks: MockCase | None = None,
    ) -> ExecutionOutcome:
        """Blocks until the execution has ended, or nothing but an answer from outside could help.
        Raises InvalidDefinition for a stand-in of what is no Task, EngineError."""
        with self._case(machine, stand_ins or {}, mocks or {}) as case:
            outcome = self._bench.run(machine.arn, input, case=case)
        machine.coverage.add([outcome])
        return outcome

    @contextmanager
    def paused(
        self,
        machine: DeployedMachine,
        input: Json,
        *,
        stand_ins: Mapping[str, "CaseStandIn"] | None = None,
        mocks: MockCase | None = None,
    ) -> Iterator["PausedExecution"]:
        """As `run`, of an execution whose time stands still but where it is told to go on."""
        with (
            self._case(machine, stand_ins or {}, mocks or {}) as case,
            self._bench.paused(machine.arn, input, case=case) as execution,
        ):
            yield execution

    def _case(
        self, machine: DeployedMachine, stand_ins: Mapping[str, "CaseStandIn"], mocks: MockCase
    ) -> AbstractContextManager[str]:
        self._check(machine, stand_ins)
        return self._bench.case(machine.rendered.name, machine.folder.home, stand_ins, mocks)

    @staticmethod
    def _check(machine: DeployedMachine, stand_ins: Collection[str]) -> None:
        states = machine.coverage.definition.states
        for name in stand_ins:
            if name not in states or states[name].type != "Task":
                problem = "is no Task" if name in states else "is no state's name"
                raise InvalidDefinition(f"stand_ins.{name} {problem}.")

    def unanswered(
        self, machine: DeployedMachine, states: Collection[str], stand_ins: Collection[str]
    ) -> tuple[str, ...]:
        """What to write where, for each task of these states that nobody answers."""
        file, known = machine.folder.file, known_names(self._account, self._environment)
        functions = [fill_known(name, known) for name in file.handlers]
        tasks = unanswered_tasks(
            machine.coverage.definition,
            stand_ins={*file.stand_ins, *stand_ins},
            functions=functions,
        )
        described_in = machine.folder.described_in
        return tuple(task.hint(described_in) for task in tasks if task.state.name in states)

    def value_at(self, path: str, output: Json) -> Json:
        """By a JSONPath. Raises LookupError."""
        return self._bench.value_at(path, output)

    def _rendered(self, folder: MachineFolder) -> RenderedMachine:
        account, stage = self._account, self._environment
        return rendered(folder.file, folder.template, account=account, environment=stage)


def mocks_of(file: Path, test_case: str, machine: DeployedMachine) -> MockCase:
    """Those of a MockConfigFile for one of the state machine's test cases; of a file with a single
    state machine, however it is called there. Raises InvalidDefinition, NotFound."""
    machines = MockFile.parse(text_of(file), str(file)).cases
    for name, cases in machines.items():
        if test_case in cases and (machine.is_called(name) or len(machines) == 1):
            return cases[test_case]
    raise NotFound(f"{file}: {machine.rendered.name} has no test case {test_case}.")


@contextmanager
def case_engine(place: Path, environment: str) -> Iterator[CaseEngine]:
    """With the state machines at this place. Blocks, for a second where moto has to be imported.
    Raises EngineError, SettingsError."""
    problems: list[FolderProblem] = []
    stage: dict[str, Any] = {"environment": environment, "region": REGION}
    refused = problems.append
    with (
        _pointing_at_the_engine(environment),
        running(place, **stage, port=None, refused=refused, clock=RunningClock()) as engine,
    ):
        from handrail.engine.bench import Bench  # noqa: PLC0415 imports moto

        checks = OutputChecks(Settings.read().stand_in_checks)
        engine.assembly.account.stand_ins.checks = checks
        cases = CaseEngine(Bench(engine.assembly), engine, environment)
        engine.loaded.set_up(problems.append)
        cases.refused.extend(problems)
        cases.deploy(engine.folders)
        yield cases


@contextmanager
def _pointing_at_the_engine(environment: str) -> Iterator[None]:
    """While it lasts, a boto3 client that a handler makes finds the engine, and nobody's real
    account."""
    ours = {
        "AWS_ENDPOINT_URL": NO_PORT_URL,
        "AWS_ACCESS_KEY_ID": "handrail",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "ENVIRONMENT": environment,
    }
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_ENDPOINT_URL_") and name not in _NOT_OURS
    }
    with mock.patch.dict(os.environ, others | ours, clear=True):
        yield
