"""What is known of one watched execution, and who is told."""

import asyncio
from contextlib import suppress
from enum import StrEnum
from math import inf

import structlog

from handrail.clock import within
from handrail.core.errors import Unavailable
from handrail.core.forecast import Forecast
from handrail.core.models import Account, Execution, ExecutionId
from handrail.core.read_queue import Urgency
from handrail.usecases.lag import LOOKS_S, Awaited

from .audience import Audience
from .end_listeners import EndListener
from .feed import Feed
from .followed_history import FollowedHistory
from .forecasts import FEW_S, FORESEEN_S, KEPT_S
from .read_budget import ReadRequests
from .read_failures import ReadFailures
from .read_schedule import HubContext, Rhythm
from .shared_watch import SharedWatch, UnsharedWatch
from .source import ExecutionSource

log = structlog.get_logger(__name__)

JUST_ENDED_S = 60.0
UNFORESEEN_S = 30.0  # before it is asked for again where it wasn't to be had


class WatchState(StrEnum):
    """How changes of a watched execution are seen: by reads here, by those of another replica, or
    by pushes; or nobody looks any more."""

    READ = "read"
    FOLLOWED = "followed"
    PUSHED = "pushed"
    LINGERING = "lingering"


READ_S = 0.1  # a read that is under way, or what another replica read, takes so long to be shown


class WatchedExecution:
    """`shared` is what other replicas have of it; `wake` says that a read may be due. `reading` is
    locked while one is under way; `read_at` is when the latest began that was answered, in
    monotonic seconds."""

    def __init__(self, id: ExecutionId, source: ExecutionSource, context: HubContext) -> None:
        self.id = id
        self.rhythm = Rhythm(context, id)
        self.history = FollowedHistory(id, source, context, self.rhythm, self._wake_all)
        self.shared: UnsharedWatch | SharedWatch = UnsharedWatch()
        self._context = context
        self._clock = context.clock
        self._awaited = Awaited(id, context.clock, context.own)
        self.requests = ReadRequests(context.reads)
        self.reading = asyncio.Lock()
        self._next_at = self.read_at = context.clock.monotonic()
        self._shown_at = self.read_at  # what is known was read so late at least
        self._wake = asyncio.Event()
        self._audience = Audience(context.clock, context.limits.linger_s, self._wake)
        self.subscriptions = self._audience.subscriptions
        self.dismiss, self.wake = self._audience.dismiss, self._wake.set
        self._foresee_at, self._foreseeing = -inf, False
        self._ran: bool | None = None  # whether it did when it was looked at last
        self._failures = ReadFailures(
            id, source, context.clock, self.rhythm, self._awaited, self._audience.notify
        )

    @property
    def feed(self) -> Feed | None:
        return self.history.feed

    @property
    def account(self) -> Account | None:
        return self.history.located.account if self.history.located else None

    @property
    def in_use(self) -> bool:
        return bool(self._audience)

    @property
    def looked_at(self) -> bool:
        """True while one of its subscriptions isn't idle."""
        return any(not each.idle for each in self.subscriptions)

    @property
    def state(self) -> WatchState:
        if not self.in_use:
            return WatchState.LINGERING
        if self.rhythm.pushed:
            return WatchState.PUSHED
        return WatchState.FOLLOWED if self.shared.follows else WatchState.READ

    @property
    def hidden(self) -> bool:
        """True if what is known is older than what this process did."""
        feed = self.feed
        if feed is None:
            return True
        tokens = map(self.history.token, feed.projection.tasks)
        return self._awaited.hides(feed.cursor(feed.position), tokens)

    def require_feed(self) -> Feed:
        """The feed, once `fresh` has returned."""
        if self.feed is None:
            raise Unavailable("The execution hasn't been read yet.")
        return self.feed

    def promise_anew(self) -> bool:
        """Tell what can be promised now, where that is news; whether it was."""
        if not self._promised_anew():
            return False
        self._wake_all()
        return True

    def announce(self) -> None:
        """Tell of its progress who is told of nothing else, where that is news."""
        self._foresee_soon()
        feed = self.feed
        if feed is not None and not feed.ended and feed.announce():
            self._audience.wake()

    async def foreseen(self) -> None:
        """Wait a moment for what is expected of it, where that is unknown."""
        if self._to_foresee:
            with suppress(TimeoutError):
                async with within(self._clock, FORESEEN_S):
                    await self._foresee()

    @property
    def _to_foresee(self) -> bool:
        feed, known = self.feed, self.history.source.forecasts is not None
        due = known and self._clock.monotonic() >= self._foresee_at
        return due and feed is not None and feed.position > 0 and not feed.ended

    def _foresee_soon(self) -> None:
        if self._to_foresee and not self._foreseeing and self._context.limits.promises:
            self._foreseeing = True
            self._context.spawn(self._foresee_or_say())

    async def _foresee_or_say(self) -> None:
        try:
            await self._foresee()
        except Exception:
            log.exception("execution not foreseen", execution=str(self.id))

    async def _foresee(self) -> None:
        """The definition's paths first: the list may wait long for its turn."""
        forecasts, located, feed = self.history.source.forecasts, self.history.located, self.feed
        try:
            if (
                forecasts is None
                or located is None
                or feed is None
                or located.redaction.started is None
            ):
                return
            arn, (at, version) = located.account.execution_arn(self.id), located.redaction.started
            known = feed.progress.forecast
            paths = await forecasts.paths(arn, at, version) or known.paths
            feed.progress.foresee(Forecast(paths, known.typical_s))
            typical_s = await forecasts.typical_s(self.id, arn, version)
            feed.progress.foresee(Forecast(paths, typical_s))
            pause_s = UNFORESEEN_S if paths is None else FEW_S if typical_s is None else KEPT_S
            self._foresee_at = self._clock.monotonic() + pause_s
        finally:
            self._foreseeing = False
        if feed.announce():
            self._audience.wake()

    @property
    def promise_due_at(self) -> float:
        """When what is promised has to be looked at again, or it might be broken before a worse
        promise is told."""
        feed = self.feed
        if feed is None or feed.ended or feed.stale_after_s is None or not self.rhythm.polled:
            return inf
        return self._known_at + feed.stale_after_s - READ_S

    @property
    def _known_at(self) -> float:
        """Whatever happened before is known here."""
        return max(self._shown_at, self.shared.read_at)

    def _delay_s(self, *, awaited: bool) -> float:
        if self.shared.follows:
            return min(self.shared.rest_s, LOOKS_S[-1] if awaited else inf)
        found = self.feed is not None or bool(self._failures.reported)
        return self.rhythm.delay_s(self.feed, found=found, awaited=awaited)

    def _due_by(self, now: float) -> float:
        """When the next read was due, whoever made the latest."""
        if self.rhythm.failures:
            return min(now, self._next_at)
        pause_s = self.rhythm.delay_s(self.feed, found=True, awaited=False)
        return min(now, self._next_at, self._known_at + pause_s)

    @property
    def _unseen_s(self) -> float:
        """How old the oldest change may be when the next read shows it."""
        now, queue, waiter = (
            self._clock.monotonic(),
            self._context.reads.queue,
            self.requests.waiter,
        )
        if self.shared.follows or (self.reading.locked() and not waiter.waits):
            left_s = 0.0
        elif waiter.waits:
            left_s = queue.left_s(waiter, now)
        else:
            left_s = max(0.0, self._next_at - now)
        return now - self._known_at + left_s + READ_S

    @property
    def _urgency_waiting(self) -> Urgency | None:
        """Of a read that waits for its turn, where that is no person's."""
        waiter = self.requests.waiter
        watches = waiter.waits and waiter.urgency is not Urgency.REQUEST
        return waiter.urgency if watches else None

    def _promised_anew(self) -> bool:
        feed = self.feed
        if feed is None or not self._context.limits.promises:
            return False
        told_s = self.shared.promise_s if self.shared.follows and self.rhythm.polled else None
        promised_s = self.rhythm.promise_s(
            feed,
            self._urgency_waiting,
            unseen_s=self._unseen_s,
            told_s=told_s,
            relay_s=self.shared.relay_s,
        )
        if not feed.promise(promised_s):
            return False
        self.shared.promised()
        return True

    def _wake_all(self) -> None:
        self.shared.moved()
        self._foresee_soon()
        account, feed = self.account, self.feed
        if feed is not None and feed.stale_after_s is None:
            self._promised_anew()  # the first snapshot says it too
        if account is not None and feed is not None and (seen := feed.execution(account)):
            observers = self._context.observers
            observers.seen(seen)
            if observers.ends is not None and not self.shared.follows:
                self._tell_end(observers.ends, seen, account)
        self._audience.wake()

    def _tell_end(self, ends: EndListener, seen: Execution, account: Account) -> None:
        """Once, where it was seen to run before, or has ended a moment ago: not of old ones that
        somebody looks at. Where another replica reads it, that one tells."""
        ran, self._ran = self._ran, seen.stopped_at is None
        if seen.stopped_at is None:
            return
        if ran is None:
            age_s = (self._clock.now() - seen.stopped_at).total_seconds()
            ran = age_s < JUST_ENDED_S
        if ran:
            ends.saw_end(self.history, account)
