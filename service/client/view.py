"""What a follower holds: the snapshot with every message since applied. Pure.

Messages carry whole states, so applying one twice changes nothing, and no status is ever derived
here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from service.core.models import Json

Message = dict[str, Json]
"""One message of the stream, as the service sent it."""

_FINAL = ("status", "output", "error", "cause")


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


def _updated(view: View, shown: Mapping[str, Json], execution: Mapping[str, Json]) -> View:
    states = {state["state"]: state for state in shown.get("states") or ()}
    tasks = shown.get("tasks")
    return View(
        {**view.execution, **execution},
        {**view.states, **states},
        view.tasks if tasks is None else tuple(tasks),
    )
