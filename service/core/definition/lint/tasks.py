"""Checks that tasks can't hang, and that what they call is open to this type of state machine."""

from collections.abc import Iterator

from service.core.definition.definition import Definition, State
from service.core.models import MachineType
from service.core.task_tokens.location import placement

from .findings import Finding, error, info, warning

_TIMEOUTS = {"TimeoutSeconds", "TimeoutSecondsPath"}
_HEARTBEATS = {"HeartbeatSeconds", "HeartbeatSecondsPath"}


def tasks(definition: Definition, machine_type: MachineType) -> Iterator[Finding]:
    for state in definition.all_states:
        if state.type == "Task":
            yield from _limits(state)
            yield from _callback(state) if state.waits_for_callback else _plain(state)
        if _express(definition, state, machine_type):
            yield from _beyond_express(state)


def _limits(state: State) -> Iterator[Finding]:
    limits: dict[str, int] = {}
    for field in ("TimeoutSeconds", "HeartbeatSeconds"):
        value = state.raw.get(field)
        if isinstance(value, int) and not isinstance(value, bool):
            limits[field] = value
            if value <= 0:
                yield error(state, "limit-not-positive", f"{field} must be positive.", field)
    if len(limits) == 2 and limits["HeartbeatSeconds"] >= limits["TimeoutSeconds"]:
        message = "HeartbeatSeconds must be smaller than TimeoutSeconds."
        yield error(state, "heartbeat-not-below-timeout", message)


def _callback(state: State) -> Iterator[Finding]:
    limited = bool((_TIMEOUTS | _HEARTBEATS) & state.raw.keys())
    if not limited:
        message = "Without TimeoutSeconds or HeartbeatSeconds a lost callback waits for a year."
        yield warning(state, "callback-without-limit", message)
    if not placement(state).carries():
        message = "The task token is passed nowhere, so nobody can ever answer this task."
        yield (warning if limited else error)(state, "callback-without-token", message)


def _plain(state: State) -> Iterator[Finding]:
    if not state.raw.get("Retry"):
        message = "Without Retry a passing trouble fails the execution."
        yield info(state, "task-without-retry", message)
    if not _TIMEOUTS & state.raw.keys():
        long = ":activity:" in state.resource or ".sync" in state.resource
        message = "Without TimeoutSeconds a task that hangs is noticed very late."
        yield (warning if long else info)(state, "task-without-timeout", message)


def _express(definition: Definition, state: State, machine_type: MachineType) -> bool:
    """A distributed Map's children may be Express inside a Standard state machine."""
    parent = definition.states.get(state.parent or "")
    while parent is not None:
        if parent.map_mode == "DISTRIBUTED":
            return bool(parent.map_config.get("ExecutionType") == "EXPRESS")
        parent = definition.states.get(parent.parent or "")
    return machine_type is MachineType.EXPRESS


def _beyond_express(state: State) -> Iterator[Finding]:
    if state.waits_for_callback:
        beyond = "wait for callbacks"
    elif state.resource.endswith((".sync", ".sync:2")):
        beyond = "wait for a job to end (.sync)"
    elif ":activity:" in state.resource:
        beyond = "call activities"
    elif state.map_mode == "DISTRIBUTED":
        beyond = "run a distributed Map"
    else:
        return
    yield error(state, "beyond-express", f"Express executions can't {beyond}.")
