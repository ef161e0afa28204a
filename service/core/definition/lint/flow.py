"""Checks that every transition leads somewhere, every state is reached and every scope can end."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from service.core.definition.definition import Definition, Scope

from .findings import Finding, Severity, error, warning


def flow(definition: Definition) -> Iterator[Finding]:
    yield from _repeated(definition)
    for scope in definition.scopes:
        where = f"{scope.path}.StartAt" if scope.path else "StartAt"
        if scope.start_at not in scope.states:
            code, message = "missing-start", "StartAt is missing."
            if scope.start_at is not None:
                code = "unknown-start"
                message = f"StartAt names {scope.start_at}, which is no state of its scope."
            yield Finding(code, Severity.ERROR, message, scope.parent, where)
        for state in scope.states.values():
            for to in state.transitions:
                if to.state not in scope.states:
                    message = f"{to.state} is no state of the scope {state.name} stands in."
                    yield Finding("unknown-target", Severity.ERROR, message, state.name, to.path)
        yield from _ending(scope)


def _repeated(definition: Definition) -> Iterator[Finding]:
    counts = Counter(state.name for state in definition.all_states)
    for state in definition.all_states:
        if counts[state.name] > 1 and state is not definition.states[state.name]:
            message = (
                f"The name {state.name} is already taken: names are unique across branches too."
            )
            yield error(state, "duplicate-state-name", message)
    for key in definition.repeated:
        message = f"{key} stands twice in one object; only the last one counts."
        yield Finding("duplicate-key", Severity.WARNING, message)


def _ending(scope: Scope) -> Iterator[Finding]:
    ends = [name for name, state in scope.states.items() if state.end]
    if not ends:
        message = "No state ends this scope: one needs End, or the type Succeed or Fail."
        yield Finding("no-terminal-state", Severity.ERROR, message, scope.parent, scope.path)
    if scope.start_at not in scope.states or scope.start_at is None:
        return
    onward: dict[str, list[str]] = {name: [] for name in scope.states}
    backward: dict[str, list[str]] = {name: [] for name in scope.states}
    for name, state in scope.states.items():
        for to in state.transitions:
            if to.state in scope.states:
                onward[name].append(to.state)
                backward[to.state].append(name)
    reached, ending = _closure(onward, [scope.start_at]), _closure(backward, ends)
    for name, state in scope.states.items():
        if name not in reached:
            yield warning(state, "unreachable-state", f"No transition leads to {name}.")
        elif ends and name not in ending:
            message = f"From {name} no terminal state can be reached: it runs in circles."
            yield warning(state, "never-ends", message)


def _closure(edges: Mapping[str, Iterable[str]], start: Iterable[str]) -> set[str]:
    """The names that can be reached, the first ones included."""
    found = set(start)
    pending = list(found)
    while pending:
        fresh = set(edges[pending.pop()]) - found
        found |= fresh
        pending.extend(fresh)
    return found
