"""Drives a session for a WebSocket that this process holds. Nothing waits but `_drain`: a peer that
can't take more is left at its position until it can."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

from handrail.core.access.principals import AccessScope
from handrail.core.apigateway import SubscriptionRequest
from handrail.core.errors import ServiceError
from handrail.core.listing import ListFilter
from handrail.core.protocol import session as effects
from handrail.core.protocol.client_messages import Level
from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.encoded_messages import Message
from handrail.core.protocol.session import MAX_KEPT, CloseSocket, Effect, Session
from handrail.usecases.live import Hub, ListSubscription, LiveLists, Subscription

from .outbox import Outbox

MAX_CONTROL = 2 * MAX_KEPT  # answers waiting to be written: each message kept may have one


class Connection:
    """A `LiveClient`. `ended` is set to how the socket ends; the transport's handler waits for it
    and closes. `leaving` is what `close` calls; `time` tells the session's `now`."""

    def __init__(
        self,
        outbox: Outbox,
        hub: Hub,
        lists: LiveLists,
        session: Session,
        *,
        time: Callable[[], float] | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[CloseSocket] = self._loop.create_future()
        self.leaving = ExitStack()
        self.session = session
        self._outbox = outbox
        self._hub = hub
        self._lists = lists
        self._time = time or self._loop.time
        self._subscriptions: dict[str, Subscription | ListSubscription] = {}
        self._due: dict[Subscription | ListSubscription, None] = {}
        self._control: deque[Message] = deque()
        self._drainer: asyncio.Task[None] | None = None
        self._pumping = False
        self._token: asyncio.Future[str] = self._loop.create_future()

    def received(self, data: str | bytes) -> None:
        """A frame from the client."""
        self.perform(self.session.receive(data, self._time()))

    async def token(self) -> str:
        """The token of the client's init, for which there is a time."""
        now = self._time()
        self.perform(self.session.await_init(now))
        due_at = self.session.init_by
        self.leaving.callback(self._loop.call_later(due_at - now, self.sweep, due_at).cancel)
        return await self._token

    def sweep(self, now: float) -> None:
        self.perform(self.session.tick(now))

    def restart(self) -> None:
        self.perform(self.session.close(CloseCode.RESTARTING))

    def expire(self) -> None:
        self.perform(self.session.expire())

    def perform(self, wanted: Sequence[Effect]) -> None:
        for effect in wanted:
            if self.ended.done():
                return
            match effect:
                case effects.Send(message):
                    self._send(message)
                case effects.Authenticate(token):
                    self._token.set_result(token)
                case effects.StartSubscription(request):
                    self._start(request)
                case effects.StartList(id, filter):
                    self._start_list(id, filter)
                case effects.EndSubscription(id):
                    self._stop(id)
                case CloseSocket():
                    self.ended.set_result(effect)
                    self._leave()

    def close(self) -> None:
        """Lets go of everything; the transport is gone, or about to be closed. Safe to repeat."""
        self._leave()
        if self._drainer is not None:
            self._drainer.cancel()
        self.leaving.close()

    async def flushed(self) -> None:
        """Until what was sent before the end is out, or can't be."""
        while self._drainer is not None and not self._drainer.done():
            await asyncio.wait({self._drainer})

    def _start(self, wanted: SubscriptionRequest) -> None:
        principal = self.session.principal
        try:
            self._subscriptions[wanted.id] = self._hub.subscribe(
                wanted.execution,
                id=wanted.id,
                after=wanted.after,
                level=Level(wanted.level),
                wake=partial(self._wake, wanted.id),
                principal=principal.share if principal is not None else None,
                payer=self.session.id,
                alone=self.session.only is not None,
            )
        except ServiceError as error:
            self.perform(self.session.subscription_failed(wanted.id, error))
        else:
            self._wake(wanted.id)

    def _start_list(self, id: str, wanted: ListFilter) -> None:
        who, wake = self.session.principal, partial(self._wake, id)

        def may_read(machine: str) -> bool:
            return who is None or who.may(AccessScope.READ, machine)

        try:
            self._subscriptions[id] = self._lists.subscribe(
                wanted, id=id, may_read=may_read, wake=wake, principal=who.share if who else None
            )
        except ServiceError as error:
            self.perform(self.session.subscription_failed(id, error))

    def _stop(self, id: str) -> None:
        if (subscription := self._subscriptions.pop(id, None)) is not None:
            self._due.pop(subscription, None)
            subscription.close()

    def _wake(self, id: str) -> None:
        if (subscription := self._subscriptions.get(id)) is not None:
            self._due[subscription] = None
            self._pump()

    def _send(self, message: Message) -> None:
        if len(self._control) >= MAX_CONTROL:
            self.perform(self.session.close(CloseCode.TOO_SLOW))
            return
        self._control.append(message)
        self._pump()

    def _pump(self) -> None:
        """Write what is due while the peer keeps up; else wait for it in a task."""
        if self._pumping or self._drainer is not None:
            return
        self._pumping = True
        try:
            while self._outbox.ready():
                if (message := self._next()) is None:
                    return
                self._outbox.write(message)
        finally:
            self._pumping = False
        self._drainer = self._loop.create_task(self._drain())

    def _next(self) -> Message | None:
        while not self._control and self._due:
            subscription = next(iter(self._due))
            if (message := subscription.next_message()) is not None:
                return message
            del self._due[subscription]
            if subscription.failure is not None:
                self._stop(subscription.id)
                failed = self.session.subscription_failed(subscription.id, subscription.failure)
                self.perform(failed)
            elif subscription.completed:
                self.perform(self.session.subscription_completed())
        return self._control.popleft() if self._control else None

    async def _drain(self) -> None:
        failed = None
        try:
            await self._outbox.drain()
        except (OSError, RuntimeError) as error:  # gone; servers say so in either way
            slow = isinstance(error, TimeoutError)
            failed = CloseCode.TOO_SLOW if slow else CloseCode.GOING_AWAY
        self._drainer = None
        if failed is not None:
            self.perform(self.session.close(failed))
        else:
            self._pump()

    def _leave(self) -> None:
        for subscription in self._subscriptions.values():
            subscription.close()
        self._subscriptions.clear()
        self._due.clear()
