"""Tells which states and ways of a definition no execution of its cases took."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from handrail.core.definition.definition import Definition, Transition, TransitionKind

from .outcome import ExecutionOutcome

_KINDS = {
    TransitionKind.NEXT: "Next",
    TransitionKind.CHOICE: "Choice",
    TransitionKind.DEFAULT: "Default",
    TransitionKind.CATCH: "Catch",
}


@dataclass(slots=True)
class Coverage:
    """Of one state machine. Two ways from a state to the same other one count as one, unless one of
    them is a Catch: a history doesn't tell them apart."""

    definition: Definition
    states: set[str] = field(default_factory=set)
    ways: set[tuple[str, str, bool]] = field(default_factory=set)

    def add(self, outcomes: Iterable[ExecutionOutcome]) -> None:
        for outcome in outcomes:
            self.add(outcome.children)
            self.states.update(outcome.states)
            steps = outcome.steps()
            self.ways.update((state, to, caught) for state, to, caught in steps if to is not None)

    @property
    def all_states(self) -> list[str]:
        return list(self.definition.states)

    @property
    def all_ways(self) -> list[tuple[str, Transition]]:
        return [
            (state.name, to) for state in self.definition.all_states for to in state.transitions
        ]

    def taken(self, state: str, way: Transition) -> bool:
        caught = way.kind is TransitionKind.CATCH
        if (state, way.state, caught) in self.ways:
            return True
        others = (to for to in self.definition.states[state].transitions if to.state == way.state)
        if any((other.kind is TransitionKind.CATCH) is not caught for other in others):
            return False
        return (state, way.state, not caught) in self.ways  # where no event tells of the failure

    def missed(self) -> list[str]:
        """A sentence for each state never entered, and for each way never taken between states that
        were."""
        never = [name for name in self.all_states if name not in self.states]
        lines = [f"{name} was never entered" for name in never]
        for state, way in self.all_ways:
            if state in self.states and not self.taken(state, way):
                label = f" ({way.label})" if way.label else ""
                kind = _KINDS[way.kind]
                lines.append(f"{state}'s {kind} to {way.state}{label} was never taken")
        return lines

    def counts(self) -> tuple[int, int, int, int]:
        """States entered, states, ways taken, ways."""
        entered = sum(name in self.states for name in self.all_states)
        taken = sum(self.taken(state, way) for state, way in self.all_ways)
        return entered, len(self.all_states), taken, len(self.all_ways)
