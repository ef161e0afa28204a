"""Builds the documents of a state's visits and of a Map's items."""

from collections.abc import Sequence
from dataclasses import replace

from handrail.core.definition.definition import Definition
from handrail.core.history.item_log import MapVisit, RecordedItem
from handrail.core.history.timeline_log import TimelineVisit
from handrail.core.history.visit_log import Enclosing, RecordedVisit
from handrail.core.models import Execution, HistoryEvent, Json, rfc3339

from . import page_shapes
from .documents import value
from .paths import Addresses


def visit_document(
    recorded: RecordedVisit, definition: Definition | None
) -> page_shapes.VisitDocument:
    visit, error = recorded.visit, recorded.visit.failure or {"error": None, "cause": None}
    state = visit.record.name
    input, input_truncated = _payload(recorded.entered, "input")
    output, output_truncated = _payload(recorded.exited, "output")
    return {
        "state": state,
        "type": visit.record.type,
        "status": recorded.status.value,
        "entered_at": rfc3339(recorded.entered.at),
        "exited_at": rfc3339(recorded.closed_at) if recorded.closed_at else None,
        "input": input,
        "output": output,
        "input_truncated": input_truncated,
        "output_truncated": output_truncated,
        "error": error["error"],
        "cause": error["cause"],
        "attempts": visit.attempts,
        "child_execution": str(recorded.child) if recorded.child is not None else None,
        "event_ids": recorded.event_ids,
        "within": within_document(recorded.within, state, definition),
    }


def timeline_visit_document(recorded: TimelineVisit) -> page_shapes.TimelineVisitDocument:
    visit = recorded.visit
    return {
        "state": visit.record.name,
        "type": visit.record.type,
        "status": recorded.status.value,
        "entered_at": rfc3339(recorded.entered_at),
        "exited_at": rfc3339(visit.closed_at) if visit.closed_at else None,
        "attempts": visit.attempts,
        "event_id": recorded.entered,
        "within_event_id": recorded.around,
        "iteration": recorded.index,
    }


def within_document(
    around: Sequence[Enclosing], state: str, definition: Definition | None
) -> list[page_shapes.EnclosingDocument]:
    """Which branch of a Parallel it is, the definition tells by the state in there."""
    inner = [*(each.state for each in around), state][1:]
    placed = [
        replace(each, index=branch_of(definition, each.state, name))
        if each.type == "Parallel"
        else each
        for each, name in zip(around, inner, strict=True)
    ]
    return [{"state": each.state, "type": each.type, "index": each.index} for each in placed]


def branch_of(definition: Definition | None, parallel: str, state: str) -> int | None:
    scopes = definition.scopes_in(parallel) if definition is not None else ()
    return next((scope.branch for scope in scopes if state in scope.states), None)


def item_document(
    item: RecordedItem, state: str, definition: Definition | None
) -> page_shapes.MapItemDocument:
    failure = item.failure or {"error": None, "cause": None}
    return {
        "index": item.index if item.index >= 0 else None,
        "name": None,
        "status": item.status.value,
        "started_at": rfc3339(item.started_at),
        "stopped_at": rfc3339(item.stopped_at) if item.stopped_at else None,
        "error": failure["error"],
        "cause": failure["cause"],
        "execution": None,
        "map_event_id": item.map.entered,
        "within": within_document(item.map.within, state, definition),
        "links": {},
    }


def child_document(
    child: Execution,
    map: MapVisit,
    state: str,
    definition: Definition | None,
    addresses: Addresses,
) -> page_shapes.MapItemDocument:
    return {
        "index": None,
        "name": child.id.name,
        "status": child.status.value,
        "started_at": rfc3339(child.started_at),
        "stopped_at": rfc3339(child.stopped_at) if child.stopped_at else None,
        "error": None,
        "cause": None,
        "execution": str(child.id),
        "map_event_id": map.entered,
        "within": within_document(map.within, state, definition),
        "links": dict(addresses.of_execution(child.id)),
    }


def _payload(event: HistoryEvent | None, key: str) -> tuple[Json, bool]:
    if event is None:
        return None, False
    cut = bool((event.details.get(f"{key}Details") or {}).get("truncated"))
    return value(event.details.get(key)), cut
