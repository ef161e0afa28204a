"""Checks where transitions lead: each to a state, to every state, and from all to an end."""

from collections.abc import Iterator

from handrail.core.definition.definition import Definition, Scope

from .findings import Finding, in_state, joined, on_whole

MOST_OF_A_NAME = 80


def check_transitions(definition: Definition) -> Iterator[Finding]:
    yield from _names(definition)
    for scope in definition.scopes:
        yield from _targets(scope)
        yield from _reached(scope)
        yield from _ends(scope)


def _names(definition: Definition) -> Iterator[Finding]:
    for state in definition.all_states:
        if state is not definition.states[state.name]:
            yield in_state(state, "duplicate-state-name", f"Duplicate State name: {state.name}")
        if not 0 < len(state.name) <= MOST_OF_A_NAME:
            message = f"A state's name has 1 to {MOST_OF_A_NAME} characters, not {len(state.name)}."
            yield in_state(state, "state-name-too-long", message)


def _targets(scope: Scope) -> Iterator[Finding]:
    where = joined(scope.path, "StartAt")
    if not scope.start_at:
        missing = [field for field in ("States", "StartAt") if not scope.raw.get(field)]
        message = f"These fields are required: [{', '.join(missing)}]"
        yield on_whole("missing-start", message, scope.path, scope.parent)
    elif scope.start_at not in scope.states:
        message = f"Missing 'Next' target: {scope.start_at}"
        yield on_whole("unknown-start", message, where, scope.parent)
    for state in scope.states.values():
        for to in state.transitions:
            if to.state not in scope.states:
                message = f"Missing 'Next' target: {to.state}"
                yield on_whole("unknown-target", message, to.path, state.name)


def _reached(scope: Scope) -> Iterator[Finding]:
    """AWS asks that each state is somewhere's target, not that the way there begins at StartAt; and
    asks nothing of the kind where no state ends the state machine."""
    if scope.parent is None and not any(state.end for state in scope.states.values()):
        return
    led_to = {to.state for state in scope.states.values() for to in state.transitions}
    reached = set(scope.postorder()) if scope.start_at in scope.states else led_to
    for name, state in scope.states.items():
        if name not in led_to and name != scope.start_at:
            message = f'State "{name}" is not reachable.'
            yield in_state(state, "unreachable-state", message)
        elif name not in reached and name != scope.start_at:
            message = f"Only states that are not reached themselves lead to {name}."
            yield in_state(state, "unreachable-circle", message)


def _ends(scope: Scope) -> Iterator[Finding]:
    """Checks that the scope can end, and that no state reached only leads in circles."""
    ends = [name for name, state in scope.states.items() if state.end]
    if scope.states and not ends and scope.parent is None:
        yield on_whole("no-terminal-state", "Workflow has no terminal state")
    elif not ends:
        message = "No state ends this scope: one needs End, or the type Succeed or Fail."
        yield on_whole("branch-without-end", message, scope.path, scope.parent)
    if scope.start_at not in scope.states or not ends:
        return
    reached, ending, before = dict.fromkeys(scope.postorder()), set(ends), -1
    while before < len(ending):
        before = len(ending)
        ending.update(name for name in reached if not ending.isdisjoint(scope.onward(name)))
    for name in reached:
        if name not in ending:
            message = f"From {name} no terminal state can be reached."
            yield in_state(scope.states[name], "never-ends", message)
