"""Whether every transition leads somewhere, every state is reached and every scope can end."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from service.core.definition import Definition, Scope, State
from service.core.models import MachineType

from .finding import Finding, Severity, about


def flow(definition: Definition, _: MachineType) -> Iterator[Finding]:
    yield from _repeated(definition)
    for scope in definition.scopes:
        yield from _start(scope)
        yield from _dangling(scope)
        yield from _ending(scope)


def reachable(states: Mapping[str, State], start: str) -> set[str]:
    """The names one can come to from a state, itself included."""
    return _closure({name: _targets(state, states) for name, state in states.items()}, [start])


def _repeated(definition: Definition) -> Iterator[Finding]:
    counts = Counter(state.name for state in definition.all_states)
    for state in definition.all_states:
        if counts[state.name] > 1 and state is not definition.states[state.name]:
            yield about(
                state,
                "duplicate-state-name",
                Severity.ERROR,
                f"The name {state.name} is already taken: names are unique across branches too.",
            )
    for key in definition.repeated:
        yield Finding(
            "duplicate-key",
            Severity.WARNING,
            f"{key} stands twice in one object; only the last one counts.",
        )


def _start(scope: Scope) -> Iterator[Finding]:
    where = f"{scope.path}.StartAt" if scope.path else "StartAt"
    if scope.start_at is None:
        yield Finding("missing-start", Severity.ERROR, "StartAt is missing.", scope.parent, where)
    elif scope.start_at not in scope.states:
        message = f"StartAt names {scope.start_at}, which is no state of its scope."
        yield Finding("unknown-start", Severity.ERROR, message, scope.parent, where)


def _dangling(scope: Scope) -> Iterator[Finding]:
    for state in scope.states.values():
        for target in state.targets:
            if target.state not in scope.states:
                message = f"{target.state} is no state of the scope {state.name} stands in."
                yield Finding("unknown-target", Severity.ERROR, message, state.name, target.path)


def _ending(scope: Scope) -> Iterator[Finding]:
    ends = [name for name, state in scope.states.items() if state.end]
    if not ends:
        yield Finding(
            "no-terminal-state",
            Severity.ERROR,
            "No state ends this scope: one needs End, or the type Succeed or Fail.",
            scope.parent,
            scope.path,
        )
    if scope.start_at not in scope.states or scope.start_at is None:
        return
    reached = reachable(scope.states, scope.start_at)
    ending = _closure(_reversed(scope.states), ends)
    for name, state in scope.states.items():
        if name not in reached:
            message = f"No transition leads to {name}."
            yield about(state, "unreachable-state", Severity.WARNING, message)
        elif ends and name not in ending:
            message = f"From {name} no terminal state can be reached: it runs in circles."
            yield about(state, "never-ends", Severity.WARNING, message)


def _targets(state: State, states: Mapping[str, State]) -> list[str]:
    return [target.state for target in state.targets if target.state in states]


def _reversed(states: Mapping[str, State]) -> dict[str, list[str]]:
    sources: dict[str, list[str]] = {name: [] for name in states}
    for name, state in states.items():
        for target in _targets(state, states):
            sources[target].append(name)
    return sources


def _closure(edges: Mapping[str, Iterable[str]], start: Iterable[str]) -> set[str]:
    found = set(start)
    pending = list(found)
    while pending:
        fresh = set(edges[pending.pop()]) - found
        found |= fresh
        pending.extend(fresh)
    return found
