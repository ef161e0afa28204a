"""Builds the documents clients see, for REST answers and live messages alike."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from handrail.core.history.facts import ExecutionFields, PendingTask
from handrail.core.history.projection import Projection
from handrail.core.json_text import shown
from handrail.core.listing import ExecutionListing, StatusCounts, Unlisted
from handrail.core.models import (
    Cursor,
    Execution,
    ExecutionId,
    ExecutionStatus,
    Json,
    StateMachine,
    SyncResult,
    from_ms,
    rfc3339,
)
from handrail.core.replay_names import replayed_by
from handrail.core.task_tokens.redaction import redacted

from . import document_shapes as shapes
from .paths import PATHS, Addresses
from .progress_shapes import ProgressDocument
from .question_documents import NO_QUESTION, Asking, QuestionDrawing, nothing_asked

EXECUTION_FIELDS = tuple(shapes.FieldsDocument.__annotations__)
"""What an execution's history tells of it, in the contract's order."""

MESSAGE_ROOM = 32 * 1024  # characters of all tasks' parameters and questions in one: every update
# has all tasks
LIST_ROOM = 2 * 1024 * 1024  # the same where the tasks alone are asked for


def snapshot(
    id: ExecutionId,
    cursor: Cursor,
    projection: Projection,
    addresses: Addresses = PATHS,
    *,
    stale_after_s: float | None = None,
    progress: ProgressDocument | None = None,
    asking: Asking = nothing_asked,
) -> shapes.SnapshotDocument:
    """All of an execution at one cursor. Before its first event can be read it is RUNNING."""
    fields = projection.execution or ExecutionFields(ExecutionStatus.RUNNING, from_ms(cursor.epoch))
    return {
        **_without_states(id, cursor, dated(fields, cursor.epoch), addresses),
        "stale_after_s": stale_after_s,
        "progress": progress,
        "states": [*projection.states.values()],
        "tasks": tasks_document(id, projection.tasks, addresses, asking=asking),
    }


def started_document(
    execution: Execution, cursor: Cursor, *, addresses: Addresses = PATHS
) -> shapes.StartedDocument:
    """The answer to a start: the snapshot before anything happened. What a caller sent may hold
    another execution's task token, so it comes back as others will see it."""
    fields = ExecutionFields(
        execution.status,
        from_ms(cursor.epoch),
        execution.stopped_at,
        redacted(execution.input),
        redacted(execution.output),
        redacted(execution.error),
        redacted(execution.cause),
        execution.redrive_count,
        version=execution.version,
        alias=execution.alias,
    )
    document = cast(
        shapes.StartedDocument, _without_states(execution.id, cursor, fields, addresses)
    )
    if not addresses.shows(execution.id):
        document["cursor"] = None
    return document


def unread_document(
    id: ExecutionId, cursor: Cursor | None, known: shapes.ChangesDocument, addresses: Addresses
) -> shapes.SteeredDocument:
    """An execution of which nothing could be read: what is known of it, and null for the rest."""
    nothing = ExecutionFields(ExecutionStatus.RUNNING, from_ms(0))
    return {
        **_without_states(id, cursor or Cursor(0, 0), nothing, addresses),
        "started_at": rfc3339(from_ms(cursor.epoch)) if cursor else None,
        "redrive_count": None,
        "cursor": str(cursor) if cursor else None,
        **known,
    }


def _without_states(
    id: ExecutionId, cursor: Cursor, fields: ExecutionFields, addresses: Addresses
) -> shapes.SnapshotDocument:
    document: dict[str, Any] = {
        **identity(id),
        **fields_document(fields, EXECUTION_FIELDS),
        "cursor": str(cursor),
        "stale_after_s": None,
        "progress": None,
        "states": [],
        "tasks": [],
        "replay_of": replay_of(id),
        "links": addresses.of_execution(id),
    }
    if (found := addresses.trace_of(id, cursor.epoch)) is not None:
        document["trace_id"], links = found
        document["links"] |= links
    return cast(shapes.SnapshotDocument, document)


def identity(id: ExecutionId) -> shapes.IdentityDocument:
    return {"execution": str(id), "state_machine": id.machine, "name": id.name}


def replay_of(id: ExecutionId) -> str | None:
    """What this execution replays, as far as its name tells."""
    of = replayed_by(id)
    return str(of) if of is not None else None


def fields_document(fields: ExecutionFields, names: Collection[str]) -> shapes.ChangesDocument:
    """The named ones of an execution's fields, in the contract's order."""
    drawn = {name: getattr(fields, name) for name in EXECUTION_FIELDS if name in names}
    for name, found in drawn.items():
        if name == "status":
            drawn[name] = found.value
        elif name in {"input", "output"}:
            drawn[name] = value(found)
        elif isinstance(found, datetime):
            drawn[name] = rfc3339(found)
    return cast(shapes.ChangesDocument, drawn)


def dated(fields: ExecutionFields, epoch: int) -> ExecutionFields:
    """The fields with the start that AWS's lists say, which is the cursor's epoch: the first event
    may be dated a few milliseconds later."""
    return replace(fields, started_at=from_ms(epoch))


def tasks_document(
    id: ExecutionId,
    tasks: Iterable[PendingTask],
    addresses: Addresses = PATHS,
    *,
    room: int = MESSAGE_ROOM,
    asking: Asking = nothing_asked,
) -> list[shapes.TaskDocument]:
    """`room` is how many characters of parameters and of questions it may hold; the first tasks
    have theirs."""
    drawn: list[shapes.TaskDocument] = []
    drawing = QuestionDrawing(asking)
    for task in tasks:
        size = len(task.parameters or "")
        shown = size <= room
        room -= size if shown else 0
        question, size = drawing.within(room, task.state, task.parameters)
        room -= size
        drawn.append(
            {
                "event_id": task.event_id,
                "state": task.state,
                "resource": task.resource,
                "scheduled_at": rfc3339(task.scheduled_at),
                "timeout_at": rfc3339(task.timeout_at) if task.timeout_at else None,
                "heartbeat_seconds": task.heartbeat_seconds,
                "parameters": value(task.parameters) if shown else None,
                "parameters_omitted": task.too_large or not shown,
                **(question or NO_QUESTION),
                "question_omitted": question is None,
                "links": addresses.of_task(id, task),
            }
        )
    return drawn


def execution_document(execution: Execution, addresses: Addresses) -> shapes.ListedDocument:
    """One execution of a list: without payloads and states, which the snapshot has."""
    return {
        **identity(execution.id),
        "status": execution.status.value,
        "started_at": rfc3339(execution.started_at),
        "stopped_at": rfc3339(execution.stopped_at) if execution.stopped_at else None,
        "redrive_count": execution.redrive_count,
        "replay_of": replay_of(execution.id),
        "version": execution.version,
        "alias": execution.alias,
        "links": addresses.of_execution(execution.id),
    }


def list_document(listing: ExecutionListing, addresses: Addresses) -> shapes.ListDocument:
    return {
        "executions": [execution_document(each, addresses) for each in listing.executions],
        "as_of": rfc3339(listing.as_of),
        "counts": counts_document(listing.counts),
        "state_machines": [
            {
                "state_machine": machine.reference,
                "as_of": rfc3339(machine.as_of),
                "counts": counts_document(machine.counts),
            }
            for machine in listing.machines
        ],
        "unlisted": [unlisted_document(unlisted) for unlisted in listing.unlisted],
    }


def unlisted_document(unlisted: Unlisted) -> shapes.UnlistedDocument:
    return {
        "state_machine": unlisted.reference,
        "code": unlisted.error.code,
        "detail": unlisted.error.detail,
        "retryable": unlisted.error.retryable,
    }


def list_changes(
    listing: ExecutionListing,
    changed: Iterable[Execution],
    removed: Iterable[str],
    addresses: Addresses,
) -> shapes.ListChangesDocument:
    """The list's news: these executions, whole, and the ids of those that are in it no more."""
    whole = list_document(replace(listing, executions=tuple(changed)), addresses)
    return {**whole, "removed": list(removed)}


def counts_document(counts: StatusCounts | None) -> shapes.CountsDocument | None:
    if counts is None:
        return None
    by_status = {status.value: count for status, count in counts.by_status.items()}
    return {"total": counts.total, "by_status": by_status, "at_least": counts.at_least}


def sync_document(id: ExecutionId, result: SyncResult) -> shapes.SyncDocument:
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


def machine_document(
    machine: StateMachine, description: str | None, addresses: Addresses = PATHS
) -> shapes.MachineDocument:
    return {
        "name": machine.name,
        "type": machine.type.value,
        "description": description,
        "created_at": rfc3339(machine.created_at),
        "links": addresses.of_machine(machine),
    }


def value(text: str | None) -> Json:
    """A payload, to be written as AWS has it."""
    return None if text is None else shown(text)
