"""Runs executions on an engine in this process, each on a timeline of its own: time jumps, so a
Wait or a retry's interval takes none, and several run beside each other."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from moto.stepfunctions.parser.asl.utils import json_path

from handrail.core.cases.outcome import ExecutionOutcome
from handrail.core.definition.machine_file import RenderedMachine
from handrail.core.models import Json
from handrail.core.stand_ins.answers import StandIn
from handrail.core.stand_ins.mock_file import MockCase

from .assembly import Assembly
from .errors import AwsError
from .paused_execution import PausedExecution, outcome_of
from .stand_ins.stand_in_visits import PythonStandIn, TaskStandIn
from .step_functions import executions
from .step_functions.live_execution import LiveExecution
from .virtual_clock.clock import ClockedThread, going_by
from .virtual_clock.timeline import Timeline

CaseStandIn = StandIn | Callable[..., Any]
"""As a file of a case has it, or a function of (arguments) or (arguments, context)."""


class Bench:
    """An account to run state machines in. Raises AwsError where the engine refuses something."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._account, self._call = assembly.account, assembly.in_process.call

    def deploy(self, machine: RenderedMachine, role_arn: str) -> str:
        """The state machine's ARN; what it needs of activities is there too."""
        for activity in machine.activities:
            self._call("CreateActivity", {"name": activity})
        asked = {"name": machine.name, "type": machine.type.value, "roleArn": role_arn}
        asked["definition"] = machine.definition_text
        return str(self._call("CreateStateMachine", asked)["stateMachineArn"])

    def client(self, service: str) -> Any:
        """One of botocore's, that calls this engine."""
        return self._assembly.clients.client(service, self._account.region)

    def stop(self) -> None:
        """Ends every execution; what one calls just now is left alone."""
        self._account.stop_all()

    def run(self, machine_arn: str, input: Json, *, case: str | None = None) -> ExecutionOutcome:
        """Blocks until the execution has ended, or nothing but an answer from outside could help.
        `case` is one that the engine's stand-ins know of the state machine."""
        with self.started(machine_arn, input, case=case) as (execution, timeline):
            timeline.until(execution.done)
            children = [outcome_of(child) for child in _children(execution)]
            return replace(outcome_of(execution), children=children)

    @contextmanager
    def case(
        self, machine: str, home: Path, stand_ins: Mapping[str, CaseStandIn], mocks: MockCase
    ) -> Iterator[str]:
        """The name of a case with these stand-ins, to be run while it lasts. They go before the
        mocks of the same states; names of functions are of files in the folder `home`. Raises
        EngineError."""
        name, found = f"case-{uuid4()}", dict[str, TaskStandIn](mocks)
        for state, stand_in in stand_ins.items():
            function: Any = stand_in
            if isinstance(stand_in, str):
                function = self._assembly.loaded.function_of(home, stand_in)
            if callable(function):
                called = stand_in if isinstance(stand_in, str) else repr(stand_in)
                call = partial(self._assembly.functions.call, function)
                found[state] = PythonStandIn(called, call)
            else:
                found[state] = function
        registry = self._account.stand_ins
        registry.add_case(machine, name, found)
        try:
            yield name
        finally:
            registry.remove_case(machine, name)

    @staticmethod
    def value_at(path: str, output: Json) -> Json:
        """As the interpreter reads paths. Raises LookupError."""
        try:
            return json_path.extract_json(path, output)
        except json_path.NoSuchJsonPathError as error:
            raise LookupError(path) from error
        except Exception as error:  # whatever the path's grammar raises
            raise AwsError("States.Runtime", f"{path} is no JSONPath: {error}") from error

    @contextmanager
    def paused(
        self, machine_arn: str, input: Json, *, case: str | None = None
    ) -> Iterator[PausedExecution]:
        """One whose time stands still but where it is told to go on; leaving stops it."""
        timeline = Timeline()
        started = self.started(machine_arn, input, case=case, on=timeline)
        with timeline.held(), started as (execution, _):
            yield PausedExecution(execution, timeline)

    @contextmanager
    def started(
        self,
        machine_arn: str,
        input: Json,
        *,
        case: str | None = None,
        on: Timeline | None = None,
    ) -> Iterator[tuple[LiveExecution, Timeline]]:
        """An execution that has begun; leaving stops it, and what it started."""
        timeline, name = on or Timeline(), str(uuid4())
        machine = f"{machine_arn}#{case}" if case else machine_arn
        request = {"stateMachineArn": machine, "name": name, "input": json.dumps(input)}
        try:
            with going_by(timeline), timeline.held():  # until its limit is known too
                execution = self._start(request)
            yield execution, timeline
        finally:
            for execution in self._account.snapshot():
                if execution.clock is timeline and not execution.done.is_set():
                    execution.stop(None, None)
            timeline.close()

    def _start(self, request: Mapping[str, str]) -> LiveExecution:
        arn = self._call("StartExecution", request)["executionArn"]
        with self._account.lock:
            execution = self._account.executions[arn]
        if execution.sm_type == "EXPRESS":
            ClockedThread(target=executions.limit_express, args=(execution,)).start()
        return execution


def _children(execution: LiveExecution) -> Iterator[LiveExecution]:
    """Of its Map Runs, and theirs; Express ones too, which no account lists."""
    for run in execution.map_runs.started:
        for child in run.children:
            yield child
            yield from _children(child)
