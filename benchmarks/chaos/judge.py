"""Knows what a client may be told: what the fold of the execution's whole history shows, up to
each of its events. What it is told otherwise is a fault, said as a sentence."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.processes.account import Execution
from handrail.core.history.events import event_document, parse_event
from handrail.core.json_text import json_bytes
from handrail.core.models import ExecutionId, HistoryEvent
from handrail.core.task_tokens.redaction import Redactor
from handrail.usecases.live.event_log import EventLog
from handrail.usecases.live.feed import Feed

LOG_BYTES = 4 * 2**20
FIELDS = ("status", "stopped_at", "input", "output", "error", "cause", "redrive_count")
TASK_FIELDS = ("event_id", "state", "resource", "scheduled_at", "parameters")
ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
View = dict[str, Any]


@dataclass(slots=True)
class Truth:
    """One execution as its whole history tells, once it has ended. `views` are what clients see at
    each position, from none on; `events` are the documents of its events."""

    execution: str
    epoch: int
    token: str
    status: str
    output: Any
    events: Sequence[Mapping[str, Any]]
    views: Sequence[str]
    bare: Sequence[str]
    """The views without what an early end changes."""

    @classmethod
    def of(cls, execution: Execution, history: Sequence[Mapping[str, Any]]) -> "Truth":
        redactor = Redactor([execution.token])
        events = [redactor.event(parse_event(each)) for each in history]
        id = f"{execution.plan.machine}:{execution.name}"
        epoch = round(execution.started_at * 1000)
        shown = list(_shown(ExecutionId.parse(id), epoch, events))
        last = shown[-1]
        return cls(
            id,
            epoch,
            execution.token,
            last["status"],
            last["output"],
            [json.loads(json_bytes(event_document(each))) for each in events],
            [_text(view) for view in shown],
            [_text(_without_end(view)) for view in shown],
        )

    @property
    def cursor(self) -> str:
        """Of its last event."""
        return f"{self.epoch}:{len(self.events)}"

    def shown_otherwise(self, snapshot: View) -> str | None:
        """What is wrong with a snapshot of the whole."""
        return _wrong(self, len(self.events), snapshot, exact=True)


def _shown(id: ExecutionId, epoch: int, events: Sequence[HistoryEvent]) -> Sequence[View]:
    feed = Feed(id, epoch, EventLog(LOG_BYTES))
    views = [_snapshot(feed)]
    for event in events:
        feed.fold([event])
        views.append(_snapshot(feed))
    return views


def _snapshot(feed: Feed) -> View:
    drawn: View = json.loads(json_bytes(feed.snapshot()))
    return drawn


@dataclass(slots=True)
class ClientView:
    """What one client holds of an execution: it applies messages as the documents say, and notes
    what was wrong with them once the truth is known."""

    told: list[tuple[int, View, bool]] = field(default_factory=list)
    """Position, view, and whether it stands exactly there."""

    events: list[Mapping[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cursor: str | None = None
    complete: View | None = None
    _view: View = field(default_factory=dict)

    @property
    def position(self) -> int:
        return _position(self.cursor) if self.cursor else 0

    def since(self, started_at: float) -> None:
        """Every event is wanted, from the first on."""
        self.cursor = f"{round(started_at * 1000)}:0"

    def hear(self, message: View, *, events: bool) -> None:
        """One message of a socket or an event stream, at level events or states."""
        kind, cursor = message["type"], message["cursor"]
        if _position(cursor) < self.position:
            self.faults.append(f"{kind} went back from {self.cursor} to {cursor}")
        if kind == "subscribed":
            if self.cursor is not None and not message["recovered"]:
                self.faults.append(f"not recovered at {self.cursor}")
            self._view = dict(message["snapshot"])
        elif kind == "update":
            if events:
                self.hear_events(message.get("events", ()), cursor)
            self._view |= message["execution"]
            states = {each["state"]: each for each in self._view["states"]}
            states |= {each["state"]: each for each in message["states"]}
            self._view["states"], self._view["tasks"] = list(states.values()), message["tasks"]
        elif kind == "complete":
            self.complete = message
        else:
            self.faults.append(f"was told {kind} at {cursor}")
        if kind in {"subscribed", "update"}:
            exact = kind == "update" and not events
            self.told.append((_position(cursor), json.loads(json.dumps(self._view)), exact))
        self.cursor = cursor

    def hear_events(self, events: Sequence[Mapping[str, Any]], cursor: str) -> None:
        """A chunk of the history."""
        for event in events:
            if event["id"] != len(self.events) + 1:
                self.faults.append(f"event {event['id']} came behind {len(self.events)}")
            self.events.append(event)
        if events and events[-1]["id"] != _position(cursor):
            self.faults.append(f"events up to {events[-1]['id']} under {cursor}")

    def nothing_left(self) -> None:
        """The end was in an update already; nothing follows."""
        if self._view.get("status") not in ENDED:
            self.faults.append(f"nothing is left at {self.cursor}")
        self.complete = {name: self._view.get(name) for name in ("status", "output")}

    def judged(self, truth: Truth, *, events: bool) -> list[str]:
        """All that was wrong."""
        faults = list(self.faults)
        for position, view, exact in self.told:
            if (wrong := _wrong(truth, position, view, exact=exact)) is not None:
                faults.append(wrong)
                break  # what follows is mostly the same
        if events and self.events != list(truth.events):
            faults.append(f"{len(self.events)} of {len(truth.events)} events, or other ones")
        if self.complete is None:
            faults.append(f"no end was told; last at {self.cursor}")
        elif (self.complete["status"], self.complete["output"]) != (truth.status, truth.output):
            faults.append(f"another end: {self.complete['status']}")
        return faults


def _wrong(truth: Truth, position: int, view: View, *, exact: bool) -> str | None:
    last = position + 1 if exact else len(truth.views)
    if _text(view) in truth.views[position:last]:
        return None
    early = view["status"] == truth.status and view["status"] in ENDED
    if early and _text(_without_end(view)) in truth.bare[position:last]:
        return None
    expected = json.loads(truth.views[min(position, len(truth.views) - 1)])
    found = json.loads(_text(view))
    named = [name for name in expected if expected[name] != found[name]]
    details = "; ".join(f"{name}: {found[name]} for {expected[name]}" for name in named)
    return f"a wrong state at {position}: {details}"[:900]


def _text(view: View) -> str:
    """What counts of a view, in one order."""
    shown: View = {name: view[name] for name in FIELDS if name in view}
    shown["states"] = sorted(view["states"], key=lambda state: state["state"])
    shown["tasks"] = [{name: task[name] for name in TASK_FIELDS} for task in view["tasks"]]
    return json.dumps(shown, sort_keys=True)


def _without_end(view: View) -> View:
    return {**view, "status": None, "stopped_at": None, "tasks": []}


def _position(cursor: str) -> int:
    return int(cursor.split(":")[1])
