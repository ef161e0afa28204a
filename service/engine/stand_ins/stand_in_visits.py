"""Counts the visits to the states of one execution that have a stand-in, and the calls of each."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from handrail.core.stand_ins.answers import Answer, TaskCall
from handrail.core.stand_ins.mock_file import MockedResponses

from .output_shapes import OutputChecks


@dataclass(frozen=True, slots=True)
class PythonStandIn:
    """A function of somebody's, called `name` where it is blamed. `call` runs it, with (arguments)
    or (arguments, context), to its end."""

    name: str
    call: Callable[[Any, Any], Any]


TaskStandIn = Answer | Sequence[Answer | Sequence[Answer]] | MockedResponses | PythonStandIn


@dataclass(eq=False, slots=True)
class StandInVisit:
    """One visit to a state, the `number`-th of this execution."""

    state: str
    stand_in: TaskStandIn
    number: int
    counts: "ExecutionStandIns"
    attempts: int = 0

    @property
    def mocked(self) -> bool:
        """By a MockConfigFile."""
        return isinstance(self.stand_in, MockedResponses)

    def call(self) -> TaskCall:
        """The next attempt of this visit."""
        self.attempts += 1
        return TaskCall(self.number, self.attempts, self.counts.count_call(self.state))


@dataclass(eq=False, slots=True)
class ExecutionStandIns:
    """What stands in for the tasks of one execution, by the state's name. Those of a Map's
    iterations, its child executions too, count together, in the order in which they come."""

    stand_ins: Mapping[str, TaskStandIn] = field(default_factory=dict)
    checks: OutputChecks = OutputChecks.STRICT
    _doubts: set[str] = field(default_factory=set)
    _visits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _lock: Lock = field(default_factory=Lock)

    def enter(self, state: str) -> StandInVisit | None:
        """A new visit to this state, None where nothing stands in for it."""
        if (stand_in := self.stand_ins.get(state)) is None:
            return None
        with self._lock:
            self._visits[state] += 1
            return StandInVisit(state, stand_in, self._visits[state], self)

    def doubted(self, response: str) -> bool:
        """Whether this is the first doubt about a mocked response."""
        with self._lock:
            first = response not in self._doubts
            self._doubts.add(response)
            return first

    def count_call(self, state: str) -> int:
        with self._lock:
            self._calls[state] += 1
            return self._calls[state]
