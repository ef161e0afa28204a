"""Keeps what is known of the executions that a leader tells news of."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from handrail.core.models import ExecutionId
from handrail.core.news.news_outbox import Followed
from handrail.usecases.in_memory import keep_newest
from handrail.usecases.live.event_follower import EventFollower

from .execution_news import ExecutionNews
from .sightings import Sighting

MOST_TRACKED = 50_000
MOST_ENDED = 20_000  # remembered here; the outbox remembers all, for a day


@dataclass(eq=False, slots=True, repr=False)
class TrackedExecution:
    """`news` is None before it is known whether the outbox has it. `following` is there while its
    events come by themselves; else it is read where that is `due`, and meanwhile is `reading`.
    `expects_end` is whether something says that it has ended."""

    sighting: Sighting
    news: ExecutionNews | None = None
    following: EventFollower | None = None
    due: bool = False
    expects_end: bool = False
    reading: bool = False
    failures: int = 0

    @property
    def id(self) -> ExecutionId:
        return self.sighting.id

    @property
    def started_at(self) -> datetime | None:
        begun = self.news.started_at if self.news is not None else None
        return begun or self.sighting.started_at

    @property
    def recorded(self) -> bool:
        return self.news is not None and self.news.recorded


@dataclass(slots=True, repr=False)
class TrackedExecutions:
    """`missed` is whether there were too many: lists show them again."""

    most: int = MOST_TRACKED
    missed: bool = field(init=False, default=False)
    _tracked: dict[ExecutionId, TrackedExecution] = field(init=False, default_factory=dict)
    _ended: dict[ExecutionId, Followed] = field(init=False, default_factory=dict)

    def __iter__(self) -> Iterator[TrackedExecution]:
        return iter(tuple(self._tracked.values()))

    def find(self, id: ExecutionId) -> TrackedExecution | None:
        return self._tracked.get(id)

    def sight(self, sighting: Sighting) -> TrackedExecution | None:
        """The execution, where it is a new one here; None where this tells nothing new."""
        known = self._tracked.get(sighting.id)
        if known is not None:
            if known.news is None:
                known.sighting = known.sighting.merged(sighting)
                return None
            if not sighting.begins_after(known.started_at):
                return None
        ended = self._ended.get(sighting.id)
        if known is None and ended is not None and not sighting.news_after(ended):
            return None
        if len(self._tracked) >= self.most:
            self.missed = True
            return None
        return self.add(TrackedExecution(sighting))

    def add(self, execution: TrackedExecution) -> TrackedExecution:
        self._tracked[execution.id] = execution
        return execution

    def drop(self, execution: TrackedExecution, ended: Followed | None = None) -> None:
        """`ended` is how it is remembered."""
        if self._tracked.get(execution.id) is execution:
            del self._tracked[execution.id]
            if ended is not None:
                self._ended.pop(execution.id, None)
                self._ended[execution.id] = ended
                keep_newest(self._ended, MOST_ENDED)

    def of(self, machine: str) -> list[TrackedExecution]:
        return [each for each in self if each.id.machine == machine]

    def clear(self) -> None:
        self._tracked.clear()
        self._ended.clear()
        self.missed = False
