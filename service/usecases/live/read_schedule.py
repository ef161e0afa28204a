"""Decides when a watcher reads next, how urgent that is, and what may be promised by it.

Times are this process's monotonic seconds; ages from before it looked come from AWS's times alone.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from handrail.clock import Clock
from handrail.core.history.ahead import AheadMemory
from handrail.core.models import Execution, ExecutionId, HistoryEvent
from handrail.core.pacing import JITTER, Pace, promise_s
from handrail.core.protocol.paths import PATHS, Addresses
from handrail.core.pushes import Push
from handrail.core.read_queue import Urgency
from handrail.usecases import lag

from .end_listeners import EndListener
from .event_log import LogMemory
from .feed import Feed
from .push_state import PushState
from .read_budget import PacedCalls

CHANGING_S = 10.0  # so long after a change a watch counts as changing: its pace is below 2 s
PRESUMED_S = 30.0  # after its first read, one that is presumed to be pushed is read once more
RECONCILE_S = 600.0  # without a push, an execution that is pushed is read again
EXPRESS_S = 2.0  # between two looks at what was pushed of an Express execution, and was missing
ENDED_EXPRESS_S = 60.0
IDLE_SHARE = 1.25  # idle watches use up four fifths of the budget at most: the rest fills the burst


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """Seconds and bytes. `addresses` are what links lead to.

    `patience_s` is how long a request may have to wait for its first read; watchers wait as long as
    it takes: `max_watchers` at most, of one principal `principal_watches`, whose first reads are
    due at `principal_reads_per_s`. `memory_bytes` is what all may keep of events, each at most
    `log_bytes`. `promises` is whether they tell within how many seconds a change is seen,
    `looked_for_s` for how long what nobody vouches for is looked for again."""

    pace: Pace = field(default_factory=Pace)
    linger_s: float = 3.0
    log_bytes: int = 8 * 1024 * 1024
    memory_bytes: int = 256 * 1024 * 1024
    max_watchers: int = 2_000
    addresses: Addresses = PATHS
    patience_s: float = 10.0
    principal_watches: int = 1_000
    principal_reads_per_s: float = 2.0
    promises: bool = True
    looked_for_s: float = lag.REQUEST_S


@dataclass(frozen=True, slots=True, repr=False)
class HubObservers:
    """Told of what a hub comes to know: `seen` how a watched execution stands; `lag_seen` by what
    changes of one were seen (`read`, `push`, `list`, `bus`), and how many seconds old they may have
    been; `listed` and `pushed` of what comes by, of executions that nobody need watch; `ends` of
    ends, with the histories that were followed."""

    seen: Callable[[Execution], None] = lambda _: None
    lag_seen: Callable[[str, float], None] = lambda _source, _seconds: None
    listed: Callable[[Execution], None] = lambda _: None
    pushed: Callable[[Push], None] = lambda _: None
    ends: EndListener | None = None


@dataclass(frozen=True, slots=True, repr=False)
class HubContext:
    """What the watchers of one hub share. `watches` are those that somebody uses and
    that are polled; `spawn` runs in a task of the hub's; `own` is what
    this process did."""

    limits: LiveLimits
    clock: Clock
    reads: PacedCalls
    memory: LogMemory
    random: Callable[[], float]
    observers: HubObservers
    own: lag.OwnWrites
    spawn: Callable[[Coroutine[None, None, None]], None]
    pushes: PushState = field(default_factory=PushState)
    ahead: AheadMemory = field(default_factory=AheadMemory)
    watches: set[object] = field(default_factory=set)

    @property
    def once_s(self) -> float:
        return len(self.watches) / self.reads.queue.watch_rate


class Rhythm:
    """One watcher's. `failures` counts the reads in a row that failed; `looks_s` are the pauses
    before each further look for what isn't found; `reached` is whether all of it surely is pushed,
    as of Express ones; `made_sure` is whether it was read again where that is only presumed."""

    def __init__(self, context: HubContext, id: ExecutionId) -> None:
        self.failures, self.made_sure = 0, False
        self.reached = self._express = id.express
        self._machine = id.machine
        self._context = context
        self._pace = context.limits.pace
        self.looks_s = lag.looks_s(context.limits.looked_for_s)
        self._born_at = self._changed_at = context.clock.monotonic()

    @property
    def pushed(self) -> bool:
        """True while changes come by pushes, as those of the state machine's other executions do:
        it is only read to make sure."""
        pushes = self._context.pushes
        return pushes.healthy and (self.reached or pushes.reaches(self._machine))

    @property
    def polled(self) -> bool:
        """True while changes come by reads alone."""
        return not self._express and not self.pushed

    def changed(self) -> None:
        self._changed_at = self._context.clock.monotonic()

    def first_seen(self, events: Sequence[HistoryEvent], *, answered_at: datetime | None) -> None:
        """These were there before anybody looked, perhaps for long. `answered_at` is AWS's time."""
        now = self._context.clock.monotonic()

        def seen_at(event: HistoryEvent) -> float:
            return now - max(0.0, (answered_at - event.at).total_seconds()) if answered_at else now

        self._changed_at = seen_at(events[-1])
        if events[0].id == 1:
            self._born_at = seen_at(events[0])

    def urgency(self, feed: Feed | None) -> Urgency:
        if feed is None:
            return Urgency.FIRST_SNAPSHOT
        if feed.early_end is not None:
            return Urgency.ENDED
        if self.pushed:
            return Urgency.IDLE
        changing = self._context.clock.monotonic() - self._changed_at < CHANGING_S
        return Urgency.CHANGING if changing and not feed.ended else Urgency.IDLE

    def delay_s(self, feed: Feed | None, *, found: bool, awaited: bool) -> float:
        """Seconds to wait before the next read. `found` is False where AWS said that there is no
        such execution; `awaited` says that there is more than it shows."""
        if self.failures and (found or awaited):
            jitter = self._context.random()
            backoff_s = self._pace.backoff_s(failures=self.failures, jitter=jitter)
            return backoff_s if found else min(backoff_s, lag.LOOKS_S[-1])
        if self.failures and self.looks_s:
            return self.looks_s[min(self.failures, len(self.looks_s)) - 1]
        if feed is None or awaited:
            return max(self._pace.min_s, lag.LOOKS_S[1])
        now, jitter = self._context.clock.monotonic(), self._context.random()
        if self._express:
            return ENDED_EXPRESS_S if feed.ended else EXPRESS_S
        if self.pushed:
            seconds = RECONCILE_S if self.reached or self.made_sure else PRESUMED_S
            return seconds * (1 - JITTER + 2 * JITTER * jitter)
        age_s, idle_s = now - self._born_at, now - self._changed_at
        delay_s = self._pace.delay_s(age_s=age_s, idle_s=idle_s, ended=feed.ended, jitter=jitter)
        if self.urgency(feed) is Urgency.IDLE:
            delay_s = max(delay_s, IDLE_SHARE * self._context.once_s)
        return delay_s

    def promise_s(
        self,
        feed: Feed,
        waiting: Urgency | None = None,
        *,
        unseen_s: float = 0.0,
        told_s: float | None = None,
        relay_s: float = 0.0,
    ) -> float:
        """Within how many seconds a change is seen, rounded up: the longest pause, and the wait. By
        the next read the oldest change is `unseen_s` old. `told_s` is what another replica
        promises that reads for all, `relay_s` how long it takes from one to another, `waiting` how
        urgent a read is that waits for its turn."""
        now = self._context.clock.monotonic()
        if self._express and not self.pushed:
            return promise_s(RECONCILE_S)
        if self.pushed:
            return promise_s(self._context.pushes.promised_s(now))
        if told_s is not None:
            return max(told_s, promise_s(unseen_s))
        urgency, once_s = waiting or self.urgency(feed), self._context.once_s
        if urgency in {Urgency.CHANGING, Urgency.ENDED}:
            idle_s = CHANGING_S
            pause_s = self._pace.delay_s(age_s=idle_s, idle_s=idle_s, ended=False, jitter=1.0)
        else:
            pause_s = max(self._pace.longest_s, IDLE_SHARE * once_s)
        wait_s = self._context.reads.queue.watch_wait_s(urgency, now)
        return promise_s(max(once_s, pause_s + wait_s, unseen_s) + relay_s)
