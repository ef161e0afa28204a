"""Keeps what is pushed of Express executions, of which AWS keeps no history: watchers read it here
as they read others from AWS."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from handrail.clock import Clock
from handrail.core.errors import ExecutionNotFound
from handrail.core.history.payloads import shows_all_are_logged
from handrail.core.models import HistoryEvent, Page
from handrail.core.pacing import TokenBucket
from handrail.core.pushes import PushedEvent
from handrail.core.read_queue import ReadQueue
from handrail.usecases.in_memory import keep_newest

from .event_log import OVERHEAD_BYTES, size_of
from .read_budget import PacedCalls

KEPT_S = 600.0
MOST_BYTES = 64 * 1024 * 1024
MOST_EXECUTIONS = 10_000
MOST_EVENTS = 25_000  # of one execution
MOST_MACHINES = 10_000
MISSING_S = 5.0  # for so long a missing event is waited for: nobody else could tell of it
NOT_PUSHED = "EventNotPushed"
"""The type of an event that stands for one that never came."""

UNLIMITED = 1e9


@dataclass(slots=True, repr=False)
class ExpressHistory:
    """One execution's: `run` has no hole, `ahead` is what came before what it follows, the first of
    it at `ahead_since`; `at` is when it was last pushed or read."""

    at: float
    run: list[HistoryEvent] = field(default_factory=list)
    ahead: dict[int, HistoryEvent] = field(default_factory=dict)
    ahead_since: float = 0.0
    bytes: int = 0

    def add(self, event: HistoryEvent, now: float) -> None:
        """Nothing where it was there."""
        if event.id <= len(self.run) or event.id in self.ahead or event.id > MOST_EVENTS:
            return
        if not self.ahead:
            self.ahead_since = now
        self.ahead[event.id] = event
        self.bytes += size_of(event)
        self._follow(now)

    def give_up(self, now: float) -> None:
        """What is missing for too long is passed over."""
        if self.ahead and now - self.ahead_since >= MISSING_S:
            following = self.ahead[min(self.ahead)]
            while len(self.run) + 1 < following.id:
                self.run.append(_not_pushed(len(self.run) + 1, following.at))
                self.bytes += OVERHEAD_BYTES
            self._follow(now)

    def _follow(self, now: float) -> None:
        while (event := self.ahead.pop(len(self.run) + 1, None)) is not None:
            self.run.append(event)
            self.ahead_since = now


@dataclass(slots=True, repr=False)
class ExpressHistories:
    """A port of histories. Each is kept for `kept_s` after it was last pushed or read, the one of
    the longest ago dropped first where there are too many. `open` is False before anything could be
    pushed: then there is nothing to look for here."""

    clock: Clock
    kept_s: float = KEPT_S
    most: int = MOST_EXECUTIONS
    open: bool = field(init=False, default=False)
    calls: PacedCalls = field(init=False)
    _kept: dict[str, ExpressHistory] = field(init=False, default_factory=dict)
    _machines: dict[str, None] = field(init=False, default_factory=dict)
    _bytes: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.calls = PacedCalls(ReadQueue(TokenBucket(UNLIMITED, UNLIMITED)), self.clock)

    def add(self, push: PushedEvent) -> None:
        now, arn = self.clock.monotonic(), push.account.execution_arn(push.execution)
        self.open = True
        if shows_all_are_logged(push.event):
            self._machines.setdefault(push.execution.machine)
            keep_newest(self._machines, MOST_MACHINES)
        history = self._kept[arn] = self._renewed(arn, now) or ExpressHistory(now)
        before = history.bytes
        history.add(_marked(push), now)
        self._grew(history.bytes - before, now)

    def shows(self, machine: str) -> bool:
        """True where executions of this state machine are pushed, as far as one was."""
        return machine in self._machines

    async def read_page(
        self,
        execution_arn: str,
        *,
        limit: int,
        newest_first: bool = False,
        token: str | None = None,
    ) -> Page[HistoryEvent]:
        """Up to the first event that is still awaited. Raises ExecutionNotFound."""
        now, begin = self.clock.monotonic(), int(token or 0)
        self._drop(now)
        if (history := self._renewed(execution_arn, now)) is None:
            raise ExecutionNotFound(self._unknown)
        before = history.bytes
        history.give_up(now)
        self._grew(history.bytes - before, now)
        end, length = begin + limit, len(history.run)
        if newest_first:
            found = history.run[max(0, length - end) : length - begin][::-1]
        else:
            found = history.run[begin:end]
        return Page(tuple(found), str(end) if end < length else None, self._answered_at)

    @property
    def _answered_at(self) -> datetime:
        return self.clock.now()

    @property
    def _unknown(self) -> str:
        return (
            "Nothing was pushed of such an Express execution. AWS keeps none of them: the logs of"
            " its state machine must be pushed, at level ALL, and what came is kept for"
            f" {self.kept_s:g} s."
        )

    def _renewed(self, arn: str, now: float) -> ExpressHistory | None:
        """The one of the longest ago stands first."""
        if (history := self._kept.pop(arn, None)) is not None:
            self._kept[arn] = history
            history.at = now
        return history

    def _grew(self, by: int, now: float) -> None:
        self._bytes += by
        self._drop(now)

    def _drop(self, now: float) -> None:
        while self._kept:
            arn, oldest = next(iter(self._kept.items()))
            full = self._bytes > MOST_BYTES or len(self._kept) > self.most
            if now - oldest.at < self.kept_s and not full:
                return
            del self._kept[arn]
            self._bytes -= oldest.bytes


def _marked(push: PushedEvent) -> HistoryEvent:
    """An event whose payload was left out says so, as one does whose payload was cut."""
    event, kind = push.event, push.event.type
    if not push.truncated:
        return event
    begins = kind == "ExecutionStarted" or kind.endswith("StateEntered")
    ends = kind == "ExecutionSucceeded" or kind.endswith("StateExited")
    name = "inputDetails" if begins else "outputDetails" if ends else None
    if name is None:
        return event
    return replace(event, details={**event.details, name: {"truncated": True}})


def _not_pushed(id: int, at: datetime) -> HistoryEvent:
    return HistoryEvent(id, id - 1, NOT_PUSHED, at, {})
