"""Draws the live table of an execution's states in a terminal."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.client.view import View
from service.core.models import Json

from .lines import COUNTS, failure, one_line

_STYLES = {
    "RUNNING": "cyan",
    "WAITING": "magenta",
    "RETRYING": "yellow",
    "SUCCEEDED": "green",
    "CAUGHT": "yellow",
    "FAILED": "bold red",
    "TIMED_OUT": "bold red",
    "ABORTED": "red",
    "PENDING_REDRIVE": "yellow",
}
_UNDER_WAY = frozenset({"RUNNING", "WAITING", "RETRYING"})


@dataclass(slots=True)
class LiveTable:
    """Holds the newest view for rich's own refresh to draw."""

    now: Callable[[], datetime]
    _view: View = field(default_factory=View)

    def show(self, _: View, after: View) -> None:
        self._view = after

    def __rich__(self) -> RenderableType:
        return render(self._view, self.now())


def render(view: View, now: datetime) -> RenderableType:
    """The header, the states in order of entry and the pending tasks."""
    execution = view.execution
    took = _between(execution.get("started_at"), execution.get("stopped_at"), now)
    name = one_line(execution.get("execution", ""))
    parts: list[RenderableType] = [
        Text.assemble((name, "bold"), "  ", _status(view.status), "  ", (took, "dim"))
    ]
    if view.states:
        parts.append(_states(view, now))
    for task in view.tasks:
        where = f"task {task.get('event_id')} of {task.get('state')} is pending: "
        parts.append(Text(one_line(f"{where}{task.get('resource')}"), style="magenta"))
    if error := failure(execution):
        parts.append(Text(error, style="red"))
    return Group(*parts)


def duration(seconds: float) -> str:
    """`480 ms`, `3.2 s`, `4 m 05 s`, `2 h 10 m`."""
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} m {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} m"


def _states(view: View, now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("State")
    table.add_column("Status")
    for count in COUNTS:
        table.add_column(count.capitalize(), justify="right")
    table.add_column("Took", justify="right")
    table.add_column("Last error", overflow="ellipsis", no_wrap=True)
    until = _parse(view.execution.get("stopped_at")) or now
    for state in view.states.values():
        status = str(state.get("status") or "")
        end = None if status in _UNDER_WAY else state.get("last_changed_at")
        table.add_row(
            Text(one_line(state["state"])),
            _status(status),
            *(Text(str(state.get(count) or "·")) for count in COUNTS),
            Text(_between(state.get("first_entered_at"), end, until)),
            Text(failure(state.get("last_error")), style="red"),
        )
    return table


def _status(status: str) -> Text:
    return Text(one_line(status), style=_STYLES.get(status, ""))


def _between(start: Json, end: Json, now: datetime) -> str:
    started = _parse(start)
    return duration(((_parse(end) or now) - started).total_seconds()) if started else ""


def _parse(at: Json) -> datetime | None:
    return datetime.fromisoformat(at) if isinstance(at, str) else None
