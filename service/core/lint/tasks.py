"""Whether tasks can hang, and whether what they call is open to this type of state machine."""

from collections.abc import Iterator

from service.core.definition import Definition, State
from service.core.graph import map_mode
from service.core.models import Json, MachineType
from service.core.placement import placement

from .finding import Finding, Severity, about

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
    fields = ("TimeoutSeconds", "HeartbeatSeconds")
    limits = {field: int(state.raw[field]) for field in fields if _is_whole(state.raw.get(field))}
    for field, value in limits.items():
        if value <= 0:
            message = f"{field} must be positive."
            yield about(state, "limit-not-positive", Severity.ERROR, message, field)
    if len(limits) == 2 and limits["HeartbeatSeconds"] >= limits["TimeoutSeconds"]:
        message = "HeartbeatSeconds must be smaller than TimeoutSeconds."
        yield about(state, "heartbeat-not-below-timeout", Severity.ERROR, message)


def _callback(state: State) -> Iterator[Finding]:
    limited = bool((_TIMEOUTS | _HEARTBEATS) & state.raw.keys())
    if not limited:
        message = "Without TimeoutSeconds or HeartbeatSeconds a lost callback waits for a year."
        yield about(state, "callback-without-limit", Severity.WARNING, message)
    if not placement(state).carries():
        message = "The task token is passed nowhere, so nobody can ever answer this task."
        severity = Severity.WARNING if limited else Severity.ERROR
        yield about(state, "callback-without-token", severity, message)


def _plain(state: State) -> Iterator[Finding]:
    if not state.raw.get("Retry"):
        message = "Without Retry a passing trouble fails the execution."
        yield about(state, "task-without-retry", Severity.INFO, message)
    if not _TIMEOUTS & state.raw.keys():
        activity = ":activity:" in state.resource
        message = "Without TimeoutSeconds a task that hangs is noticed very late."
        severity = Severity.WARNING if activity or ".sync" in state.resource else Severity.INFO
        yield about(state, "task-without-timeout", severity, message)


def _express(definition: Definition, state: State, machine_type: MachineType) -> bool:
    """A distributed Map's children may be Express inside a Standard state machine."""
    parent = definition.states.get(state.parent or "")
    while parent is not None:
        if map_mode(parent) == "DISTRIBUTED":
            config = parent.raw["ItemProcessor"]["ProcessorConfig"]
            return bool(config.get("ExecutionType") == "EXPRESS")
        parent = definition.states.get(parent.parent or "")
    return machine_type is MachineType.EXPRESS


def _beyond_express(state: State) -> Iterator[Finding]:
    beyond = None
    if state.waits_for_callback:
        beyond = "wait for callbacks"
    elif state.resource.endswith((".sync", ".sync:2")):
        beyond = "wait for a job to end (.sync)"
    elif ":activity:" in state.resource:
        beyond = "call activities"
    elif map_mode(state) == "DISTRIBUTED":
        beyond = "run a distributed Map"
    if beyond:
        message = f"Express executions can't {beyond}."
        yield about(state, "beyond-express", Severity.ERROR, message)


def _is_whole(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
