"""Applies the stream's messages to the snapshot, as a follower holds it. Pure. Messages carry whole
states, so applying one twice changes nothing, and no status is ever derived here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from handrail.core.models import ExecutionStatus, Json

Message = dict[str, Json]
"""One message of the stream, as the service sent it."""

_FINAL = ("status", "output", "error", "cause")
_ENDED = frozenset(status.value for status in ExecutionStatus if status.terminal)


@dataclass(frozen=True, slots=True)
class View:
    """`execution` has the snapshot's keys but `states` and `tasks`; `states` is by state name, in
    the order of first entry."""

    execution: Mapping[str, Json] = field(default_factory=dict)
    states: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    tasks: tuple[Mapping[str, Json], ...] = ()

    @property
    def status(self) -> str:
        """The execution's status as the service last said it, "" before it has."""
        return str(self.execution.get("status") or "")

    @property
    def ended(self) -> bool:
        return self.status in _ENDED


def apply(view: View, message: Mapping[str, Json]) -> View:
    """The view after `message`; types that change nothing leave it as it is."""
    match message.get("type"):
        case "subscribed" if message.get("recovered") and view.execution:
            return view
        case "subscribed" | "reset" if message.get("snapshot"):
            shown = message["snapshot"]
            execution = {key: shown[key] for key in shown if key not in {"states", "tasks"}}
            return _updated(View(), shown, execution)
        case "update":
            return _updated(view, message, message.get("execution") or {})
        case "complete":
            final = {key: message[key] for key in _FINAL if key in message}
            return replace(view, execution={**view.execution, **final})
        case _:
            return view


def next_cursor(cursor: str | None, message: Mapping[str, Json]) -> str | None:
    """The cursor to resume from once `message` has been seen.

    A recovered subscription's own cursor may already stand at the history's end while the missed
    updates are still to come: taking it over would skip them if the socket drops in between.
    """
    match message.get("type"):
        case "subscribed" if message.get("recovered") and cursor is not None:
            return cursor
        case "subscribed" | "update" | "reset" | "complete":
            return message.get("cursor") or cursor
        case _:
            return cursor


def _updated(view: View, shown: Mapping[str, Json], execution: Mapping[str, Json]) -> View:
    states = {state["state"]: state for state in shown.get("states") or ()}
    tasks = shown.get("tasks")
    return View(
        {**view.execution, **execution},
        {**view.states, **states},
        view.tasks if tasks is None else tuple(tasks),
    )
