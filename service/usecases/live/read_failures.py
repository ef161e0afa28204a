"""Tells what a watcher's failed reads mean: AWS's reads lag, so what isn't found may be there."""

from collections.abc import Callable
from dataclasses import dataclass, field

from handrail.clock import Clock
from handrail.core.errors import ExecutionNotFound, NotShownYet, ServiceError
from handrail.core.models import ExecutionId
from handrail.usecases.lag import STREAM_S, YOUNG_S, Awaited, not_shown

from .feed import Feed
from .read_schedule import Rhythm
from .source import ExecutionSource


@dataclass(eq=False, slots=True, repr=False)
class ReadFailures:
    """One watcher's. `reported` are those that subscribers were told of since a read last
    succeeded, by code; `tell` tells them."""

    id: ExecutionId
    source: ExecutionSource
    clock: Clock
    rhythm: Rhythm
    awaited: Awaited
    tell: Callable[[ServiceError], None]
    reported: dict[str, ServiceError] = field(init=False, default_factory=dict)

    async def looked_for(self) -> bool:
        """True if there is such an execution, by somebody's word, though nothing of it shows."""
        return self.awaited.looked_for or await self._started_within(STREAM_S)

    async def meant(
        self, error: ServiceError, feed: Feed | None, *, read_at: float
    ) -> ServiceError | None:
        """What this failure of a read is to those who waited; None where AWS may only not show yet
        what nobody vouches for. `read_at` is when a read succeeded last. Raises the error where
        there is nothing to watch."""
        self.rhythm.failures += 1
        if isinstance(error, ExecutionNotFound | NotShownYet):
            if feed is not None and self.clock.monotonic() - read_at < STREAM_S:
                self.awaited.vouch(feed.cursor(feed.position))  # it was there a moment ago
            if await self.looked_for():
                return not_shown()
            if feed is None and self.rhythm.failures <= len(self.rhythm.looks_s):
                return None
            if self.awaited.there or await self._started_within(YOUNG_S):
                error = not_shown()
        if feed is None and not error.retryable and error.status < 500:
            raise error
        if error.code not in self.reported:  # once a streak and kind
            self.reported[error.code] = error
            self.tell(error)
        return error

    async def _started_within(self, seconds: float) -> bool:
        return await self.source.started_s_ago(self.id) < seconds
