"""One round of telling: what is due to each subscriber of a feed, posted and then noted."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from enum import Enum, auto
from itertools import groupby
from operator import attrgetter

import structlog

from service.core.closing import CloseCode
from service.core.errors import (
    ConnectionGone,
    PayloadTooLarge,
    ServiceError,
    Throttled,
    Unavailable,
)
from service.core.messages import Message, limited
from service.core.models import Cursor
from service.core.protocol import Level
from service.core.session import CloseSocket, Effect, Send
from service.core.stored import StoredSubscription
from service.usecases.clock import Clock
from service.usecases.live import Feed
from service.usecases.live.feed import Encoded
from service.usecases.live.place import Position, cursor_or_none
from service.usecases.live.watcher import BEHIND

from .limits import StoredLimits
from .line import Line, session_of
from .ports import StoredPorts
from .timing import abreast

log = structlog.get_logger(__name__)

RETRY_AFTER_S = (0.2, 0.5, 1.2)
"""Before each repetition of a throttled post, give or take a half."""

Pages = AsyncIterator[Sequence[StoredSubscription]]


class Left(Enum):
    """What a deed leaves behind: somebody who looks, a socket without this subscription, or no
    socket."""

    LOOKING = auto()
    ENDED = auto()
    GONE = auto()


Deed = Callable[[StoredSubscription], Awaitable[Left]]


class Round:
    """`looking` counts who is left to look; `behind` is whether something due wasn't posted, and
    `cut_short` whether `stopped` said so before everybody was told. In the `last` of several tries
    who came with a cursor that AWS's reads don't reach is told to try again."""

    def __init__(
        self,
        ports: StoredPorts,
        line: Line,
        clock: Clock,
        *,
        limits: StoredLimits,
        bound: asyncio.Semaphore,
        random: Callable[[], float],
        stopped: Callable[[], bool],
        last: bool = False,
    ) -> None:
        self.looking = 0
        self.behind = False
        self.cut_short = False
        self._connections = ports.connections
        self._line = line
        self._clock = clock
        self._limits = limits
        self._bound = bound
        self._random = random
        self._stopped = stopped
        self._last = last
        self._limited: Encoded[Message] = Encoded()

    async def tell(self, feed: Feed, pages: Pages) -> None:
        """Everybody, a page at a time. Raises what reading a page raises."""

        async def told(subscription: StoredSubscription) -> Left:
            return await self._tell(feed, subscription)

        await self._over(pages, told)

    async def fail(self, error: ServiceError, pages: Pages) -> None:
        """Tell everybody that there is nothing to look at, and end that."""

        async def failed(subscription: StoredSubscription) -> Left:
            return await self._fail(subscription, error)

        await self._over(pages, failed)

    async def _over(self, pages: Pages, do: Deed) -> None:
        """Connections side by side, the subscriptions of one in order."""

        async def one(connection: list[StoredSubscription]) -> None:
            for subscription in connection:
                if not await self._safely(subscription, do):
                    return

        async for page in pages:
            ordered = sorted(page, key=attrgetter("connection"))
            grouped = [list(found) for _, found in groupby(ordered, key=attrgetter("connection"))]
            await abreast(grouped, one, self._bound)
            if self.cut_short:
                return

    async def _safely(self, subscription: StoredSubscription, do: Deed) -> bool:
        """Whether to go on with its socket. One's trouble is nobody else's."""
        if self._stopped():
            self.cut_short = True
            return False
        try:
            left = await do(subscription)
        except ConnectionGone:
            left = await self._gone(subscription)
        except ServiceError as error:
            log.warning("subscriber not told", code=error.code)
            self.behind, left = True, Left.LOOKING
        except Exception:
            log.exception("subscriber not told")
            self.behind, left = True, Left.LOOKING
        self.looking += left is Left.LOOKING
        return left is not Left.GONE

    async def _tell(self, feed: Feed, subscription: StoredSubscription) -> Left:
        """Raises ServiceError."""
        place = place_of(subscription, feed)
        message = place.next_message(feed)
        if message is None and not (feed.ended and place.completed_at is not None):
            return await self._nothing_due(subscription, behind=place.behind(feed))
        connection = await self._connections.find(subscription.connection)
        if connection is None:
            raise ConnectionGone("It is no longer known.")
        if connection.principal is not None and connection.principal.expired(self._clock.now()):
            await self._line.end(connection.id, CloseSocket(CloseCode.CREDENTIAL_EXPIRED))
            return Left.GONE
        try:
            await self._post(feed, subscription, place, message)
        except PayloadTooLarge as error:
            return await self._fail(subscription, error)
        if place.completed_at is None or self.cut_short:
            return Left.LOOKING
        session = session_of(connection, self._limits, self._clock.now())
        return await self._perform(connection.id, session.subscription_completed())

    async def _nothing_due(self, subscription: StoredSubscription, *, behind: bool) -> Left:
        """`behind` is whether only AWS's reads are, which the subscriber's cursor is ahead of."""
        if behind and self._last:
            return await self._fail(subscription, Unavailable(BEHIND, retry_after_s=1.0))
        self.behind = self.behind or behind
        return Left.LOOKING

    async def _post(
        self,
        feed: Feed,
        subscription: StoredSubscription,
        place: Position,
        message: Message | None,
    ) -> None:
        """All that is due, then note how far that was; where it stops half-way, how far it came."""
        reached: tuple[Cursor, int | None] | None = None
        failure: ServiceError | None = None
        try:
            while message is not None and not self.cut_short:
                await self._post_one(subscription.connection, self._fit(feed, message))
                reached = feed.cursor(place.position or 0), place.completed_at
                self.cut_short = self._stopped()
                message = place.next_message(feed)
        except ServiceError as error:
            failure = error
        if reached is not None:
            cursor, completed_at = reached
            await self._connections.told(subscription, cursor, completed_at=completed_at)
        if failure is not None:
            raise failure

    async def _post_one(self, connection: str, message: Message) -> None:
        for delay_s in RETRY_AFTER_S:
            try:
                await self._line.say(connection, message)
            except Throttled:
                if self._stopped():
                    raise
                await self._clock.sleep(delay_s * (0.5 + self._random()))
            else:
                return
        await self._line.say(connection, message)

    def _fit(self, feed: Feed, message: Message) -> Message:
        """What fits a post; made once for all who share the message, as far as there is room."""
        if len(message.text) <= self._limits.max_post_bytes:
            return message
        if (fitting := self._limited.get((message,))) is None:
            fitting = limited(message, self._limits.max_post_bytes, feed.id)
            self._limited.keep((message,), fitting, len(message.text))
        return fitting

    async def _fail(self, subscription: StoredSubscription, error: ServiceError) -> Left:
        connection = await self._connections.find(subscription.connection)
        if connection is None:
            raise ConnectionGone("It is no longer known.")
        session = session_of(connection, self._limits, self._clock.now())
        effects = session.subscription_failed(subscription.wanted.id, error)
        if await self._perform(connection.id, effects) is Left.GONE:
            return Left.GONE
        await self._connections.unsubscribe(connection.id, subscription.wanted.id)
        return Left.ENDED

    async def _perform(self, connection: str, effects: Sequence[Effect]) -> Left:
        """Of a subscription's end, that is: send, and close."""
        for effect in effects:
            if isinstance(effect, Send):
                await self._post_one(connection, effect.message)
            elif isinstance(effect, CloseSocket):
                await self._line.end(connection, effect)
                return Left.GONE
        return Left.LOOKING

    async def _gone(self, subscription: StoredSubscription) -> Left:
        try:
            await self._line.forget(subscription.connection)
        except ServiceError as error:
            log.warning("connection not forgotten", code=error.code)
            self.behind = True
        return Left.GONE


def place_of(subscription: StoredSubscription, feed: Feed) -> Position:
    """Where it was told to; from the start where that is another execution's of the same name."""
    wanted, cursor = subscription.wanted, subscription.cursor
    level = Level(wanted.level)
    if cursor is None:
        return Position(wanted.id, level, after=cursor_or_none(wanted.after))
    if not cursor.belongs_to(feed.epoch):
        return Position(wanted.id, level)
    return Position(
        wanted.id, level, position=cursor.event_id, completed_at=subscription.completed_at
    )
