"""Says what a push, or a list, tells of an execution that nobody may follow yet. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from handrail.core.models import Execution, ExecutionId
from handrail.core.news.news_outbox import Followed
from handrail.core.pushes import Push, PushedEvent

SAME = timedelta(seconds=1)  # starts dated further apart are those of two executions of one name


@dataclass(frozen=True, slots=True)
class Sighting:
    """It happened at `at` that there was such an execution. `event_id` is None where no event tells
    of it, `started_at` where nothing tells when it began. `ended` is whether it has; `reopened`
    whether it was redriven, as far as that is told."""

    id: ExecutionId
    at: datetime
    event_id: int | None = None
    started_at: datetime | None = None
    ended: bool = False
    reopened: bool = False

    @classmethod
    def pushed(cls, push: Push) -> Self:
        if isinstance(push, PushedEvent):
            event = push.event
            started_at = event.at if event.id == 1 else None
            return cls(push.execution, event.at, event.id, started_at)
        at, redriven = push.stopped_at or push.started_at, push.redrive_count > 0
        ended = push.status.terminal
        return cls(push.execution, at, None, push.started_at, ended, redriven)

    @classmethod
    def listed(cls, execution: Execution, since: datetime) -> Self:
        """What happened before `since` is no news, where it began before."""
        redriven, ended = execution.redrive_count > 0, execution.status.terminal
        return cls(execution.id, since, None, execution.started_at, ended, redriven)

    def same(self, started_at: datetime | None) -> bool:
        """False where that is another execution of this name, as far as is known."""
        if self.started_at is None or started_at is None:
            return True
        return abs(self.started_at - started_at) <= SAME

    def begins_after(self, started_at: datetime | None) -> bool:
        """True for another execution of this name, a later one."""
        begun = self.started_at
        return begun is not None and started_at is not None and begun - started_at > SAME

    def news_after(self, ended: Followed) -> bool:
        """Whether it tells more than that the execution ended so."""
        if not self.same(ended.started_at):
            return True
        return self.reopened if self.event_id is None else self.event_id > ended.position

    def merged(self, other: "Sighting") -> "Sighting":
        """With what another one tells, which came before anybody followed it."""
        first, last = (self, other) if self.at <= other.at else (other, self)
        return replace(
            first,
            event_id=last.event_id or first.event_id,
            started_at=first.started_at or last.started_at,
            ended=first.ended or last.ended,
            reopened=first.reopened or last.reopened,
        )
