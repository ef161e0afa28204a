"""Decides when a watcher reads next, how urgent that is, and what may be promised by it.

Times are this process's monotonic seconds; ages from before it looked come from AWS's times alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.clock import Clock
from service.core.models import Cursor, Execution, HistoryEvent, to_ms
from service.core.pacing import Pace, promise_s
from service.core.protocol.paths import PATHS, Addresses
from service.core.read_queue import Urgency

from .event_log import LogMemory
from .feed import Feed
from .read_budget import PacedCalls
from .subscription import Subscription

LOOKS_S = (1.0, 2.0)  # before each further look for what isn't found and nobody has vouched for
CHANGING_S = 10.0  # so long after a change a watch counts as changing: its pace is below 2 s
IDLE_SHARE = 1.25  # idle watches use up four fifths of the budget at most: the rest fills the burst
LAG_S = 10.0  # for so long AWS's reads may not show a start, or what somebody's cursor has seen
YOUNG_MS = 10 * 60 * 1000  # AWS has shown anything older than this
LOOK_S = 0.25  # before the first look of a request for what is known to be there
AWAITED_S = 0.5  # between two looks of a watch for what somebody's cursor says is there


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """Seconds and bytes. `addresses` are what links lead to.

    `patience_s` is how long a request may have to wait for its first read; watchers wait as long as
    it takes: `max_watchers` at most, of one principal `principal_watches`, whose first reads are
    due at `principal_reads_per_s`. `memory_bytes` is what all may keep of events, each at most
    `log_bytes`. `promises` is whether they tell within how many seconds a change is seen, `looks_s`
    after how long what isn't found is looked for again."""

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
    looks_s: tuple[float, ...] = LOOKS_S


@dataclass(frozen=True, slots=True, repr=False)
class HubContext:
    """What the watchers of one hub share. `watches` are those that somebody uses; `lag_seen` is
    told how many seconds old the changes that a read shows may have been, `seen` how an execution
    stands."""

    limits: LiveLimits
    clock: Clock
    reads: PacedCalls
    memory: LogMemory
    random: Callable[[], float]
    lag_seen: Callable[[float], None]
    seen: Callable[[Execution], None]
    watches: set[object] = field(default_factory=set)

    @property
    def once_s(self) -> float:
        return len(self.watches) / self.reads.queue.watch_rate


class Rhythm:
    """One watcher's. `failures` counts the reads in a row that failed."""

    def __init__(self, context: HubContext) -> None:
        self.failures = 0
        self._context = context
        self._pace = context.limits.pace
        self._looks_s = context.limits.looks_s
        self._born_at = self._changed_at = context.clock.monotonic()

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
        changing = self._context.clock.monotonic() - self._changed_at < CHANGING_S
        return Urgency.CHANGING if changing and not feed.ended else Urgency.IDLE

    def delay_s(self, feed: Feed | None, *, found: bool, awaited: bool) -> float:
        """Seconds to wait before the next read. `found` is False where AWS said that there is no
        such execution; `awaited` says that there is more than it shows."""
        if self.failures and (found or awaited):
            jitter = self._context.random()
            backoff_s = self._pace.backoff_s(failures=self.failures, jitter=jitter)
            return backoff_s if found else min(backoff_s, LOOKS_S[0])
        if self.failures and self._looks_s:
            return self._looks_s[min(self.failures, len(self._looks_s)) - 1]
        if feed is None or awaited:
            return max(self._pace.min_s, AWAITED_S)
        now, jitter = self._context.clock.monotonic(), self._context.random()
        age_s, idle_s = now - self._born_at, now - self._changed_at
        delay_s = self._pace.delay_s(age_s=age_s, idle_s=idle_s, ended=feed.ended, jitter=jitter)
        if self.urgency(feed) is Urgency.IDLE:
            delay_s = max(delay_s, IDLE_SHARE * self._context.once_s)
        return delay_s

    def promise_s(self, feed: Feed) -> float:
        """Within how many seconds a change is seen, rounded up: the longest pause, and the wait."""
        urgency, once_s = self.urgency(feed), self._context.once_s
        if urgency in {Urgency.CHANGING, Urgency.ENDED}:
            idle_s = CHANGING_S
            pause_s = self._pace.delay_s(age_s=idle_s, idle_s=idle_s, ended=False, jitter=1.0)
        else:
            pause_s = max(self._pace.longest_s, IDLE_SHARE * once_s)
        wait_s = self._context.reads.queue.watch_wait_s(urgency)
        return promise_s(max(once_s, pause_s + wait_s))


@dataclass(slots=True, repr=False)
class Lag:
    """Knows what AWS's reads lag behind: this process's own changes, and others' cursors. `ahead`
    are subscriptions with cursors not reached yet, and until when they are waited for."""

    clock: Clock
    _cursor: Cursor | None = field(init=False, default=None)
    _until: float = field(init=False, default=0.0)
    _exists_until: float = field(init=False, default=0.0)
    _epoch: int = field(init=False, default=0)
    ahead: dict[Subscription, float] = field(init=False, default_factory=dict)

    def expect(self, cursor: Cursor) -> None:
        """This process changed the execution: reads before this cursor are out of date."""
        if self._cursor is None or self._cursor.event_id <= cursor.event_id:
            self._cursor, self._until = cursor, self.clock.monotonic() + LAG_S
        self.vouch()

    def vouch(self, cursor: Cursor | None = None) -> None:
        """Somebody has a cursor of it, so there is such an execution, it seems."""
        self._exists_until = self.clock.monotonic() + LAG_S
        if cursor is not None:
            self._epoch = max(cursor.epoch, self._epoch)

    @property
    def young(self) -> bool:
        """True if by its cursor the execution is so young that AWS may not show it yet, also with
        clocks some minutes off."""
        return to_ms(self.clock.now()) - self._epoch < YOUNG_MS

    def joined(self, subscription: Subscription, feed: Feed | None) -> None:
        """It came with a cursor that the feed may not reach yet."""
        self.vouch(subscription.after)
        if feed is None or subscription.behind:
            self.ahead[subscription] = self._exists_until

    @property
    def vouched_for(self) -> bool:
        return self.clock.monotonic() < self._exists_until

    def hides(self, feed: Feed) -> bool:
        """True if the feed is older than what this process did, and so is shown to nobody new."""
        return self.clock.monotonic() < self._until and feed.behind(self._cursor)

    def awaited(self, feed: Feed | None) -> bool:
        """True if the next read is to show more in a moment."""
        return self.vouched_for if feed is None else bool(self.ahead) or self.hides(feed)

    def given_up(self) -> list[Subscription]:
        """Those whose cursors weren't reached for too long, each once. Forgets those that were."""
        now = self.clock.monotonic()
        ahead = {each: until for each, until in self.ahead.items() if each.behind}
        self.ahead = {each: until for each, until in ahead.items() if now < until}
        return [each for each, until in ahead.items() if now >= until]
