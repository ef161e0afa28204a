"""Drives a session for a socket that API Gateway holds: loads it from the table for each event,
performs what it decides, and keeps what changed.

Nothing can be sent while a socket is being opened, so `ready` comes by a reminder of its own, or
with the first message, whichever is first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import structlog

from handrail.clock import Clock
from handrail.core.access.principals import AccessScope, Credential, Principal
from handrail.core.apigateway import GatewayConnection, GatewayPorts, Nudge
from handrail.core.errors import (
    ConnectionGone,
    ListsUnavailable,
    ServiceError,
    SubscriptionExists,
)
from handrail.core.protocol import client_messages
from handrail.core.protocol import session as sessions
from handrail.core.protocol.client_messages import BadMessage
from handrail.core.protocol.close_codes import REFUSAL, CloseCode
from handrail.core.protocol.session import CloseSocket, Effect, Session

from .admission import Admission, Handshake
from .fan_out import FanOut
from .gateway_session import end_socket, session_of
from .limits import GatewayLimits

log = structlog.get_logger(__name__)

NO_LISTS = "No list is followed on API Gateway: ask GET /v1/executions again and again instead."
ESTABLISHING_S = 10
"""How long a socket that was let in may still be unreachable: it is open once the handshake's
answer is back, and the reminder may be faster."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Each call stands alone: it may come to another process than the one before. `opened` is told
    of each socket that is let in."""

    admission: Admission
    ports: GatewayPorts
    fan_out: FanOut
    clock: Clock
    limits: GatewayLimits
    random: Callable[[], float]
    opened: Callable[[], None] = lambda: None

    async def connect(self, id: str, handshake: Handshake) -> Principal | None:
        """Lets a socket in, and answers whose it is as far as that was told. Raises what
        `Admission.let_in` does, and Unavailable."""
        principal, only = await self.admission.let_in(handshake)
        now, awaits_init = self.clock.now(), self.admission.awaits_init(handshake)
        wait_s = self.limits.init_timeout_s if awaits_init else 0.0
        due_at = now + timedelta(seconds=wait_s) if awaits_init else self._ends_at(now, principal)
        connection = GatewayConnection(id, now, due_at, principal, awaits_init, only=only)
        await self.ports.connections.open(connection)
        self.opened()
        await self.ports.nudges.greet(id, delay_s=ceil(wait_s))
        return principal

    async def greet(self, id: str, *, deadline: float) -> None:
        """Sends `ready` and subscribes to what the socket came for, or ends it where its init is
        overdue. Repeated, it changes nothing."""
        connection = await self.ports.connections.find(id)
        if connection is None or connection.greeted:
            return
        now, session = self.clock.now(), self._session(connection)
        effects = session.tick(now.timestamp()) or self._opened(session)
        if connection.awaits_init and not effects:
            left_s = (connection.due_at - now).total_seconds()
            await self.ports.nudges.greet(id, delay_s=ceil(left_s))
            return
        try:
            await self._perform(session, connection, effects, deadline)
        except ConnectionGone:
            if (self.clock.now() - connection.opened_at).total_seconds() < ESTABLISHING_S:
                await self.ports.nudges.greet(id, delay_s=1)
            else:
                await self.disconnect(id)

    async def receive(self, id: str, data: str | bytes, *, deadline: float) -> None:
        """Answers a message of the client's; bytes are a binary frame. What raises here has ended
        the socket, unless it was but a ping that wasn't answered."""
        try:
            now, cost_s = self.clock.now(), 1 / self.limits.max_messages_per_s
            connection = await self.ports.connections.spend(id, cost_s, now=now)
            if connection is None:
                await self.ports.posts.disconnect(id)
                return
            session = self._session(connection)
            effects = self._opened(session) + session.receive(data, now.timestamp())
            await self._perform(session, connection, effects, deadline)
        except ConnectionGone:
            await self.disconnect(id)
        except Exception:
            await self._give_up(id, data)
            raise

    async def disconnect(self, id: str) -> None:
        """Forgets a socket that is closed."""
        await self.ports.connections.close(id)

    def _opened(self, session: Session) -> list[Effect]:
        principal = session.principal
        if principal is not None and principal.expired(self.clock.now()):
            return session.expire()
        return session.open(self.clock.now())

    async def _perform(
        self, session: Session, connection: GatewayConnection, work: list[Effect], deadline: float
    ) -> None:
        """Does the work, then notes that `ready` was sent: whoever dies before is followed by one
        who sends it again. What was subscribed to is delivered last."""
        id, started = connection.id, list[str]()
        while work:
            match work.pop(0):
                case sessions.Send(message):
                    await self.ports.posts.post(id, message.text)
                case sessions.Authenticate(token):
                    work[:0] = await self._authenticate(session, connection, token)
                case sessions.StartSubscription() | sessions.StartList() as start:
                    work[:0] = await self._start(session, connection, start, started)
                case sessions.EndSubscription(subscription):
                    await self.ports.connections.unsubscribe(id, subscription)
                case CloseSocket() as close:
                    _log_refusal(connection, session, close.code)
                    await end_socket(self.ports, id, close)
        if session.closed:
            return
        if session.greeted and not connection.greeted:
            await self.ports.connections.greeted(id)
        for execution in started:
            await self._deliver(Nudge(execution), deadline=deadline)

    async def _authenticate(
        self, session: Session, connection: GatewayConnection, token: str
    ) -> list[Effect]:
        """Answers an init. As many invocations look at a token as there are inits at once, but only
        the first goes on."""
        try:
            principal = await self.admission.authentication.principal_of(Credential(bearer=token))
        except ServiceError as error:
            return session.authenticated(error, self.clock.now())
        effects = session.authenticated(principal, self.clock.now())
        if principal is None or session.closed:
            return effects
        due_at = self._ends_at(connection.opened_at, principal)
        if await self.ports.connections.identified(connection.id, principal, due_at):
            return effects
        session.close(CloseCode.NORMAL)  # for this invocation, and unsaid
        return []

    async def _start(
        self,
        session: Session,
        connection: GatewayConnection,
        start: sessions.StartSubscription | sessions.StartList,
        started: list[str],
    ) -> list[Effect]:
        """Stores a subscription, its watch first; of a list there can be none here. What a socket
        came for is looked at as it connects, and tried again with the whole invocation. Raises
        ServiceError."""
        if isinstance(start, sessions.StartList):
            return session.subscription_failed(start.id, ListsUnavailable(NO_LISTS))
        wanted, most = start.wanted, self.limits.max_subscriptions
        try:
            if connection.only is None:
                wanted = await self.admission.wanted(wanted)
            await self.ports.watches.watch(wanted.execution)
            await self.ports.connections.subscribe(connection.id, wanted, most=most)
        except ConnectionGone:
            raise
        except ServiceError as error:
            if connection.only is None:
                return session.subscription_failed(wanted.id, error)
            if not isinstance(error, SubscriptionExists):  # by an invocation that died since
                raise
        started.append(wanted.execution)
        return []

    async def _deliver(self, nudge: Nudge, *, deadline: float) -> None:
        try:
            await self.fan_out.deliver(nudge, deadline=deadline)
        except ServiceError as error:
            log.warning("delivery deferred", execution=nudge.execution, code=error.code)
            await self.fan_out.defer(nudge)

    async def _give_up(self, id: str, data: str | bytes) -> None:
        """Ends the socket: whoever asked for something and got no answer would wait for ever, and
        now comes back and asks again. A ping asks for nothing."""
        try:
            if isinstance(client_messages.parse(data), client_messages.Ping | client_messages.Pong):
                return
        except BadMessage:
            log.info("unreadable client message, socket closed")
        try:
            refusal = CloseSocket(CloseCode.TRY_LATER, "That can't be answered now.")
            await end_socket(self.ports, id, refusal)
        except ServiceError:
            await self.ports.posts.disconnect(id)

    def _session(self, connection: GatewayConnection) -> Session:
        auth = self.admission.authentication.asks
        return session_of(connection, self.limits, self.clock.now(), auth=auth)

    def _ends_at(self, opened_at: datetime, principal: Principal | None) -> datetime:
        """When it has to be looked after at the latest."""
        life_s = self.limits.lifetime_s - self.random() * self.limits.spread_s
        planned = opened_at + timedelta(seconds=life_s)
        expires_at = principal.expires_at if principal is not None else None
        return planned if expires_at is None else min(planned, expires_at)


def _log_refusal(connection: GatewayConnection, session: Session, code: CloseCode) -> None:
    """An audit line, as those of requests, where a socket isn't let in for who it is."""
    expired = code is CloseCode.CREDENTIAL_EXPIRED
    if code not in REFUSAL or (expired and not connection.awaits_init):
        return
    who = {"principal": session.principal.name} if session.principal is not None else {}
    facts = {"action": AccessScope.READ.value, "outcome": code.name.lower(), "code": int(code)}
    log.warning("access refused", audit=True, **facts, **who)
