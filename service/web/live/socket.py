"""Drives a session for a WebSocket that this process holds. Nothing waits: a peer that can't take
more is left at its position until it can."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

from handrail.core.access.principals import AccessScope
from handrail.core.apigateway import SubscriptionRequest
from handrail.core.errors import ServiceError
from handrail.core.listing import ListFilter
from handrail.core.protocol import session as effects
from handrail.core.protocol.client_messages import Level
from handrail.core.protocol.close_codes import CUT_OFF, CloseCode
from handrail.core.protocol.encoded_messages import Message
from handrail.core.protocol.session import MAX_KEPT, CloseSocket, Effect, Session
from handrail.core.raw_connection import SocketEnd
from handrail.usecases.live import Hub, ListSubscription, LiveLists, Subscription

from .registry import SocketRegistry
from .socket_record import SocketRecord

AnySubscription = Subscription | ListSubscription
MAX_CONTROL = 2 * MAX_KEPT  # answers waiting to be written: each message kept may have one
NO_CONTEXT = Context()  # not the handshake's, which would be kept


@dataclass(slots=True, eq=False, repr=False)
class Connection:
    """A `LiveClient`, and the `SocketOwner` of one socket, which the registry counts until it has
    `gone`. `time` tells the session's `now`."""

    transport: ClassVar[str] = "websocket"
    session: Session
    time: Callable[[], float]
    _end: SocketEnd
    _hub: Hub
    _lists: LiveLists
    _registry: SocketRegistry
    _record: SocketRecord
    _subscriptions: dict[str, AnySubscription] = field(init=False, default_factory=dict)
    _due: dict[AnySubscription, None] = field(init=False, default_factory=dict)
    _control: list[Message] = field(init=False, default_factory=list)
    _ended: CloseSocket | None = field(init=False, default=None)
    _pumping: bool = field(init=False, default=False)
    _over: bool = field(init=False, default=False)
    _admission: asyncio.Task[None] | None = field(init=False, default=None)
    _timer: asyncio.TimerHandle | None = field(init=False, default=None)
    _token: asyncio.Future[str] | None = field(init=False, default=None)

    @property
    def close_code(self) -> int | None:
        """The one that it is being closed with."""
        return None if self._ended is None else int(self._ended.code)

    def received(self, data: str | bytes) -> None:
        """A frame from the client."""
        self._record.received += 1
        self.perform(self.session.receive(data, self.time()))

    def resumed(self) -> None:
        self._pump()

    def stalled(self) -> None:
        self.perform(self.session.close(CloseCode.TOO_SLOW))
        self._close()

    def gone(self, code: int, *, by_peer: bool = False) -> None:
        """Lets go of everything."""
        if self._over:
            return
        self._over = True
        by_service = self._ended is not None or (code in CUT_OFF and not by_peer)
        code = int(self._ended.code) if self._ended is not None else code
        who, greeted = self.session.principal, self.session.greeted
        self._record.closed(code, who, by_service=by_service, greeted=greeted)
        self.session.close(CloseCode.LOST)
        self._leave()
        for pending in (self._admission, self._timer):
            if pending is not None:
                pending.cancel()
        self._registry.remove(self)
        if by_service:
            self._registry.metrics.socket_dropped(int(code))

    def admitted(self) -> None:
        """It was let in, unless it has ended."""
        if not self.session.closed:
            self._record.opened(self.session.principal)

    def let_in(self, admission: Coroutine[None, None, None]) -> None:
        """Runs the admission, for as long as the socket lasts."""
        self._admission = asyncio.ensure_future(admission)
        self._admission.add_done_callback(self._let_in, context=NO_CONTEXT)

    async def token(self) -> str:
        """The token of the client's init, for which there is a time."""
        now, self._token = self.time(), asyncio.get_running_loop().create_future()
        self.perform(self.session.await_init(now))
        due_at = self.session.init_by
        self.after(due_at - now, partial(self.sweep, due_at))
        return await self._token

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Calls this in so many seconds, in place of what it was to call before."""
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, call, context=NO_CONTEXT)

    def sweep(self, now: float) -> None:
        self.perform(self.session.tick(now))

    def restart(self) -> None:
        self.perform(self.session.close(CloseCode.RESTARTING))

    def expire(self) -> None:
        self.perform(self.session.expire())

    def perform(self, wanted: Sequence[Effect]) -> None:
        for effect in wanted:
            if self._ended is not None:
                return
            match effect:
                case effects.Send(message):
                    self._send(message)
                case effects.Authenticate(token):
                    if self._token is not None and not self._token.done():
                        self._token.set_result(token)
                case effects.StartSubscription(request):
                    self._start(request)
                case effects.StartList(id, filter):
                    self._start_list(id, filter)
                case effects.EndSubscription(id):
                    self._stop(id)
                case CloseSocket():
                    self._ended = effect
                    self._leave()
                    self._pump()

    def _let_in(self, _: asyncio.Task[None]) -> None:
        self._admission = None

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
            self._record.subscriptions += 1
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
        else:
            self._record.subscriptions += 1

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
        """Writes what is due while the peer keeps up, and the close frame behind it."""
        if self._pumping:
            return
        self._pumping = True
        try:
            while self._end.ready():
                if (message := self._next()) is None:
                    self._close()
                    return
                self._record.sent += 1
                self._end.write(message)
        finally:
            self._pumping = False

    def _close(self) -> None:
        if self._ended is not None:
            self._end.close(int(self._ended.code), self._ended.reason[:120])

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
        return self._control.pop(0) if self._control else None

    def _leave(self) -> None:
        for subscription in self._subscriptions.values():
            subscription.close()
        self._subscriptions.clear()
        self._due.clear()
