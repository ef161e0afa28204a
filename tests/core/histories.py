"""Histories to fold: recorded ones, and small ones written down as they would be recorded."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from handrail.core.history.events import details_key, parse_event
from handrail.core.history.projection import Projection
from handrail.core.models import HistoryEvent, Json
from handrail.core.protocol.document_shapes import StateErrorDocument

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
FOLDER = os.environ.get("HANDRAIL_HISTORIES", "")


@dataclass(frozen=True)
class Recording:
    """One execution as AWS recorded it, and what became of it."""

    name: str
    status: str
    error: str | None
    cause: Json
    events: tuple[HistoryEvent, ...]


def recordings() -> list[Any]:
    """Every recorded history as a test parameter; one skipped parameter where there are none."""
    paths = sorted(Path(FOLDER).glob("*.json")) if FOLDER else []
    if not paths:
        reason = "HANDRAIL_HISTORIES names no folder of recorded histories"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="none")]
    return [pytest.param(_load(path), id=path.stem) for path in paths]


def _load(path: Path) -> Recording:
    document = json.loads(path.read_text())
    return Recording(
        path.stem,
        document["status"],
        document["error"],
        document["cause"],
        tuple(parse_event(event) for event in document["events"]),
    )


class History:
    """Writes events down in order, 100 ms apart. Starts with ExecutionStarted."""

    def __init__(self, input: str = "{}", begin: datetime = BEGIN) -> None:
        self.events: list[HistoryEvent] = []
        self._begin = begin
        self.write("ExecutionStarted", 0, {"input": input})
        self.main = Track(self, 0)

    def write(self, type_: str, previous: int, details: dict[str, Any]) -> int:
        """Answers the event's id."""
        event_id = len(self.events) + 1
        at = self._begin + timedelta(milliseconds=100 * event_id)
        key = details_key(type_) if details else None
        self.events.append(HistoryEvent(event_id, previous, type_, at, details, key))
        return event_id

    def fold(self) -> Projection:
        projection = Projection()
        projection.fold(self.events)
        return projection


class Track:
    """A sequence of states within a history: each event points at the one before it here."""

    def __init__(self, history: History, last: int) -> None:
        self.history = history
        self.last = last

    def then(self, type_: str, **details: Any) -> "Track":
        self.last = self.history.write(type_, self.last, details)
        return self

    def aside(self, type_: str, **details: Any) -> "Track":
        """An event that the next one doesn't point at."""
        self.history.write(type_, self.last, details)
        return self

    def fork(self) -> "Track":
        return Track(self.history, self.last)

    def enter(self, type_: str, name: str) -> "Track":
        return self.then(f"{type_}StateEntered", name=name, input="{}")

    def exit(self, type_: str, name: str) -> "Track":
        return self.then(f"{type_}StateExited", name=name, output="{}")

    def visit(self, type_: str, name: str) -> "Track":
        return self.enter(type_, name).exit(type_, name)

    def schedule(self, resource: str = "invoke", **details: Any) -> "Track":
        return self.then("TaskScheduled", resourceType="lambda", resource=resource, **details).then(
            "TaskStarted"
        )

    def fails(self, error: str = "Boom", cause: str = "it broke") -> "Track":
        return self.then("TaskFailed", error=error, cause=cause)

    def task(self, name: str) -> "Track":
        return self.enter("Task", name).schedule().then("TaskSucceeded").exit("Task", name)


def split(events: Sequence[HistoryEvent], *cuts: int) -> list[Sequence[HistoryEvent]]:
    """The events in pages ending after these positions."""
    edges = [0, *sorted(min(cut, len(events)) for cut in cuts), len(events)]
    return [events[a:b] for a, b in pairwise(edges)]


def statuses(projection: Projection) -> dict[str, str]:
    return {name: state["status"] for name, state in projection.states.items()}


def failure(error: str | None, cause: str | None) -> StateErrorDocument:
    return {"error": error, "cause": cause}


def items_of(total: int, **counts: int) -> dict[str, int]:
    """A Map's items, none of any kind that isn't named."""
    return {"total": total, "running": 0, "succeeded": 0, "failed": 0, "aborted": 0, **counts}


def unknown_items(total: int | None) -> dict[str, int | None]:
    return {"total": total, "running": None, "succeeded": None, "failed": None, "aborted": None}


def parallel(track: Track, name: str, branches: int = 2) -> list[Track]:
    track.enter("Parallel", name).then("ParallelStateStarted")
    return [track.fork() for _ in range(branches)]


def join(track: Track, name: str, last: Track) -> Track:
    track.last = last.last
    return track.aside("ParallelStateSucceeded").exit("Parallel", name)


def map_of(track: Track, name: str, items: int) -> list[Track]:
    track.enter("Map", name).then("MapStateStarted", length=items)
    return [item(track.fork(), name, index) for index in range(items)]


def item(track: Track, name: str, index: int) -> Track:
    return track.then("MapIterationStarted", name=name, index=index)
