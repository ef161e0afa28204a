"""Visits, the lanes they stand on, the sums over a state's visits, and the tasks that wait.

A *lane* is a sequence of states with one visit at a time: the execution itself, a branch of a
Parallel or an iteration of a Map. A visit of a Parallel or Map has the lanes below it.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from handrail.core.models import HistoryEvent, StateStatus, rfc3339
from handrail.core.protocol.document_shapes import ItemsDocument, StateDocument, StateErrorDocument

from .facts import PendingTask
from .outcomes import Settlement, settlement

OPEN = (StateStatus.RUNNING, StateStatus.RETRYING, StateStatus.WAITING)  # the first wins
BROKEN = (StateStatus.FAILED, StateStatus.TIMED_OUT)
MOST_PARAMETERS = 8 * 1024  # characters kept of a pending task; the event has all of them
UNKNOWN_ERROR = StateErrorDocument(error=None, cause=None)


@dataclass(eq=False, slots=True)
class StateRecord:
    """One state of the definition: how many of its visits have which status. `sources` are the
    states it was entered from, None for the start of what is around it, each with whether a Catch
    led here. `items` are those of an inline Map, each by its newest attempt; `map_runs` those of a
    distributed one, by visit."""

    name: str
    type: str
    first_entered: datetime
    last_changed: datetime
    changed_by: int
    entered: int = 0
    retries: int = 0
    outcome: StateStatus = StateStatus.RUNNING
    last_error: StateErrorDocument | None = None
    sources: dict[tuple[str | None, bool], int] = field(default_factory=dict)
    items: dict[str, int] | None = None
    map_runs: dict["Visit", ItemsDocument] = field(default_factory=dict)
    counts: dict[StateStatus, int] = field(default_factory=lambda: dict.fromkeys(StateStatus, 0))

    def document(self) -> StateDocument:
        """`entered` = `running` + `succeeded` + `failed` + `caught` + `aborted`, where `running`
        counts every open visit and `failed` those that timed out too. `retries` counts attempts
        after the first. `status` is that of the open visits, if there are any: RUNNING before
        RETRYING before WAITING. Otherwise it is the outcome of the visit that closed last, except
        that visits stopped because a sibling failed don't hide that failure."""
        counts = self.counts
        return {
            "state": self.name,
            "type": self.type,
            "status": next((status for status in OPEN if counts[status]), self.outcome).value,
            "entered": self.entered,
            "running": sum(counts[status] for status in OPEN),
            "succeeded": counts[StateStatus.SUCCEEDED],
            "failed": sum(counts[status] for status in BROKEN),
            "caught": counts[StateStatus.CAUGHT],
            "aborted": counts[StateStatus.ABORTED],
            "retries": self.retries,
            "first_entered_at": rfc3339(self.first_entered),
            "last_changed_at": rfc3339(self.last_changed),
            "last_error": self.last_error,
            "entered_from": [
                {"state": state, "caught": caught, "count": count}
                for (state, caught), count in self.sources.items()
            ],
            "items": self._all_items(),
        }

    def _all_items(self) -> ItemsDocument | None:
        if self.map_runs:
            return sum_of_items(self.map_runs.values())
        return cast(ItemsDocument, self.items.copy()) if self.items else None


def sum_of_items(counted: Iterable[ItemsDocument]) -> ItemsDocument:
    """Of each kind all, None where not all are known."""
    total: dict[str, int | None] = dict.fromkeys(ItemsDocument.__annotations__, 0)
    for items in counted:
        for kind, count in cast(dict[str, int | None], items).items():
            before = total[kind]
            total[kind] = None if before is None or count is None else before + count
    return cast(ItemsDocument, total)


@dataclass(eq=False, slots=True)
class Visit:
    """One entry into a state, until the next visit follows it on the lane. `failure` is how the
    newest attempt failed, None while it hasn't; `redrive` is the number of redrives when it closed,
    at `closed_at`: only a later redrive may open it again. `attempts` counts redriven ones too;
    `past` has those of a Parallel or Map that were begun anew, one of all that were equally far."""

    record: StateRecord
    lane: "Lane"
    status: StateStatus
    failure: StateErrorDocument | None = None
    timed_out: bool = False
    attempted: bool = False
    attempts: int = 1
    closed_at: datetime | None = None
    redrive: int = 0
    task_id: int = 0
    items: dict[str, int] | None = None
    lanes: dict[int, "Lane"] = field(default_factory=dict)
    past: dict[Hashable, "Visit"] | None = None

    @property
    def open(self) -> bool:
        return self.status in OPEN

    @property
    def is_container(self) -> bool:
        return self.record.type in {"Map", "Parallel"}

    def keep(self) -> dict[Hashable, "Visit"] | None:
        """The newest attempt is begun anew: how far it was is one of the `past`, its answer."""
        if self.lanes or self.items:
            far, self.past = self.far(), self.past or {}
            self.past[far] = self.past.get(far) or self._copied(None)
        return self.past

    def far(self) -> Hashable:
        """The same where the newest attempt is as far."""
        items, lanes = self.items or {}, Counter(lane.far() for lane in self.lanes.values())
        counts = items.get("total"), items.get("succeeded")
        return self.record.name, self.status, counts, frozenset(lanes.items())

    def _copied(self, past: dict[Hashable, "Visit"] | None) -> "Visit":
        lanes = {key: replace(lane, ids=[]) for key, lane in self.lanes.items()}
        for lane in lanes.values():
            lane.visit = lane.visit and lane.visit._copied(lane.visit.past and {**lane.visit.past})
        return replace(self, items=self.items and {**self.items}, lanes=lanes, past=past)

    def outcome(self, of: StateStatus) -> StateStatus:
        """The status this visit ends with when what is around it ends as `of`."""
        if of is StateStatus.SUCCEEDED and self.failure:
            return StateStatus.CAUGHT
        if of is StateStatus.FAILED and self.failure is None:
            return StateStatus.ABORTED
        return StateStatus.TIMED_OUT if of is StateStatus.FAILED and self.timed_out else of


@dataclass(eq=False, slots=True)
class Lane:
    """A sequence of states: the execution (no parent), a branch, or an iteration (with an index),
    which `ended` as a status says, with this `failure` where it failed. Later events stand here by
    pointing at one of `ids`. `different` states were entered, which the visit's is one of; those
    left before are in `left`, each with how many it then were."""

    parent: Visit | None = None
    index: int | None = None
    visit: Visit | None = None
    ended: str | None = None
    ended_at: datetime | None = None
    failure: StateErrorDocument | None = None
    ids: list[int] = field(default_factory=list)
    different: int = 1
    left: dict[str, int] | None = None

    def leave(self, name: str, to: str) -> None:
        """The visit of the state of this name is done with, and another one entered."""
        left = self.left = self.left or {}
        left[name] = self.different
        self.different += to not in left

    def far(self) -> Hashable:
        """The same where it is as far."""
        visit, left = self.visit, frozenset((self.left or {}).items())
        return self.different, left, visit and (visit.far(), frozenset(visit.past or ()))


@dataclass(eq=False, slots=True)
class PendingTasks:
    """Pending tasks by the id of the event that scheduled them, hence in that order."""

    pending: dict[int, PendingTask] = field(default_factory=dict)
    settled: dict[int, Settlement] = field(default_factory=dict)
    changed_by: int = 0

    def add(self, visit: Visit, resource: str, event: HistoryEvent) -> None:
        """The visit waits for its task to be settled, at most as long as the event says."""
        visit.task_id = self.changed_by = event.id
        timeout_s, timeout_at = number(event.details.get("timeoutInSeconds")), None
        with suppress(OverflowError):
            timeout_at = None if timeout_s is None else event.at + timedelta(seconds=timeout_s)
        heartbeat_s = number(event.details.get("heartbeatInSeconds"))
        given = event.details.get("parameters") or event.details.get("input")
        too_large = given is not None and len(given) > MOST_PARAMETERS
        self.pending[event.id] = PendingTask(
            event.id,
            visit.record.name,
            resource,
            event.at,
            timeout_at,
            heartbeat_s,
            None if too_large else given,
            too_large,
        )

    def drop(self, visit: Visit, event: HistoryEvent) -> None:
        """Settled, timed out or stopped."""
        task_id, visit.task_id = visit.task_id, 0
        self.pending.pop(task_id, None)
        self.settled[task_id] = settlement(task_id, visit.record.name, event)
        self.changed_by = event.id


def number(value: Any) -> int | None:
    """A count or seconds; logs write numbers as texts. None where it is neither."""
    try:
        return None if value is None else int(value)
    except ValueError:
        return None


def error_of(event: HistoryEvent) -> StateErrorDocument:
    """Both are None where it doesn't say: a Fail state's error stands where the execution ends."""
    return {"error": event.details.get("error"), "cause": event.details.get("cause")}
