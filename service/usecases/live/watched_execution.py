"""What is known of one watched execution, and who is told."""

import asyncio

from handrail.core.errors import Unavailable
from handrail.core.models import Account, ExecutionId
from handrail.usecases.lag import Awaited

from .audience import Audience
from .feed import Feed
from .followed_history import FollowedHistory
from .read_schedule import HubContext, Rhythm
from .shared_watch import SharedWatch, UnsharedWatch
from .source import ExecutionSource


class WatchedExecution:
    """`shared` is what other replicas have of it; `wake` says that a read may be due."""

    def __init__(self, id: ExecutionId, source: ExecutionSource, context: HubContext) -> None:
        self.id = id
        self.rhythm = Rhythm(context, id)
        self.history = FollowedHistory(id, source, context, self.rhythm, self._wake_all)
        self.shared: UnsharedWatch | SharedWatch = UnsharedWatch()
        self._context = context
        self._clock = context.clock
        self._awaited = Awaited(id, context.clock, context.own)
        self._wake = asyncio.Event()
        self._audience = Audience(context.clock, context.limits.linger_s, self._wake)
        self.subscriptions = self._audience.subscriptions
        self.dismiss, self.wake = self._audience.dismiss, self._wake.set

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
        feed, promises = self.feed, self._context.limits.promises
        if feed is None or not promises:
            return False
        told_s = self.shared.promise_s if self.shared.follows and not self.rhythm.pushed else None
        if not feed.promise(self.rhythm.promise_s(feed) if told_s is None else told_s):
            return False
        self._wake_all()
        return True

    def _wake_all(self) -> None:
        self.shared.moved()
        account, feed = self.account, self.feed
        if account is not None and feed is not None and (seen := feed.execution(account)):
            self._context.seen(seen)
        self._audience.wake()
