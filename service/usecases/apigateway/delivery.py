"""Delivers what is new to the subscribers of one execution: posts it, then notes how far."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from itertools import groupby
from operator import attrgetter

import structlog

from handrail.clock import Clock
from handrail.core import errors
from handrail.core.apigateway import GatewayConnection, GatewayPorts, GatewaySubscription
from handrail.core.errors import ServiceError
from handrail.core.models import Cursor
from handrail.core.protocol.client_messages import Level
from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.encoded_messages import Message, limited
from handrail.core.protocol.session import CloseSocket, Effect, Send
from handrail.usecases.lag import not_shown, vouches
from handrail.usecases.live import Feed
from handrail.usecases.live.encoded import Encoded
from handrail.usecases.live.position import Position, cursor_or_none

from .gateway_session import end_socket, session_of
from .limits import GatewayLimits
from .timing import gather_bounded

log = structlog.get_logger(__name__)

RETRY_AFTER_S = (0.2, 0.5, 1.2)
"""Before each repetition of a throttled post, give or take a half."""

Job = Callable[[GatewaySubscription], Awaitable["DeliveryResult"]]


class DeliveryResult(Enum):
    """What is left: a subscriber, a socket without this subscription, or no socket."""

    WATCHING = auto()
    UNSUBSCRIBED = auto()
    GONE = auto()


WATCHING = DeliveryResult.WATCHING


@dataclass(slots=True)
class Round:
    """One round of deliveries. `watching` counts the subscribers that are left; `behind` is whether
    something due wasn't posted, and `cut_short` whether `stopped` ended the round before everybody
    had it. In the `last` of several tries, who came with a cursor that AWS's reads don't reach is
    told to try again."""

    ports: GatewayPorts
    clock: Clock
    limits: GatewayLimits
    posting: asyncio.Semaphore
    random: Callable[[], float]
    stopped: Callable[[], bool]
    last: bool
    watching: int = 0
    behind: bool = False
    cut_short: bool = False
    _limited: Encoded[Message] = field(default_factory=Encoded)

    async def deliver(self, execution: str, read: Feed | ServiceError) -> None:
        """Delivers what was read, or ends all subscriptions with the error: a page at a time, its
        connections side by side, and the subscriptions of one in order. Raises what reading a page
        raises."""
        job: Job = (
            partial(self._deliver, read) if isinstance(read, Feed) else partial(self._miss, read)
        )

        async def one(connection: list[GatewaySubscription]) -> None:
            for subscription in connection:
                if self.stopped():
                    self.cut_short = True
                    return
                if await self._safely(subscription, job) is DeliveryResult.GONE:
                    return

        async for page in self.ports.connections.subscriptions(execution):
            ordered = sorted(page, key=attrgetter("connection"))
            grouped = [list(found) for _, found in groupby(ordered, key=attrgetter("connection"))]
            await gather_bounded(grouped, one, self.posting)
            if self.cut_short:
                return

    async def _safely(self, subscription: GatewaySubscription, job: Job) -> DeliveryResult:
        """Runs one delivery; its error is logged and doesn't stop the others."""
        result, execution = DeliveryResult.WATCHING, subscription.request.execution
        try:
            try:
                result = await job(subscription)
            except errors.ConnectionGone:
                result = DeliveryResult.GONE
                await self.ports.connections.close(subscription.connection)
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
        position = position_of(subscription, feed)
        message = position.next_message(feed)
        if message is None and not (feed.ended and position.completed_at is not None):
            return await self._hold(subscription) if position.behind(feed) else WATCHING
        connection = await self._connection_of(subscription)
        if connection.principal is not None and connection.principal.expired(self.clock.now()):
            return await self._end(connection.id, CloseSocket(CloseCode.CREDENTIAL_EXPIRED))
        try:
            await self._post_all(feed, subscription, position, message)
        except errors.PayloadTooLarge as error:
            return await self._fail(error, subscription)
        if position.completed_at is None or self.cut_short:
            return DeliveryResult.WATCHING
        session = session_of(connection, self.limits, self.clock.now())
        return await self._perform(connection.id, session.subscription_completed())

    async def _hold(self, subscription: GatewaySubscription) -> DeliveryResult:
        """AWS's reads don't show yet what it has seen."""
        self.behind = True
        return await self._fail(not_shown(), subscription) if self.last else WATCHING

    async def _miss(self, error: ServiceError, subscription: GatewaySubscription) -> DeliveryResult:
        """Nothing can be read: that ends it, unless its cursor says that there is something."""
        seen = subscription.cursor or cursor_or_none(subscription.request.after)
        if isinstance(error, errors.ExecutionNotFound) and vouches(seen, self.clock):
            return await self._hold(subscription)
        return await self._fail(error, subscription)

    async def _fail(self, error: ServiceError, subscription: GatewaySubscription) -> DeliveryResult:
        connection = await self._connection_of(subscription)
        session = session_of(connection, self.limits, self.clock.now())
        effects = session.subscription_failed(subscription.request.id, error)
        if await self._perform(connection.id, effects) is DeliveryResult.GONE:
            return DeliveryResult.GONE
        await self.ports.connections.unsubscribe(connection.id, subscription.request.id)
        return DeliveryResult.UNSUBSCRIBED

    async def _perform(self, connection: str, effects: Sequence[Effect]) -> DeliveryResult:
        """Performs a subscription's end: sends, and closes."""
        for effect in effects:
            if isinstance(effect, Send):
                await self._post(connection, effect.message)
            elif isinstance(effect, CloseSocket):
                return await self._end(connection, effect)
        return DeliveryResult.WATCHING

    async def _end(self, connection: str, close: CloseSocket) -> DeliveryResult:
        await end_socket(self.ports, connection, close)
        return DeliveryResult.GONE

    async def _post_all(
        self, feed: Feed, to: GatewaySubscription, position: Position, message: Message | None
    ) -> None:
        """Posts all that is due, then notes how far that was; where it stops half-way, how far it
        came."""
        reached: tuple[Cursor, int | None] | None = None
        failure: ServiceError | None = None
        try:
            while message is not None and not self.cut_short:
                await self._post(to.connection, self._fit(feed, message))
                reached = feed.cursor(position.position or 0), position.completed_at
                self.cut_short = self.stopped()
                message = position.next_message(feed)
        except ServiceError as error:
            failure = error
        if reached is not None:
            cursor, completed_at = reached
            await self.ports.connections.delivered(to, cursor, completed_at=completed_at)
        if failure is not None:
            raise failure

    async def _post(self, connection: str, message: Message) -> None:
        for delay_s in RETRY_AFTER_S:
            try:
                await self.ports.posts.post(connection, message.text)
            except errors.Throttled:
                if self.stopped():
                    raise
                await self.clock.sleep(delay_s * (0.5 + self.random()))
            else:
                return
        await self.ports.posts.post(connection, message.text)

    def _fit(self, feed: Feed, message: Message) -> Message:
        """What fits a post; made once for all who share the message, as far as there is room."""
        if len(message.text) <= self.limits.max_post_bytes:
            return message
        if (fitting := self._limited.get((message,))) is None:
            most, prefix = self.limits.max_post_bytes, feed.addresses.prefix
            fitting = limited(message, most, feed.id, prefix)
            self._limited.keep((message,), fitting, len(message.text))
        return fitting

    async def _connection_of(self, subscription: GatewaySubscription) -> GatewayConnection:
        connection = await self.ports.connections.find(subscription.connection)
        if connection is None:
            raise errors.ConnectionGone("It is no longer known.")
        return connection


def position_of(subscription: GatewaySubscription, feed: Feed) -> Position:
    """Where its last delivery ended; the start where that is another execution's of its name."""
    request, cursor = subscription.request, subscription.cursor
    level = Level(request.level)
    if cursor is None:
        return Position(request.id, level, after=cursor_or_none(request.after))
    if not cursor.belongs_to(feed.epoch):
        return Position(request.id, level)
    ended = subscription.completed_at
    return Position(request.id, level, position=cursor.event_id, completed_at=ended)
