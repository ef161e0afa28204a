"""What one execution came to, as its history tells."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from handrail.core.models import HistoryEvent, Json

RUNNING = "RUNNING"


@dataclass(frozen=True)
class ExecutionOutcome:
    """`status` is RUNNING where nothing could happen any more but an answer that nobody gave.
    `output` is None where there is none, or where it is null. `children` are those of Map Runs."""

    status: str
    output: Json
    error: str | None
    cause: str | None
    events: Sequence[HistoryEvent]
    has_output: bool = True
    children: Sequence["ExecutionOutcome"] = ()

    @cached_property
    def states(self) -> tuple[str, ...]:
        """The states that were entered, each time they were, in order."""
        return tuple(_name(event) for event in self.events if event.type.endswith("StateEntered"))

    @cached_property
    def unfinished(self) -> tuple[str, ...]:
        """The states that were entered and not left, in order."""
        left: list[str] = []
        for event in self.events:
            if event.type.endswith("StateEntered"):
                left.append(_name(event))
            elif event.type.endswith("StateExited") and _name(event) in left:
                left.remove(_name(event))
        return tuple(left)

    def steps(self) -> Iterator[tuple[str, str | None, bool]]:
        """Each way taken out of a state: the state, the one entered next (None: its branch ended)
        and whether the state had failed, so that a Catch led there."""
        by_id = {event.id: event for event in self.events}
        onward = {e.previous_id: e for e in self.events if e.type.endswith("StateEntered")}
        for event in self.events:
            if event.type.endswith("StateExited"):
                entered = onward.get(event.id)
                yield _name(event), _name(entered) if entered else None, _failed(event, by_id)


def _name(event: HistoryEvent) -> str:
    return str(event.details.get("name", ""))


def _failed(exited: HistoryEvent, by_id: Mapping[int, HistoryEvent]) -> bool:
    before = by_id.get(exited.previous_id)
    return before is not None and before.type.endswith(("Failed", "TimedOut"))
