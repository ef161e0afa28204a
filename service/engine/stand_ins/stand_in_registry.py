"""Keeps what stands in for the tasks of each state machine, and for those of its cases."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

from handrail.core.stand_ins.mock_file import MockFile
from handrail.engine.functions import HandlerFunctions
from handrail.engine.machine_loading import LoadedFunction, LoadedStandIn

from .output_shapes import OutputChecks
from .stand_in_visits import ExecutionStandIns, PythonStandIn, TaskStandIn

StandIns = Mapping[str, TaskStandIn]
"""By the state's name."""


def python_called(
    loaded: Mapping[str, Mapping[str, LoadedStandIn]], functions: HandlerFunctions
) -> dict[str, StandIns]:
    """By the state machine's name; functions are called as handlers are."""
    return {
        machine: {
            state: PythonStandIn(each.name, partial(functions.call, each.function))
            if isinstance(each, LoadedFunction)
            else each
            for state, each in stand_ins.items()
        }
        for machine, stand_ins in loaded.items()
    }


class UnknownCase(Exception):
    """No case of this name is known of the state machine. The text is a sentence."""


@dataclass(slots=True)
class StandInRegistry:
    """`machines` are for every execution of a state machine, `cases` for those started by
    `stateMachineArn#case`, whose stand-ins go before the state machine's. Both by its name."""

    machines: dict[str, StandIns] = field(default_factory=dict)
    cases: dict[str, dict[str, StandIns]] = field(default_factory=dict)
    checks: OutputChecks = OutputChecks.STRICT
    _doubts: set[str] = field(default_factory=set)

    def case_names(self, machine: str) -> Collection[str]:
        return self.cases.get(machine, {}).keys()

    def states(self, machine: str) -> Collection[str]:
        """Those that something stands in for whatever the case."""
        return self.machines.get(machine, {}).keys()

    def add_mocks(self, file: MockFile) -> None:
        for machine, cases in file.cases.items():
            self.cases.setdefault(machine, {}).update(cases)

    def add_case(self, machine: str, case: str, stand_ins: StandIns) -> None:
        """Known from now on, in place of one of this name."""
        self.cases.setdefault(machine, {})[case] = stand_ins

    def remove_case(self, machine: str, case: str) -> None:
        self.cases.get(machine, {}).pop(case, None)

    def of_execution(self, machine: str, case: str | None) -> ExecutionStandIns:
        """Raises UnknownCase."""
        stand_ins = {**self.machines.get(machine, {})}
        if case is not None:
            known = self.cases.get(machine, {})
            if case not in known:
                names = ", ".join(sorted(known)) or "none"
                said = f"The state machine {machine} has no test case {case}. It has: {names}"
                raise UnknownCase(f"{said}.")
            stand_ins.update(known[case])
        return ExecutionStandIns(stand_ins, self.checks, self._doubts)
