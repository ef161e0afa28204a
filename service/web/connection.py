"""One socket: its subscriptions, its heartbeat, its limits, and how it ends.

Nothing here waits but `_drain`. Messages from the client are handled as they come, updates are
written as they are drawn, and a peer that can't take more is left at its position until it can.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import partial

from service.core import protocol
from service.core.closing import CloseCode, code_of_refusal
from service.core.errors import ServiceError
from service.core.messages import Message
from service.core.notices import PING, PONG, error_message, ready, unsubscribed
from service.core.principals import AccessScope, Principal, check_execution
from service.core.protocol import BadMessage
from service.core.shares import frames_allowed
from service.usecases.live import Hub, Subscription

from .outlet import Outlet

MAX_CONTROL = 256


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Seconds, counts, and messages a second."""

    heartbeat_s: float
    max_subscriptions: int
    max_messages_per_s: float


class Connection:
    """`ended` is set to the close code; the transport's handler waits for it and closes."""

    def __init__(
        self,
        outlet: Outlet,
        hub: Hub,
        limits: SocketLimits,
        *,
        session: str,
        only: bool,
        principal: Principal | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[tuple[CloseCode, str]] = loop.create_future()
        self._loop = loop
        self._outlet = outlet
        self._hub = hub
        self._limits = limits
        self._only = only
        self._principal = principal
        self._session = session
        self._subscriptions: dict[str, Subscription] = {}
        self._due: dict[Subscription, None] = {}
        self._control: deque[Message] = deque()
        self._drainer: asyncio.Task[None] | None = None
        self._pumping = False
        self._heard_at = loop.time()
        self._pinged_at: float | None = None
        self._allowance = frames_allowed(limits.max_messages_per_s)
        self._say(
            ready(
                session,
                heartbeat_s=limits.heartbeat_s,
                max_subscriptions=1 if only else limits.max_subscriptions,
            )
        )

    def received(self, data: str | bytes) -> None:
        """A frame from the client."""
        now = self._loop.time()
        self._heard_at, self._pinged_at = now, None
        if self.ended.done():
            return
        if self._allowance.take(now) > 0:
            self.end(CloseCode.TOO_MANY, "Too many messages.")
            return
        try:
            self._handle(protocol.parse(data))
        except BadMessage as error:
            self.end(CloseCode.BAD_MESSAGE, str(error))

    def subscribe(self, message: protocol.Subscribe) -> None:
        if message.id in self._subscriptions:
            self.end(CloseCode.DUPLICATE_ID, "This subscription id is in use.")
            return
        if len(self._subscriptions) >= self._limits.max_subscriptions:
            self.end(CloseCode.TOO_MANY, "Too many subscriptions.")
            return
        try:
            if self._principal is not None:
                check_execution(self._principal, AccessScope.READ, message.execution)
            subscription = self._hub.subscribe(
                message.execution,
                id=message.id,
                after=message.after,
                level=message.level,
                wake=partial(self._wake, message.id),
                principal=self._principal.name if self._principal is not None else None,
                payer=self._session,
            )
        except ServiceError as error:
            self._refuse(message.id, error)
            return
        self._subscriptions[message.id] = subscription
        self._wake(message.id)

    def sweep(self, now: float) -> None:
        """Ping a silent peer; let one go that didn't answer the last ping."""
        heartbeat = self._limits.heartbeat_s
        if self._pinged_at is not None:
            if now - self._pinged_at >= heartbeat:
                self.end(CloseCode.NO_PONG, "No pong.")
        elif now - self._heard_at >= heartbeat:
            self._pinged_at = now
            self._say(PING)

    def restart(self) -> None:
        self.end(CloseCode.RESTARTING, "The service is restarting.")

    def expire(self) -> None:
        self.end(CloseCode.CREDENTIAL_EXPIRED, "The credential has expired.")

    def end(self, code: CloseCode, reason: str = "") -> None:
        """Stop here. Only the first reason counts."""
        if not self.ended.done():
            self.ended.set_result((code, reason))
            self._leave()

    def close(self) -> None:
        """Let go of everything; the transport is gone."""
        self._leave()
        if self._drainer is not None:
            self._drainer.cancel()

    async def flushed(self) -> None:
        """Until what was said before the end is out, or can't be."""
        while self._drainer is not None and not self._drainer.done():
            await asyncio.wait({self._drainer})

    def _handle(self, message: protocol.AnyClientMessage) -> None:
        match message:
            case protocol.Ping():
                self._say(PONG)
            case protocol.Subscribe() if self._only:
                raise BadMessage("This socket has its one subscription.")
            case protocol.Subscribe():
                self.subscribe(message)
            case protocol.Unsubscribe():
                self._unsubscribe(message.id)
            case protocol.Pong() | protocol.Init():
                return  # heard; whose socket it is was asked before

    def _unsubscribe(self, id: str) -> None:
        subscription = self._subscriptions.pop(id, None)
        if subscription is not None:
            self._due.pop(subscription, None)
            subscription.close()
        self._say(unsubscribed(id))

    def _refuse(self, id: str, error: ServiceError) -> None:
        self._say(error_message(id, error))
        if self._only:
            self.end(code_of_refusal(error), error.detail)

    def _wake(self, id: str) -> None:
        subscription = self._subscriptions.get(id)
        if subscription is not None:
            self._due[subscription] = None
            self._pump()

    def _say(self, message: Message) -> None:
        if len(self._control) >= MAX_CONTROL:
            self.end(CloseCode.TOO_SLOW, "The client doesn't read.")
            return
        self._control.append(message)
        self._pump()

    def _pump(self) -> None:
        """Write what is due while the peer keeps up; else wait for it in a task."""
        if self._pumping or self._drainer is not None:
            return
        self._pumping = True
        try:
            while self._outlet.ready():
                if (message := self._next()) is None:
                    return
                self._outlet.write(message)
        finally:
            self._pumping = False
        self._drainer = self._loop.create_task(self._drain())

    def _next(self) -> Message | None:
        if self._control:
            return self._control.popleft()
        while self._due:
            subscription = next(iter(self._due))
            if (message := subscription.next_message()) is not None:
                return message
            del self._due[subscription]
            self._settle(subscription)
            if self._control:
                return self._control.popleft()
        return None

    def _settle(self, subscription: Subscription) -> None:
        """Nothing is due there now; perhaps nothing ever will be."""
        if subscription.failure is not None:
            self._subscriptions.pop(subscription.id, None)
            subscription.close()
            self._refuse(subscription.id, subscription.failure)
        elif self._only and subscription.completed:
            self.end(CloseCode.NORMAL, "The execution has ended.")

    async def _drain(self) -> None:
        try:
            await self._outlet.drain()
        except TimeoutError:
            self._drainer = None
            self.end(CloseCode.TOO_SLOW, "The client doesn't read.")
        except (OSError, RuntimeError):  # gone; servers say so in either way
            self._drainer = None
            self.end(CloseCode.GOING_AWAY)
        else:
            self._drainer = None
            self._pump()

    def _leave(self) -> None:
        for subscription in self._subscriptions.values():
            subscription.close()
        self._subscriptions.clear()
        self._due.clear()
