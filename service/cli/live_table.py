"""Draws the live table of an execution's states in a terminal of any size."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderableType
from rich.live import Live
from rich.text import Text

from handrail.client.view import View
from handrail.core.models import Json

from .causes import failure
from .lines import between, one_line, parse_time
from .progress_text import progress_text

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
_FAILED = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})

_GAP, _STATUS, _TOOK = 2, 9, 10
_LEAST_NAME, _GOOD_NAME, _LEAST_ERROR = 12, 24, 24
_COUNTS = {"retries": 0, "entered": 1, "running": 1, "succeeded": 1, "failed": 1, "caught": 1}
"""Which have a column where one is more than is usual and there is room, the most telling first."""


@dataclass(slots=True)
class LiveTable:
    """Holds the newest view, and what keeps news away, for rich's own refresh to draw."""

    now: Callable[[], datetime]
    _view: View = field(default_factory=View)
    _notice: str = ""

    def show(self, before: View, after: View, *, more: bool = False) -> None:
        del before, more  # the table shows how things stand
        self._view, self._notice = after, ""

    def tell(self, notice: str) -> None:
        """Stands under the table until the next message comes."""
        self._notice = notice

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        width, height = options.max_width, console.size.height
        yield from render(self._view, self.now(), width, height - 1, self._notice)


class ResizableLive(Live):
    """Begins at the top of a cleared screen where the terminal's size has changed: the terminal may
    have wrapped the lines that would be drawn over."""

    _size: ConsoleDimensions | None = None

    def refresh(self) -> None:
        size = self.console.size
        if self._size not in (None, size):
            self.console.clear()
        self._size = size
        super().refresh()


def render(view: View, now: datetime, width: int, height: int, notice: str = "") -> Iterator[Text]:
    """The header, as many states as there is room for in order of entry, the pending tasks, and the
    execution's error."""
    if not view.execution and not view.states and not notice:
        return
    header = _header(view, now, width)
    yield from header
    told = [(line, "magenta") for line in _tasks(view, max(1, height // 4))]
    warning = (view.execution.get("progress") or {}).get("warning") or ""
    told += [(warning, "yellow"), (failure(view.execution), "red"), (notice, "yellow")]
    below = [
        Text(part, style=style)
        for line, style in told
        for part in chop_cells(one_line(line), width)
    ]
    if view.states:
        taken = len(header) + len(below)
        yield from _States(view, now, width).lines(max(3, height - taken))
    yield from below


def _header(view: View, now: datetime, width: int) -> list[Text]:
    """The execution's id, which may need lines of its own, its status and how long it took; and how
    far it is and what it came to."""
    execution = view.execution
    took = between(execution.get("started_at"), execution.get("stopped_at"), now)
    *above, id = chop_cells(one_line(execution.get("execution", "")), width) or [""]
    last, status = Text(id, style="bold"), Text.assemble(_status(view.status), "  ", (took, "dim"))
    fits = last.cell_len + _GAP + status.cell_len <= width
    lines = [Text.assemble(last, " " * _GAP, status)] if fits else [last, status]
    if progress := execution.get("progress"):
        told = Text(progress_text(progress, over=view.ended), style="dim")
        told.truncate(width, overflow="ellipsis")
        lines.append(told)
    return [*(Text(part, style="bold") for part in above), *lines]


def _tasks(view: View, most: int) -> Iterator[str]:
    shown = view.tasks if len(view.tasks) <= most else view.tasks[: most - 1]
    for task in shown:
        where = f"task {task.get('event_id')} of {task.get('state')} is pending"
        yield f"{where}: {task.get('resource')}"
    if more := len(view.tasks) - len(shown):
        yield f"… {more} more tasks are pending"


class _States:
    """Lays out the states' lines: their names and statuses always, then errors, then what else has
    room. An error that has no room beside its state goes below it."""

    def __init__(self, view: View, now: datetime, width: int) -> None:
        self._states = [*view.states.values()]
        self._until = parse_time(view.execution.get("stopped_at")) or now
        names = [cell_len(one_line(state["state"])) for state in self._states]
        errors = [cell_len(_error(state)) for state in self._states]
        room, self._width = width - _GAP - _STATUS, width
        self._beside = any(errors) and room >= _LEAST_NAME + _GAP + _LEAST_ERROR
        error = min(max(errors), _LEAST_ERROR) + _GAP if self._beside else 0
        took = _GAP + _TOOK if room - error - _GAP - _TOOK >= _GOOD_NAME else 0
        self._name = max(_LEAST_NAME, min(max(names), room - error - took))
        room -= self._name + error + took
        self._took, self._counts = took > 0, list[str]()
        for count, usual in _COUNTS.items():
            said = any((state.get(count) or 0) > usual for state in self._states)
            if said and room >= _GAP + len(count):
                self._counts.append(count)
                room -= _GAP + len(count)
        self._error = error - _GAP + room

    def lines(self, height: int) -> list[Text]:
        """At most so many: the columns' names, the states, and perhaps what isn't shown."""
        drawn = [self._drawn(state) for state in self._states]
        if 1 + sum(map(len, drawn)) <= height:
            return [self._heading(), *chain.from_iterable(drawn)]
        shown, room = set[int](), height - 2
        for index in sorted(range(len(drawn)), key=lambda index: _urgency(self._states[index])):
            room -= len(drawn[index])
            if room < 0 and shown:
                break
            shown.add(index)
        rest = Counter(
            str(state.get("status")) for at, state in enumerate(self._states) if at not in shown
        )
        counted = ", ".join(f"{count} {status}" for status, count in rest.most_common())
        more = Text(f"… {rest.total()} more: {counted}", style="dim")
        more.truncate(self._width, overflow="ellipsis")
        lines = chain.from_iterable(drawn[index] for index in sorted(shown))
        return [self._heading(), *lines, more]

    def _heading(self) -> Text:
        cells = [Text("State"), Text("Status")]
        cells += [Text("Took")] if self._took else []
        cells += [Text(count.capitalize()) for count in self._counts]
        cells += [Text("Last error")] if self._beside else []
        heading = self._row(cells)
        heading.stylize("dim")
        return heading

    def _drawn(self, state: Mapping[str, Json]) -> list[Text]:
        status, error = str(state.get("status") or ""), Text(_error(state), style="red")
        first, *rest = chop_cells(one_line(state["state"]), self._name) or [""]
        cells = [Text(first), _status(status)]
        if self._took:
            end = None if status in _UNDER_WAY else state.get("last_changed_at")
            cells.append(Text(between(state.get("first_entered_at"), end, self._until)))
        cells += [Text(str(state.get(count) or "·")) for count in self._counts]
        if self._beside:
            return [self._row([*cells, error]), *map(Text, rest)]
        error.truncate(self._width - _GAP, overflow="ellipsis")
        return [self._row(cells), *map(Text, rest), *([Text(" " * _GAP) + error] if error else [])]

    def _row(self, cells: Sequence[Text]) -> Text:
        took = [_TOOK] if self._took else []
        widths = [self._name, _STATUS, *took, *map(len, self._counts), self._error]
        for index, (cell, width) in enumerate(zip(cells, widths, strict=False)):
            cell.truncate(width, overflow="ellipsis", pad=index < 2)
            if 2 <= index < len(widths) - 1:
                cell.align("right", width)
        return Text(" " * _GAP).join(cells)


def _error(state: Mapping[str, Json]) -> str:
    return one_line(failure(state.get("last_error")))


def _urgency(state: Mapping[str, Json]) -> tuple[int, float]:
    """What runs or waits comes first, then what failed, then what changed last."""
    status, changed = state.get("status"), parse_time(state.get("last_changed_at"))
    order = 0 if status in _UNDER_WAY else 1 if status in _FAILED else 2
    return order, -changed.timestamp() if changed else 0.0


def _status(status: str) -> Text:
    return Text(one_line(status), style=_STYLES.get(status, ""))
