"""Declares what replicas share of a watch: its events, and who reads it for all of them.

Events on the bus have no task tokens: whoever writes them redacted them. They are numbered as in
the history, so whoever read them in order may write them, and nobody can contradict what is there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .history.shared_events import SharedEvent
from .models import Execution, ExecutionId, Page


@dataclass(frozen=True, slots=True)
class Attendance:
    """A replica that knows a watch up to the event `after` asks for what follows. `wants` is
    whether it would read AWS for all; where it doesn't, it gives up the lease that it may have."""

    id: ExecutionId
    after: int
    wants: bool


@dataclass(frozen=True, slots=True, repr=False)
class Attended:
    """How a watch stands at `now`. Times are the bus's own, in seconds.

    `leads` is whether the one who asked holds the lease, which runs for `left_s`. `last` is the
    newest event on the bus (0 where there is none), `events` are some of those after the one asked
    for, in order: the first isn't the next where older ones were dropped. `read_at` is when AWS's
    history was last read, `epoch` the execution's start in ms, `promise_s` within how many seconds
    a change is seen."""

    now: float
    leads: bool
    left_s: float
    last: int = 0
    events: tuple[SharedEvent, ...] = ()
    epoch: int | None = None
    read_at: float | None = None
    promise_s: float | None = None


@dataclass(frozen=True, slots=True, repr=False)
class WatchWrite:
    """Events in order, without a hole among them, none where only the read is to be told of.
    `read_at` is in the bus's seconds; `promise_s` counts where that is the newest, and where who
    holds the lease writes it. That one may write `anew`, beginning behind events that are missing
    on the bus and that it doesn't have any more."""

    id: ExecutionId
    epoch: int
    events: Sequence[SharedEvent]
    read_at: float | None = None
    promise_s: float | None = None
    anew: bool = False


class WatchBus(Protocol):
    """All that replicas know of watches together. Each method is one round trip for all that it is
    given, and raises Unavailable where the bus doesn't answer at once."""

    async def attend(self, asked: Sequence[Attendance]) -> Sequence[Attended]:
        """Takes or renews the leases that are wanted and free, in the same step."""

    async def append(self, writes: Sequence[WatchWrite]) -> Sequence[int]:
        """Answers the newest event there is of each, and tells all replicas that these moved.
        Nothing is written where that would leave a hole, or of an execution whose name another has
        now (-1)."""

    async def ask(self, id: ExecutionId) -> None:
        """Somebody waits for a read: whoever reads this one for all is to read it now. Where nobody
        does, others are to try for the lease."""

    def listen(
        self,
        moved: Callable[[ExecutionId, int], None],
        asked: Callable[[ExecutionId], None],
        missed: Callable[[], None],
    ) -> None:
        """Call these with each watch that moved, to which event, with each that is asked for, and
        when some of either may have been missed; they may come twice."""


@dataclass(frozen=True, slots=True, repr=False)
class ListPage:
    """What a replica listed a moment ago. Where that is None, `mine` is whether the one who asked
    is to list it now, or another does."""

    page: Page[Execution] | None
    mine: bool


class SharedLists(Protocol):
    """Pages of the lists of a state machine's executions. Raises Unavailable where the bus doesn't
    answer."""

    async def find(self, machine_arn: str, *, token: str | None, young_s: float) -> ListPage:
        """Listed at most `young_s` ago."""

    async def add(self, machine_arn: str, *, token: str | None, page: Page[Execution]) -> None:
        """It was listed now."""
