"""Counts the ends of executions that this process comes to know of, however it does: by watching,
by a push, by a list that somebody reads, or by running it.

Each end counts once in a process, and with a bus once among all replicas. An end from before the
process began, or that became known late, doesn't count: an old list would look like a burst.
"""

import asyncio
import contextvars
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

import structlog

from handrail.clock import Clock
from handrail.core.errors import Unavailable
from handrail.core.history.facts import OUTCOMES
from handrail.core.models import Execution, ExecutionId, ExecutionStatus
from handrail.core.ports import EndClaims, ExecutionMeter
from handrail.core.pushes import Push, PushedEvent
from handrail.usecases.in_memory import keep_newest

log = structlog.get_logger(__name__)

LATE_S = 600.0  # an end that becomes known so long afterwards isn't counted
LATE = timedelta(seconds=LATE_S)
MOST_KNOWN = 20_000
MOST_BEGUN = 10_000  # pushed executions whose beginning is kept for their end
MOST_WAITING = 10_000  # ends to be claimed; with more the bus is too slow, and each counts its own
AT_ONCE = 64
CLOSING_S = 1.0


@dataclass(frozen=True, slots=True)
class ExecutionEnd:
    id: ExecutionId
    redrive_count: int
    status: ExecutionStatus
    stopped_at: datetime
    duration_s: float | None

    @property
    def key(self) -> str:
        """The same wherever it is known from: a redriven execution ends again."""
        return f"{self.id}:{self.redrive_count}"


@dataclass(slots=True, repr=False)
class ExecutionEnds:
    """Of one process; `claims` are those of all replicas, None without a bus. Children of Map Runs
    are left out: one of ten thousand items would drown the executions that somebody started."""

    meter: ExecutionMeter
    clock: Clock
    claims: EndClaims | None = None
    _since: datetime = field(init=False)
    _known: dict[str, datetime] = field(init=False, default_factory=dict)
    _begun: dict[ExecutionId, datetime] = field(init=False, default_factory=dict)
    _waiting: dict[str, ExecutionEnd] = field(init=False, default_factory=dict)
    _task: asyncio.Task[None] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._since = self.clock.now()

    def seen(self, execution: Execution) -> None:
        """This is known of an execution. Returns at once."""
        if execution.status.terminal and (stopped_at := execution.stopped_at) is not None:
            redrives, began_at = execution.redrive_count, execution.started_at
            self._note(execution.id, redrives, execution.status, stopped_at, began_at)

    def pushed(self, push: Push) -> None:
        """This was pushed, of an execution that is watched or not. Returns at once."""
        if not isinstance(push, PushedEvent):
            if push.status.terminal and push.stopped_at is not None:
                redrives, began_at = push.redrive_count, push.started_at
                self._note(push.execution, redrives, push.status, push.stopped_at, began_at)
        elif push.event.id == 1:
            self._begun[push.execution] = push.event.at
            keep_newest(self._begun, MOST_BEGUN)
        elif (status := OUTCOMES.get(push.event.type)) is not None:
            begun_at = self._begun.get(push.execution)
            self._note(push.execution, push.redrive_count, status, push.event.at, begun_at)

    async def close(self) -> None:
        """Counts what is still to be claimed, as far as the bus answers; else as this one's."""
        if (task := self._task) is not None:
            await asyncio.wait({task}, timeout=CLOSING_S)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for end in self._waiting.values():
            self._count(end)
        self._waiting.clear()

    def _note(
        self,
        id: ExecutionId,
        redrives: int,
        status: ExecutionStatus,
        stopped_at: datetime,
        began_at: datetime | None,
    ) -> None:
        oldest = max(self._since, self.clock.now() - LATE)
        if stopped_at < oldest or id.label:  # as most of a list are
            return
        took_s = None if began_at is None else max(0.0, (stopped_at - began_at).total_seconds())
        end = ExecutionEnd(id, redrives, status, stopped_at, took_s)
        if end.key in self._known:
            return
        self._known[end.key] = stopped_at
        self._forget(oldest)
        if self.claims is None or len(self._waiting) >= MOST_WAITING:
            self._count(end)
            return
        self._waiting[end.key] = end
        if self._task is None or self._task.done():
            context = contextvars.Context()  # not the request's by which it became known
            self._task = asyncio.get_running_loop().create_task(
                self._claim_all(self.claims), context=context
            )

    def _forget(self, oldest: datetime) -> None:
        """Those that can't count again; where there are too many, none that old counts any more."""
        while self._known:
            key, stopped_at = next(iter(self._known.items()))
            if stopped_at >= oldest and len(self._known) <= MOST_KNOWN:
                return
            del self._known[key]
            self._since = max(self._since, stopped_at + timedelta.resolution)

    def _count(self, end: ExecutionEnd) -> None:
        self.meter.ended(end.id.machine, end.status.value, end.duration_s)

    async def _claim_all(self, claims: EndClaims) -> None:
        try:
            while batch := tuple(islice(self._waiting.values(), AT_ONCE)):
                await self._claim(claims, batch)
        except Exception:
            log.exception("ends of executions not claimed")

    async def _claim(self, claims: EndClaims, batch: Sequence[ExecutionEnd]) -> None:
        async def claim(end: ExecutionEnd) -> None:
            try:
                first = await claims.claim(end.key, "counted")
            except Unavailable:
                first = True
            del self._waiting[end.key]
            if first:
                self._count(end)

        await asyncio.gather(*map(claim, batch))
