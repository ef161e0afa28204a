"""What a client says, and what it is answered: the same rules as where a process holds its socket.

Nothing can be said while a socket is being opened, so `ready` comes by a greeting of its own, or
with the first message, whichever is first.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

import structlog

from service.core import notices, protocol
from service.core.closing import CloseCode, code_of_refusal, code_of_stranger
from service.core.errors import (
    ConnectionGone,
    ServiceError,
    SubscriptionExists,
    TooManySubscriptions,
)
from service.core.principals import Principal
from service.core.protocol import ONLY, BadMessage
from service.core.stored import Nudge, StoredConnection, SubscriptionRequest
from service.usecases.clock import Clock

from .admission import Admission, Handshake
from .limits import StoredLimits
from .line import Line
from .ports import StoredPorts
from .telling import Telling

log = structlog.get_logger(__name__)

ESTABLISHING_S = 10
"""How long a socket that was let in may still be unreachable: it is open once the handshake's
answer is back, and the greeting may be faster."""

__all__ = ["Conversation", "Handshake"]


class Conversation:
    """Each call stands alone: it may come to another process than the one before."""

    def __init__(
        self,
        admission: Admission,
        ports: StoredPorts,
        line: Line,
        telling: Telling,
        clock: Clock,
        *,
        limits: StoredLimits,
        random: Callable[[], float],
    ) -> None:
        self._admission = admission
        self._connections = ports.connections
        self._watches = ports.watches
        self._nudges = ports.nudges
        self._line = line
        self._telling = telling
        self._clock = clock
        self._limits = limits
        self._random = random

    async def connect(self, id: str, handshake: Handshake) -> None:
        """Let a socket in. Raises what the handshake is refused for: Unauthenticated,
        CredentialExpired, Forbidden, ExecutionNotFound, UnsupportedByType, InvalidRequest,
        Unavailable."""
        principal = await self._admission.principal_of(handshake)
        if principal is not None:
            self._admission.check(principal, handshake.execution)
        only = await self._admission.only(handshake)
        now, awaits_init = self._clock.now(), self._admission.awaits_init(handshake)
        wait_s = self._limits.init_timeout_s if awaits_init else 0.0
        due_at = now + timedelta(seconds=wait_s) if awaits_init else self._ends_at(now, principal)
        await self._connections.open(
            StoredConnection(
                id, now, due_at, principal=principal, awaits_init=awaits_init, only=only
            )
        )
        await self._nudges.greet(id, delay_s=ceil(wait_s))

    async def greet(self, id: str, *, deadline: float) -> None:
        """Say `ready`, and subscribe what the socket came for. Repeated, it changes nothing."""
        connection = await self._connections.find(id)
        if connection is None:
            return
        if connection.awaits_init:
            await self._remind_of_init(connection)
            return
        try:
            if not connection.greeted:
                await self._greeted(connection, deadline=deadline)
        except ConnectionGone:
            if (self._clock.now() - connection.opened_at).total_seconds() < ESTABLISHING_S:
                await self._nudges.greet(id, delay_s=1)
            else:
                await self._line.forget(id)

    async def receive(self, id: str, data: str | bytes, *, deadline: float) -> None:
        """A message from the client; bytes are a binary frame. What raises here has ended the
        socket, unless it was but a ping that wasn't answered."""
        try:
            connection = await self._connections.find(id)
            if connection is None:
                await self._line.cut(id)
                return
            await self._heard(connection, data, deadline=deadline)
        except BadMessage as error:
            await self._line.end(id, CloseCode.BAD_MESSAGE, str(error))
        except ConnectionGone:
            await self._line.forget(id)
        except Exception:
            await self._give_up(id, data)
            raise

    async def disconnect(self, id: str) -> None:
        """The socket is closed."""
        await self._line.forget(id)

    async def _heard(
        self, connection: StoredConnection, data: str | bytes, *, deadline: float
    ) -> None:
        """Raises BadMessage, ConnectionGone."""
        message = self._parsed(data)
        if connection.awaits_init:
            found = await self._introduced(connection, message)
            if found is None:
                return
            connection = found
        if self._admission.expired(connection.principal):
            await self._expire(connection)
        elif connection.greeted or await self._greeted(connection, deadline=deadline):
            await self._answer(connection, message, deadline=deadline)

    async def _give_up(self, id: str, data: str | bytes) -> None:
        """Whoever asked for something and got no answer would wait for ever: they come back, and
        ask again. A ping asks for nothing."""
        try:
            if isinstance(self._parsed(data), protocol.Ping | protocol.Pong):
                return
        except BadMessage:
            log.info("a message that is none ends its socket")
        try:
            await self._line.end(id, CloseCode.TRY_LATER, "That can't be answered now.")
        except ServiceError:
            await self._line.cut(id)

    def _parsed(self, data: str | bytes) -> protocol.AnyClientMessage:
        size = len(data.encode()) if isinstance(data, str) else len(data)
        if size > self._limits.max_message_bytes:
            raise BadMessage(f"A message has {self._limits.max_message_bytes} bytes at most.")
        return protocol.parse(data)

    async def _answer(
        self,
        connection: StoredConnection,
        message: protocol.AnyClientMessage,
        *,
        deadline: float,
    ) -> None:
        match message:
            case protocol.Ping():
                await self._line.say(connection.id, notices.PONG)
            case protocol.Subscribe() if connection.only is not None:
                raise BadMessage("This socket has its one subscription.")
            case protocol.Subscribe():
                await self._subscribe(connection, message, deadline=deadline)
            case protocol.Unsubscribe():
                await self._connections.unsubscribe(connection.id, message.id)
                await self._line.say(connection.id, notices.unsubscribed(message.id))
            case protocol.Pong() | protocol.Init():
                return  # whose socket it is was asked before

    async def _subscribe(
        self, connection: StoredConnection, message: protocol.Subscribe, *, deadline: float
    ) -> None:
        try:
            self._admission.check(connection.principal, message.execution)
            wanted = await self._admission.wanted(
                message.id, message.execution, level=message.level, after=message.after
            )
            kept = await self._keep(connection, wanted)
        except ConnectionGone:
            raise
        except ServiceError as error:
            await self._line.say(connection.id, notices.error_message(message.id, error))
            return
        if kept:
            await self._tell(wanted.execution, deadline=deadline)

    async def _keep(self, connection: StoredConnection, wanted: SubscriptionRequest) -> bool:
        """Keep a subscription, watch first; whether the socket is still open then."""
        try:
            await self._watches.watch(wanted.execution)
            await self._connections.subscribe(
                connection.id, wanted, most=self._limits.max_subscriptions
            )
        except SubscriptionExists:
            if connection.only is not None:
                return True  # greeted twice
            reason = "This subscription id is in use."
            await self._line.end(connection.id, CloseCode.DUPLICATE_ID, reason)
            return False
        except TooManySubscriptions:
            await self._line.end(connection.id, CloseCode.TOO_MANY, "Too many subscriptions.")
            return False
        return True

    async def _tell(self, execution: str, *, deadline: float) -> None:
        """Now, or by an invocation of its own where that can't be."""
        try:
            await self._telling.tell(Nudge(execution), deadline=deadline)
        except ServiceError as error:
            log.warning("telling put off", execution=execution, code=error.code)
            await self._telling.put_off(Nudge(execution))

    async def _greeted(self, connection: StoredConnection, *, deadline: float) -> bool:
        """Say `ready`; whether the socket is still open then. It counts as greeted once all is
        kept: whoever dies before is followed by one who greets again."""
        if self._admission.expired(connection.principal):
            await self._expire(connection)
            return False
        only = connection.only
        ready = notices.ready(
            connection.id,
            heartbeat_s=self._limits.heartbeat_s,
            max_subscriptions=1 if only is not None else self._limits.max_subscriptions,
        )
        await self._line.say(connection.id, ready)
        if only is not None and not await self._keep(connection, only):
            return False
        await self._connections.greeted(connection.id)
        if only is not None:
            await self._tell(only.execution, deadline=deadline)
        return True

    async def _introduced(
        self, connection: StoredConnection, message: protocol.AnyClientMessage
    ) -> StoredConnection | None:
        """The connection with the principal its init names; None where it ends instead."""
        if not isinstance(message, protocol.Init):
            reason = "Say who you are first, with an init."
            await self._line.end(connection.id, CloseCode.UNAUTHENTICATED, reason)
            return None
        try:
            principal = await self._admission.identified(message.token)
        except ServiceError as error:
            await self._line.end(connection.id, code_of_stranger(error), error.detail)
            return None
        if principal is None:  # nobody is asked any more
            return replace(connection, awaits_init=False)
        try:
            self._admission.check(principal, connection.only.execution if connection.only else None)
        except ServiceError as error:
            await self._turn_away(connection, error)
            return None
        due_at = self._ends_at(connection.opened_at, principal)
        if not await self._connections.identified(connection.id, principal, due_at):
            return None
        return replace(connection, principal=principal, awaits_init=False, due_at=due_at)

    async def _turn_away(self, connection: StoredConnection, error: ServiceError) -> None:
        if connection.only is not None:
            await self._line.say(connection.id, notices.error_message(ONLY, error))
        await self._line.end(connection.id, code_of_refusal(error), error.detail)

    async def _remind_of_init(self, connection: StoredConnection) -> None:
        left_s = (connection.due_at - self._clock.now()).total_seconds()
        if left_s > 0:
            await self._nudges.greet(connection.id, delay_s=ceil(left_s))
        else:
            reason = "No init came in time."
            await self._line.end(connection.id, CloseCode.INIT_TIMEOUT, reason)

    async def _expire(self, connection: StoredConnection) -> None:
        reason = "The credential has expired."
        await self._line.end(connection.id, CloseCode.CREDENTIAL_EXPIRED, reason)

    def _ends_at(self, opened_at: datetime, principal: Principal | None) -> datetime:
        """When it has to be looked after at the latest."""
        life_s = self._limits.lifetime_s - self._random() * self._limits.spread_s
        planned = opened_at + timedelta(seconds=life_s)
        expires_at = principal.expires_at if principal is not None else None
        return planned if expires_at is None else min(planned, expires_at)
