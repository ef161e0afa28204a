"""Delivers what is new to the subscribers of one execution: posts it, then notes how far."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from enum import Enum, auto
from functools import partial
from itertools import groupby
from operator import attrgetter

import structlog

from service.clock import Clock
from service.core.apigateway import GatewayConnection, GatewayPorts, GatewaySubscription
from service.core.errors import (
    ConnectionGone,
    PayloadTooLarge,
    ServiceError,
    Throttled,
    Unavailable,
)
from service.core.models import Cursor
from service.core.protocol.client_messages import Level
from service.core.protocol.close_codes import CloseCode
from service.core.protocol.encoded_messages import Message, limited
from service.core.protocol.session import CloseSocket, Effect, Send
from service.usecases.live import Feed
from service.usecases.live.feed import Encoded
from service.usecases.live.position import Position, cursor_or_none
from service.usecases.live.watcher import BEHIND

from .connection_writer import ConnectionWriter, session_of
from .limits import GatewayLimits
from .timing import gather_bounded

log = structlog.get_logger(__name__)

RETRY_AFTER_S = (0.2, 0.5, 1.2)
"""Before each repetition of a throttled post, give or take a half."""

Pages = AsyncIterator[Sequence[GatewaySubscription]]
Job = Callable[[GatewaySubscription], Awaitable["DeliveryResult"]]


class DeliveryResult(Enum):
    """What is left: a subscriber, a socket without this subscription, or no socket."""

    WATCHING = auto()
    UNSUBSCRIBED = auto()
    GONE = auto()


class Round:
    """One round of deliveries. `watching` counts the subscribers that are left; `behind` is whether
    something due wasn't posted, and `cut_short` whether `stopped` ended the round before everybody
    had it. In the `last` of several tries, who came with a cursor that AWS's reads don't reach is
    told to try again."""

    def __init__(
        self,
        ports: GatewayPorts,
        writer: ConnectionWriter,
        clock: Clock,
        *,
        limits: GatewayLimits,
        bound: asyncio.Semaphore,
        random: Callable[[], float],
        stopped: Callable[[], bool],
        last: bool = False,
    ) -> None:
        self.watching = 0
        self.behind = False
        self.cut_short = False
        self._connections = ports.connections
        self._writer = writer
        self._clock = clock
        self._limits = limits
        self._bound = bound
        self._random = random
        self._stopped = stopped
        self._last = last
        self._limited: Encoded[Message] = Encoded()

    async def deliver(self, feed: Feed, pages: Pages) -> None:
        """Delivers to everybody, a page at a time. Raises what reading a page raises."""
        await self._over(pages, partial(self._deliver, feed))

    async def fail(self, error: ServiceError, pages: Pages) -> None:
        """Ends every subscription with the error."""
        await self._over(pages, partial(self._fail, error))

    async def _over(self, pages: Pages, job: Job) -> None:
        """Does the job for connections side by side, and the subscriptions of one in order."""

        async def one(connection: list[GatewaySubscription]) -> None:
            for subscription in connection:
                if await self._safely(subscription, job) is DeliveryResult.GONE:
                    return

        async for page in pages:
            ordered = sorted(page, key=attrgetter("connection"))
            grouped = [list(found) for _, found in groupby(ordered, key=attrgetter("connection"))]
            await gather_bounded(grouped, one, self._bound)
            if self.cut_short:
                return

    async def _safely(self, subscription: GatewaySubscription, job: Job) -> DeliveryResult:
        """One's trouble is nobody else's."""
        if self._stopped():
            self.cut_short = True
            return DeliveryResult.GONE
        result, execution = DeliveryResult.WATCHING, subscription.request.execution
        try:
            try:
                result = await job(subscription)
            except ConnectionGone:
                result = DeliveryResult.GONE
                await self._writer.forget(subscription.connection)
        except ServiceError as error:
            log.warning("delivery failed", execution=execution, code=error.code)
            self.behind = True
        except Exception:
            log.exception("delivery failed", execution=execution)
            self.behind = True
        self.watching += result is DeliveryResult.WATCHING
        return result

    async def _deliver(self, feed: Feed, subscription: GatewaySubscription) -> DeliveryResult:
        """Raises ServiceError."""
        place = place_of(subscription, feed)
        message = place.next_message(feed)
        if message is None and not (feed.ended and place.completed_at is not None):
            if place.behind(feed) and self._last:
                return await self._fail(Unavailable(BEHIND, retry_after_s=1.0), subscription)
            self.behind = self.behind or place.behind(feed)
            return DeliveryResult.WATCHING
        connection = await self._found(subscription)
        if connection.principal is not None and connection.principal.expired(self._clock.now()):
            await self._writer.end(connection.id, CloseSocket(CloseCode.CREDENTIAL_EXPIRED))
            return DeliveryResult.GONE
        try:
            await self._post(feed, subscription, place, message)
        except PayloadTooLarge as error:
            return await self._fail(error, subscription)
        if place.completed_at is None or self.cut_short:
            return DeliveryResult.WATCHING
        session = session_of(connection, self._limits, self._clock.now())
        return await self._perform(connection.id, session.subscription_completed())

    async def _fail(self, error: ServiceError, subscription: GatewaySubscription) -> DeliveryResult:
        connection = await self._found(subscription)
        session = session_of(connection, self._limits, self._clock.now())
        effects = session.subscription_failed(subscription.request.id, error)
        if await self._perform(connection.id, effects) is DeliveryResult.GONE:
            return DeliveryResult.GONE
        await self._connections.unsubscribe(connection.id, subscription.request.id)
        return DeliveryResult.UNSUBSCRIBED

    async def _perform(self, connection: str, effects: Sequence[Effect]) -> DeliveryResult:
        """Performs a subscription's end: sends, and closes."""
        for effect in effects:
            if isinstance(effect, Send):
                await self._post_one(connection, effect.message)
            elif isinstance(effect, CloseSocket):
                await self._writer.end(connection, effect)
                return DeliveryResult.GONE
        return DeliveryResult.WATCHING

    async def _post(
        self,
        feed: Feed,
        subscription: GatewaySubscription,
        place: Position,
        message: Message | None,
    ) -> None:
        """Posts all that is due, then notes how far that was; where it stops half-way, how far it
        came."""
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
                await self._writer.say(connection, message)
            except Throttled:
                if self._stopped():
                    raise
                await self._clock.sleep(delay_s * (0.5 + self._random()))
            else:
                return
        await self._writer.say(connection, message)

    def _fit(self, feed: Feed, message: Message) -> Message:
        """What fits a post; made once for all who share the message, as far as there is room."""
        if len(message.text) <= self._limits.max_post_bytes:
            return message
        if (fitting := self._limited.get((message,))) is None:
            fitting = limited(message, self._limits.max_post_bytes, feed.id)
            self._limited.keep((message,), fitting, len(message.text))
        return fitting

    async def _found(self, subscription: GatewaySubscription) -> GatewayConnection:
        connection = await self._connections.find(subscription.connection)
        if connection is None:
            raise ConnectionGone("It is no longer known.")
        return connection


def place_of(subscription: GatewaySubscription, feed: Feed) -> Position:
    """Where its last delivery ended; the start where that is another execution's of its name."""
    request, cursor = subscription.request, subscription.cursor
    level = Level(request.level)
    if cursor is None:
        return Position(request.id, level, after=cursor_or_none(request.after))
    if not cursor.belongs_to(feed.epoch):
        return Position(request.id, level)
    ended = subscription.completed_at
    return Position(request.id, level, position=cursor.event_id, completed_at=ended)
