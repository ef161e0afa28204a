"""The moving parts: visits, the lanes they stand on, and the sums over a state's visits.

A *lane* is a sequence of states with one visit at a time: the execution itself, a branch of a
Parallel or an iteration of a Map. A visit of a Parallel or Map has the lanes below it.
"""

from dataclasses import dataclass, field
from datetime import datetime

from service.core.models import StateStatus

from .facts import MapItems, StateError, StateSummary

OPEN = (StateStatus.RUNNING, StateStatus.RETRYING, StateStatus.WAITING)
"""Open visits, by who wins when they differ."""
BROKEN = (StateStatus.FAILED, StateStatus.TIMED_OUT)
UNSUCCESSFUL = (*BROKEN, StateStatus.ABORTED)
CONTAINERS = ("Map", "Parallel")
UNKNOWN_ERROR = StateError(None, None)


@dataclass(eq=False, slots=True)
class StateRecord:
    """One state of the definition: how many of its visits have which status."""

    name: str
    type: str
    first_entered: datetime
    last_changed: datetime
    changed_by: int
    entered: int = 0
    retries: int = 0
    outcome: StateStatus = StateStatus.RUNNING
    last_error: StateError | None = None
    items: dict[str, int] | None = None
    counts: dict[StateStatus, int] = field(default_factory=lambda: dict.fromkeys(StateStatus, 0))

    def summary(self) -> StateSummary:
        counts = self.counts
        return StateSummary(
            state=self.name,
            type=self.type,
            status=next((status for status in OPEN if counts[status]), self.outcome),
            entered=self.entered,
            running=sum(counts[status] for status in OPEN),
            succeeded=counts[StateStatus.SUCCEEDED],
            failed=sum(counts[status] for status in BROKEN),
            caught=counts[StateStatus.CAUGHT],
            aborted=counts[StateStatus.ABORTED],
            retries=self.retries,
            first_entered_at=self.first_entered,
            last_changed_at=self.last_changed,
            last_error=self.last_error,
            changed_by=self.changed_by,
            items=None if self.items is None else MapItems(**self.items),
        )


@dataclass(eq=False, slots=True)
class Visit:
    """One entry into a state, until the next visit follows it on the lane.

    `failure` is how the newest attempt failed, None while it hasn't. `redrive` is the number of
    redrives at the time it closed: only a later redrive may open it again.
    """

    record: StateRecord
    lane: "Lane"
    status: StateStatus
    failure: StateError | None = None
    timed_out: bool = False
    attempted: bool = False
    redrive: int = 0
    task_id: int = 0
    items: dict[str, int] | None = None
    lanes: dict[int, "Lane"] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.status in OPEN

    @property
    def is_container(self) -> bool:
        return self.record.type in CONTAINERS

    def outcome(self, of: StateStatus) -> StateStatus:
        """The status this visit ends with when what is around it ends as `of`."""
        if of is StateStatus.SUCCEEDED and self.failure:
            return StateStatus.CAUGHT
        if of is StateStatus.FAILED and self.failure is None:
            return StateStatus.ABORTED
        return StateStatus.TIMED_OUT if of is StateStatus.FAILED and self.timed_out else of


@dataclass(eq=False, slots=True)
class Lane:
    """A sequence of states: the execution (no parent), a branch, or an iteration (with an index).

    Later events stand here by pointing at one of `ids`.
    """

    parent: Visit | None = None
    index: int | None = None
    visit: Visit | None = None
    ended: StateStatus | None = None
    ids: list[int] = field(default_factory=list)

    @property
    def above(self) -> "Lane | None":
        return self.parent.lane if self.parent else None
