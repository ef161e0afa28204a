"""Writes a snapshot, and a state's visits and items, as a person reads them. Pure."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from handrail.client import Message
from handrail.client.view import View
from handrail.core.models import Json

from .causes import failure
from .json_output import json_output
from .lines import between, columns, joined, one_line
from .progress_text import progress_text

_MOST_LINES = 60
_ALSO = {
    "version": "version",
    "alias": "alias",
    "replay_of": "replay of",
    "redrive_count": "redrives",
}


def snapshot_lines(snapshot: Message, now: datetime) -> Iterator[str]:
    """The execution, its states in order of entry, and how to settle what waits."""
    took = between(snapshot["started_at"], snapshot["stopped_at"], now)
    yield joined(snapshot["execution"], snapshot["status"], took)
    yield f"  started   {snapshot['started_at']}"
    if snapshot["stopped_at"]:
        yield f"  stopped   {snapshot['stopped_at']}"
    for member, name in _ALSO.items():
        if snapshot.get(member):
            yield f"  {name:<9} {one_line(snapshot[member])}"
    if progress := snapshot.get("progress"):  # an older service tells none
        yield f"  progress  {progress_text(progress, over=View(snapshot).ended)}"
        if progress["warning"]:
            yield f"  warning   {one_line(progress['warning'], longest=None)}"
    yield from _contents(snapshot, "  ")
    if states := snapshot["states"]:
        yield from ("", "States", *_indented(_state_lines(states, snapshot, now), "  "))
    if tasks := snapshot["tasks"]:
        yield from ("", "Waiting")
        for task in tasks:
            yield from _indented(_task_lines(snapshot["execution"], task), "  ")


def visit_lines(visit: Message, now: datetime) -> Iterator[str]:
    """One visit to a state, with what went in and came out."""
    took = between(visit["entered_at"], visit["exited_at"], now)
    within = " > ".join(_enclosing(around) for around in visit.get("within") or ())
    attempts = visit.get("attempts") or 0
    tried = f"{attempts} attempts" if attempts > 1 else ""
    inside = f"in {within}" if within else ""
    yield joined(visit["entered_at"], visit["status"], took, tried, inside)
    yield from _contents(visit, "  ")


def item_lines(items: Iterable[Message], now: datetime) -> Iterator[str]:
    """A Map's items, one a line: index or name, status, start, time taken, error or execution.
    Nothing where there are none."""
    rows = []
    for item in items:
        name = item["index"] if item["index"] is not None else item["name"]
        took = between(item["started_at"], item["stopped_at"], now)
        why = failure(item) or item.get("execution")
        rows.append((name, item["status"], item["started_at"], took, why))
    if rows:
        yield from ("", "Items", *_indented(columns(rows), "  "))


def _contents(shown: Message, indent: str) -> Iterator[str]:
    """Input, output and failure, as far as there are."""
    for name in ("input", "output"):
        if name == "input" or shown[name] is not None:
            first, *rest = json_output(shown[name], indent=2).splitlines()
            cut = "  (AWS cut it short)" if shown.get(f"{name}_truncated") else ""
            yield f"{indent}{name:<9} {first}{cut}"
            yield from (f"{indent}{'':<9} {line}" for line in rest[:_MOST_LINES])
            if len(rest) > _MOST_LINES:
                yield f"{indent}{'':<9} … {len(rest) - _MOST_LINES} more lines: --json has them all"
    if error := failure(shown):
        yield f"{indent}{'error':<9} {one_line(error, longest=None)}"


def _state_lines(states: Sequence[Message], snapshot: Message, now: datetime) -> Iterator[str]:
    rows = []
    for state in states:
        under_way = state["status"] in {"RUNNING", "WAITING", "RETRYING"}
        end = snapshot["stopped_at"] if under_way else state["last_changed_at"]
        took = between(state["first_entered_at"], end, now)
        rows.append(
            (
                state["state"],
                state["type"],
                state["status"],
                state["first_entered_at"],
                took,
                _counts(state),
            )
        )
    for state, line in zip(states, columns(rows), strict=True):
        yield line
        if error := failure(state.get("last_error")):
            yield f"    {one_line(error, longest=None)}"


def _counts(state: Message) -> str:
    """What isn't plain from the status: several entries, retries, a Map's items."""
    items = state.get("items")
    done = f"{_known(items['succeeded'])} of {_known(items['total'])} items" if items else ""
    entered = f"entered {state['entered']} times" if state["entered"] > 1 else ""
    retries = f"retried {state['retries']} times" if state["retries"] else ""
    return ", ".join(filter(None, (done, entered, retries)))


def _known(count: Json) -> str:
    return "?" if count is None else str(count)


def _task_lines(execution: str, task: Message) -> Iterator[str]:
    """The task, and the commands that settle it: but for an activity's, which its worker does."""
    until = f"until {task['timeout_at']}" if task["timeout_at"] else ""
    since = f"since {task['scheduled_at']}"
    yield joined(f"task {task['event_id']}", task["state"], task["resource"], since, until)
    if task.get("parameters") is not None:
        yield f"  given {one_line(json_output(task['parameters']))}"
    if str(task["resource"]).startswith("activity:"):
        yield "  a worker of the activity settles it"
        return
    command = f"handrail complete {shlex.quote(one_line(execution))} {task['event_id']}"
    yield f"  {command} --output JSON"
    yield f"  {command} --error NAME --cause TEXT"


def _enclosing(around: Mapping[str, Json]) -> str:
    index = around.get("index")
    return one_line(around["state"]) + ("" if index is None else f"[{index}]")


def _indented(lines: Iterable[str], indent: str) -> Iterator[str]:
    return (f"{indent}{line}" for line in lines)
