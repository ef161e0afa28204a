"""Checks that variables are assigned before they are read, where that is certain.

A variable is seen by the states after the one that assigns it, and by those inside them: an inner
scope reads the outer one's, never the other way round."""

from collections.abc import Iterator, Mapping

from handrail.core.definition.definition import Definition, Scope, State

from .findings import Finding, in_state
from .payload_templates import Evaluated, assignments, variable_named


def check_variables(
    definition: Definition, evaluated: Mapping[State, Evaluated]
) -> Iterator[Finding]:
    """`evaluated` has the states whose fields were read."""
    if not any(each.reads for each in evaluated.values()):
        return
    outside: dict[str | None, set[str]] = {None: set()}  # by the state around a scope
    for scope in definition.scopes:
        before = _before(scope, outside.get(scope.parent, set()))
        for name, state in scope.states.items():
            outside.setdefault(name, before[name])
            reads = evaluated[state].reads if state in evaluated else {}
            for variable, place in reads.items():
                own = _own(state) if place[0] in {"Output", "Catch", "Choices"} else set()
                if variable not in before[name] | own:
                    message = f"No state before {name} assigns ${variable}."
                    yield in_state(state, "unassigned-variable", message, *place)


def _own(state: State) -> set[str]:
    return {variable_named(key) for _, names in assignments(state) for key in names}


def _before(scope: Scope, inherited: set[str]) -> dict[str, set[str]]:
    """The variables that may have been assigned when each state is entered."""
    before = {name: set(inherited) for name in scope.states}
    pending = list(scope.states)
    while pending:
        name = pending.pop()
        after = before[name] | _own(scope.states[name])
        for target in scope.onward(name):
            if not after <= before[target]:
                before[target] |= after
                pending.append(target)
    return before
