"""The moving parts: visits, the lines they stand on, and what is summed up over a state's visits.

A *line* is a sequence of states with one visit at a time: the execution itself, a branch of a
Parallel or an iteration of a Map. A visit of a Parallel or Map holds the lines below it.
"""

from service.core.models import HistoryEvent, StateStatus

from .facts import MapItems, StateError, StateSummary

OPEN = (StateStatus.RUNNING, StateStatus.RETRYING, StateStatus.WAITING)
"""Open visits, by who wins when they differ."""
BROKEN = (StateStatus.FAILED, StateStatus.TIMED_OUT)
UNSUCCESSFUL = (*BROKEN, StateStatus.ABORTED)
CONTAINERS = ("Map", "Parallel")
UNKNOWN_ERROR = StateError(None, None)


class Record:
    """One state of the definition: how many of its visits stand where."""

    __slots__ = (
        "changed_by",
        "counts",
        "entered",
        "first_entered",
        "items",
        "last_changed",
        "last_error",
        "name",
        "outcome",
        "retries",
        "type",
    )

    def __init__(self, name: str, type_: str, event: HistoryEvent) -> None:
        self.name = name
        self.type = type_
        self.counts: dict[StateStatus, int] = dict.fromkeys(StateStatus, 0)
        self.outcome = StateStatus.RUNNING
        self.entered = 0
        self.retries = 0
        self.items: dict[str, int] | None = None
        self.last_error: StateError | None = None
        self.first_entered = self.last_changed = event.at
        self.changed_by = event.id

    @property
    def status(self) -> StateStatus:
        return next((status for status in OPEN if self.counts[status]), self.outcome)

    def summary(self) -> StateSummary:
        counts = self.counts
        return StateSummary(
            state=self.name,
            type=self.type,
            status=self.status,
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


class Visit:
    """One entry into a state, until the next visit takes its place on the line.

    `failure` is how the newest attempt failed, None while it hasn't. `redrive` is the number of
    redrives at the time it closed: only a later redrive may open it again.
    """

    __slots__ = (
        "attempted",
        "failure",
        "items",
        "line",
        "lines",
        "record",
        "redrive",
        "status",
        "task_id",
        "timed_out",
    )

    def __init__(self, record: Record, line: "Line", status: StateStatus) -> None:
        self.record = record
        self.line = line
        self.status = status
        self.failure: StateError | None = None
        self.timed_out = False
        self.attempted = False
        self.redrive = 0
        self.task_id = 0
        self.lines: dict[int, Line] | None = {} if record.type in CONTAINERS else None
        self.items: dict[str, int] | None = None

    @property
    def open(self) -> bool:
        return self.status in OPEN

    def outcome(self, of: StateStatus) -> StateStatus:
        """How this visit ends when what is around it ends as `of`."""
        if of is StateStatus.SUCCEEDED:
            return StateStatus.CAUGHT if self.failure else of
        if of is StateStatus.FAILED:
            if self.failure is None:
                return StateStatus.ABORTED
            return StateStatus.TIMED_OUT if self.timed_out else of
        return of


class Line:
    """A sequence of states: the execution (no parent), a branch, or an iteration (with an index).

    `ids` are the events later ones may point at to stand here.
    """

    __slots__ = ("ended", "ids", "index", "parent", "visit")

    def __init__(self, parent: Visit | None = None, index: int | None = None) -> None:
        self.parent = parent
        self.index = index
        self.visit: Visit | None = None
        self.ended: StateStatus | None = None
        self.ids: list[int] = []

    @property
    def above(self) -> "Line | None":
        return self.parent.line if self.parent else None
