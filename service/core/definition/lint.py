"""Reports what is wrong or doubtful in a definition before AWS or an execution does.

An `error` is what AWS refuses, or what can never finish; a `warning` what deploys and then
surprises; `info` what is worth a thought.
"""

from collections.abc import Iterator

from handrail.core.limits import MAX_DEFINITION
from handrail.core.models import MachineType

from .definition import Definition, Scope
from .findings import Finding, Severity, error, warning
from .state_checks import check_states
from .substitution import names


def lint(
    definition: Definition, machine_type: MachineType = MachineType.STANDARD
) -> tuple[Finding, ...]:
    """Every finding, errors first, then in document order."""
    severities = tuple(Severity)
    positions = {state.name: index for index, state in enumerate(definition.all_states)}
    found = [*_document(definition), *check_states(definition, machine_type)]
    for scope in definition.scopes:
        found += [*_transitions(scope), *_ends(scope)]
    found.sort(key=lambda f: (severities.index(f.severity), positions.get(f.state or "", -1)))
    return tuple(found)


def _document(definition: Definition) -> Iterator[Finding]:
    for state in definition.all_states:
        if state is not definition.states[state.name]:
            message = f"The name {state.name} is already taken: names are unique in all branches."
            yield error(state, "duplicate-state-name", message)
    for key in definition.repeated:
        yield Finding("duplicate-key", Severity.WARNING, f"{key} occurs twice; the last counts.")
    if (length := len(definition.text)) > MAX_DEFINITION:
        message = f"It has {length:,} characters; AWS takes {MAX_DEFINITION:,} at most."
        yield Finding("definition-too-long", Severity.ERROR, message)
    for name in names(definition.text):
        holders = (s.name for s in definition.all_states if f"${{{name}}}" in repr(s.raw))
        message = f"${{{name}}} was not filled in: AWS takes it as it stands."
        yield Finding("leftover-substitution", Severity.WARNING, message, next(holders, None))


def _transitions(scope: Scope) -> Iterator[Finding]:
    if scope.start_at not in scope.states:
        code, message = "missing-start", "StartAt is missing."
        if scope.start_at:
            code, message = "unknown-start", f"{scope.start_at} is no state of this scope."
        where = f"{scope.path}.StartAt".lstrip(".")
        yield Finding(code, Severity.ERROR, message, scope.parent, where)
    for state in scope.states.values():
        for to in state.transitions:
            if to.state not in scope.states:
                message = f"{to.state} is no state of the scope {state.name} stands in."
                yield Finding("unknown-target", Severity.ERROR, message, state.name, to.path)


def _ends(scope: Scope) -> Iterator[Finding]:
    """Checks that the scope can end, that each state is reached and none only leads in circles."""
    ends = [name for name, state in scope.states.items() if state.end]
    if not ends:
        message = "No state ends this scope: one needs End, or the type Succeed or Fail."
        yield Finding("no-terminal-state", Severity.ERROR, message, scope.parent, scope.path)
    if scope.start_at not in scope.states:
        return
    reached, ending, before = dict.fromkeys(scope.postorder()), set(ends), -1
    while before < len(ending):
        before = len(ending)
        ending.update(name for name in reached if not ending.isdisjoint(scope.onward(name)))
    for name, state in scope.states.items():
        if name not in reached:
            yield warning(state, "unreachable-state", f"No transition leads to {name}.")
        elif ends and name not in ending:
            yield warning(state, "never-ends", f"From {name} no terminal state can be reached.")
