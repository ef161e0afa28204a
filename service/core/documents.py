"""The documents clients see: snapshots, summaries, tasks and links, as JSON-ready dicts.

REST answers and live messages are made of the same pieces, so they can't disagree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from pydantic_core import from_json

from .addresses import PATHS, Addresses, machine_links
from .models import (
    Cursor,
    DescribedStateMachine,
    Execution,
    ExecutionId,
    ExecutionStatus,
    Json,
    StateMachine,
    SyncResult,
    from_ms,
    rfc3339,
)
from .projection.facts import ExecutionFields, MapItems, PendingTask, StateSummary
from .redaction import redacted

Document = dict[str, Json]

EXECUTION_FIELDS = (
    "status",
    "started_at",
    "stopped_at",
    "input",
    "output",
    "error",
    "cause",
    "redrive_count",
)


class Projected(Protocol):
    """What a snapshot is drawn from."""

    @property
    def execution(self) -> ExecutionFields | None: ...
    @property
    def states(self) -> Mapping[str, StateSummary]: ...
    @property
    def tasks(self) -> tuple[PendingTask, ...]: ...


def snapshot(
    id: ExecutionId,
    cursor: Cursor,
    projected: Projected,
    addresses: Addresses = PATHS,
    *,
    stale_after_s: float | None = None,
) -> Document:
    """The whole of an execution at one cursor, and within how many seconds a change of it is
    promised to be seen."""
    fields = projected.execution
    return {
        **identity(id),
        **(
            fields_document(dated(fields, cursor.epoch), EXECUTION_FIELDS)
            if fields
            else _unknown(cursor)
        ),
        "cursor": str(cursor),
        "stale_after_s": stale_after_s,
        "states": [state_document(state) for state in projected.states.values()],
        "tasks": tasks_document(id, projected.tasks, addresses),
        "links": addresses.of_execution(id),
    }


def identity(id: ExecutionId) -> Document:
    return {"execution": str(id), "state_machine": id.machine, "name": id.name}


def dated(fields: ExecutionFields, epoch: int) -> ExecutionFields:
    """The fields with the start AWS lists the execution by, which is the cursor's epoch: the first
    event may be dated a few milliseconds later."""
    return replace(fields, started_at=from_ms(epoch))


def fields_document(fields: ExecutionFields, names: Iterable[str]) -> Document:
    """The named ones of an execution's own fields, in the contract's order."""
    wanted = frozenset(names)
    return {name: _field(fields, name) for name in EXECUTION_FIELDS if name in wanted}


def state_document(state: StateSummary) -> Document:
    error = state.last_error
    return {
        "state": state.state,
        "type": state.type,
        "status": state.status.value,
        "entered": state.entered,
        "running": state.running,
        "succeeded": state.succeeded,
        "failed": state.failed,
        "caught": state.caught,
        "aborted": state.aborted,
        "retries": state.retries,
        "first_entered_at": rfc3339(state.first_entered_at),
        "last_changed_at": rfc3339(state.last_changed_at),
        "last_error": {"error": error.error, "cause": error.cause} if error else None,
        "items": items_document(state.items) if state.items else None,
    }


def items_document(items: MapItems) -> Document:
    """A Map's items, over all its visits."""
    return {
        "total": items.total,
        "running": items.running,
        "succeeded": items.succeeded,
        "failed": items.failed,
        "aborted": items.aborted,
    }


def tasks_document(
    id: ExecutionId, tasks: Iterable[PendingTask], addresses: Addresses = PATHS
) -> list[Document]:
    """The pending tasks."""
    return [
        {
            "event_id": task.event_id,
            "state": task.state,
            "resource": task.resource,
            "scheduled_at": rfc3339(task.scheduled_at),
            "timeout_at": rfc3339(task.timeout_at) if task.timeout_at else None,
            "heartbeat_seconds": task.heartbeat_seconds,
            "links": addresses.of_task(id, task),
        }
        for task in tasks
    ]


def execution_document(
    execution: Execution, cursor: Cursor | None = None, *, addresses: Addresses = PATHS
) -> Document:
    """One line of a list, or the answer to a start: no states, they live in the snapshot."""
    document: Document = {
        **identity(execution.id),
        "status": execution.status.value,
        "started_at": rfc3339(execution.started_at),
        "stopped_at": rfc3339(execution.stopped_at) if execution.stopped_at else None,
        "redrive_count": execution.redrive_count,
        "links": addresses.of_execution(execution.id),
    }
    if cursor is not None:
        document["cursor"] = str(cursor)
    return document


def started_document(
    execution: Execution, cursor: Cursor, *, addresses: Addresses = PATHS
) -> Document:
    """The answer to a start: the snapshot's shape before anything happened. What a caller sent may
    hold another execution's task token, so it comes back as others will see it."""
    return {
        **execution_document(execution, cursor, addresses=addresses),
        "input": value(redacted(execution.input)),
        "output": value(redacted(execution.output)),
        "error": redacted(execution.error),
        "cause": redacted(execution.cause),
        "stale_after_s": None,
        "states": [],
        "tasks": [],
    }


def unread_document(
    id: ExecutionId,
    cursor: Cursor | None,
    *,
    addresses: Addresses = PATHS,
    **known: Json,
) -> Document:
    """An execution of which nothing could be read: what is known of it, and null for the rest."""
    started_at = rfc3339(from_ms(cursor.epoch)) if cursor else None
    return {
        **identity(id),
        **dict.fromkeys(EXECUTION_FIELDS),
        "started_at": started_at,
        **known,
        "cursor": str(cursor) if cursor else None,
        "stale_after_s": None,
        "states": [],
        "tasks": [],
        "links": addresses.of_execution(id),
    }


def sync_document(id: ExecutionId, result: SyncResult) -> Document:
    return {
        **identity(id),
        "status": result.status.value,
        "started_at": rfc3339(result.started_at),
        "stopped_at": rfc3339(result.stopped_at),
        "output": value(redacted(result.output)),
        "error": redacted(result.error),
        "cause": redacted(result.cause),
        "billed_duration_ms": result.billed_ms,
        "billed_memory_mb": result.billed_mb,
    }


def machine_document(machine: StateMachine, description: str | None) -> Document:
    return {
        "name": machine.name,
        "type": machine.type.value,
        "description": description,
        "created_at": rfc3339(machine.created_at),
        "links": machine_links(machine.name),
    }


def described_document(machine: DescribedStateMachine, description: str | None) -> Document:
    listed = StateMachine(machine.name, machine.arn, machine.type, machine.created_at)
    return machine_document(listed, description)


def value(text: str | None) -> Json:
    """A payload as a value. What isn't whole JSON (AWS truncates) stays the text it is."""
    if text is None:
        return None
    try:
        return from_json(text, allow_inf_nan=False)
    except (ValueError, TypeError):  # TypeError: half a surrogate pair
        return text


def _field(fields: ExecutionFields, name: str) -> Json:
    raw = getattr(fields, name)
    if raw is None:
        return None
    if name in {"started_at", "stopped_at"}:
        return rfc3339(raw)
    if name in {"input", "output"}:
        return value(raw)
    return raw.value if isinstance(raw, ExecutionStatus) else raw


def _unknown(cursor: Cursor) -> Document:
    """Before the first event could be read: AWS's reads are eventually consistent."""
    blank = dict.fromkeys(EXECUTION_FIELDS)
    started_at = rfc3339(from_ms(cursor.epoch))
    return {**blank, "status": "RUNNING", "started_at": started_at, "redrive_count": 0}
