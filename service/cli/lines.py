"""Shows things as plain lines, and a stream's changes one a line, for pipes and logs. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from handrail.core.models import Json

from .causes import failure

if TYPE_CHECKING:
    from handrail.client.view import View  # imports the client

COUNTS = ("entered", "running", "succeeded", "failed", "caught", "retries")
_LONGEST = 200


def changes(before: "View", after: "View", *, more: bool = False) -> Iterator[str]:
    """A line for the execution where its status changed, and one for each state and new task. Where
    there is `more` to come of an execution that ended, its own line is left for the last."""
    opening = not before.execution
    if opening and after.execution:
        yield execution_line(after)
    for name, state in after.states.items():
        if state != before.states.get(name):
            counts = " ".join(f"{key}={state[key]}" for key in COUNTS if state.get(key))
            at, error = state.get("last_changed_at"), failure(state.get("last_error"))
            yield joined(at, name, state.get("status"), counts, error)
    known = {task.get("event_id") for task in before.tasks}
    for task in after.tasks:
        if (event_id := task.get("event_id")) not in known:
            at, what = task.get("scheduled_at"), f"pending task {event_id}"
            yield joined(at, task.get("state"), what, task.get("resource"))
    if not opening and before.status != after.status and not (more and after.ended):
        yield execution_line(after)


def one_line(text: object, *, longest: int | None = _LONGEST) -> str:
    """`text` without control characters (it comes from outside) and not too long for a line."""
    words = " ".join(str(text).split())
    clean = "".join(letter if letter.isprintable() else "�" for letter in words)
    return clean if longest is None or len(clean) <= longest else f"{clean[: longest - 1]}…"


def columns(rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """The rows with their columns under each other. None is nothing to show."""
    texts = [["" if cell is None else one_line(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        padded = (cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()


def width(text: str) -> int:
    """How many columns of a terminal it takes: an emoji takes two, and so does a Chinese letter."""
    wide = sum(east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(combining(letter) > 0 for letter in text)


def duration(seconds: float) -> str:
    """`480 ms`, `3.2 s`, `4 m 05 s`, `2 h 10 m`, `3 d 04 h`."""
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours < 1:
        return f"{minutes} m {rest:02} s"
    return f"{hours} h {minutes:02} m" if hours < 48 else f"{hours // 24} d {hours % 24:02} h"


def between(start: Json, end: Json, now: datetime) -> str:
    """How long it took from one of the service's times to another, or takes up to now."""
    started = parse_time(start)
    return duration(((parse_time(end) or now) - started).total_seconds()) if started else ""


def parse_time(at: Json) -> datetime | None:
    return datetime.fromisoformat(at) if isinstance(at, str) else None


def joined(*parts: object) -> str:
    """The parts there are, as one line."""
    return "  ".join(one_line(part) for part in parts if part)


def execution_line(view: "View") -> str:
    """When it started or stopped, its id, its status, and its error if any."""
    execution = view.execution
    at = execution.get("stopped_at") or execution.get("started_at")
    return joined(at, f"execution {execution.get('execution')}", view.status, failure(execution))
