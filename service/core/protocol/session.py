"""Decides what one socket of `handrail.v1` is told and when it ends. Sans-IO: a driver hands in
what happens and performs the effects it is answered, in order, and none behind a CloseSocket."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from math import inf

from handrail.core import errors
from handrail.core.access.principals import (
    AccessScope,
    Principal,
    check_execution,
    check_machine,
    check_somewhere,
)
from handrail.core.apigateway import SubscriptionRequest
from handrail.core.listing import ListFilter
from handrail.core.shares import frames_allowed

from . import client_messages
from .client_messages import BadMessage, Level
from .close_codes import CloseCode
from .encoded_messages import Message
from .server_messages import PING, PONG, error_message, ready, unsubscribed

NO_SUCH_LEVEL = "level is status, states or events."
TOO_MANY_MESSAGES = "Too many messages."
TOO_MANY_SUBSCRIPTIONS = "Too many subscriptions."

MAX_KEPT = 256  # messages, while a credential is being checked


class Phase(Enum):
    """CHECKING a credential (messages are kept meanwhile), AWAITING_INIT, OPEN, or CLOSED."""

    CHECKING = auto()
    AWAITING_INIT = auto()
    OPEN = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Without `pings` staying in touch is left to the client."""

    heartbeat_s: float
    max_subscriptions: int
    max_messages_per_s: float
    max_message_bytes: int
    init_timeout_s: float = 5.0
    pings: bool = True


@dataclass(frozen=True, slots=True)
class Send:
    message: Message


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Find out whose token this is; the answer goes to `authenticated`."""

    token: str


@dataclass(frozen=True, slots=True)
class StartSubscription:
    """Where that fails, at once or later, `subscription_failed` is told."""

    wanted: SubscriptionRequest


@dataclass(frozen=True, slots=True)
class StartList:
    """As StartSubscription, of a list. The driver leaves out what the principal may not read."""

    id: str
    wanted: ListFilter


@dataclass(frozen=True, slots=True)
class EndSubscription:
    """Also of an id that names none."""

    id: str


@dataclass(frozen=True, slots=True)
class CloseSocket:
    """Ends all subscriptions too. The code's meaning stands for a missing reason."""

    code: CloseCode
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", self.reason or self.code.meaning)


Effect = Send | Authenticate | StartSubscription | StartList | EndSubscription | CloseSocket


@dataclass(slots=True, eq=False)
class Session:
    """One socket's, from when its handshake is being checked, or made of what a driver kept of it:
    whether `ready` was sent (`greeted`), by when an init must come, and when the client's allowance
    of messages will be full again. Every time is in seconds of one clock of the driver's.

    With `only` the socket has that one subscription, and ends with it. Where it has no principal
    although there is `auth`, nothing can be subscribed to."""

    id: str
    limits: SessionLimits
    heard_at: float
    only: SubscriptionRequest | None = None
    auth: bool = False
    phase: Phase = Phase.CHECKING
    principal: Principal | None = None
    greeted: bool = False
    init_by: float = inf
    full_at: float = -inf
    _pinged_at: float | None = field(default=None, init=False)
    _subscriptions: set[str] = field(default_factory=set, init=False)
    _kept: list[str | bytes] = field(default_factory=list, init=False)

    @property
    def closed(self) -> bool:
        return self.phase is Phase.CLOSED

    def open(self, at: datetime) -> list[Effect]:
        """Send `ready`, which tells this time, and start the only subscription. Nothing where that
        was done before."""
        if self.phase is not Phase.OPEN or self.greeted:
            return []
        most = self.limits.max_subscriptions
        if self.only is not None:
            most = 1
        elif self.principal is not None:
            try:
                check_somewhere(self.principal, AccessScope.READ)
            except errors.Forbidden as error:
                return self.refuse(error)
        self.greeted = True
        started = [] if self.only is None else self._subscribe(StartSubscription(self.only))
        said = Send(ready(self.id, self.limits.heartbeat_s, max_subscriptions=most, now=at))
        return [said, *started, *self._take_kept()]

    def await_init(self, now: float) -> list[Effect]:
        """The handshake brought no credential."""
        if self.phase is not Phase.CHECKING:
            return []
        self.phase, self.init_by = Phase.AWAITING_INIT, now + self.limits.init_timeout_s
        return self._take_kept()

    def authenticated(
        self, found: Principal | errors.ServiceError | None, at: datetime
    ) -> list[Effect]:
        """Whose credential it was, None where nobody is asked; or why that can't be told. `at` is
        the service's time."""
        if self.phase is not Phase.CHECKING:
            return []
        if isinstance(found, errors.ServiceError):
            return self.close(CloseCode.for_authentication(found), found.detail)
        self.phase, self.principal = Phase.OPEN, found
        return self.open(at)

    def refuse(self, error: errors.ServiceError) -> list[Effect]:
        """The socket is not let in."""
        return self.close(CloseCode.for_admission(error), error.detail)

    def receive(self, data: str | bytes, now: float) -> list[Effect]:
        """A message from the client; bytes are a binary frame."""
        if self.closed:
            return []
        self.heard_at, self._pinged_at = now, None
        allowance = frames_allowed(self.limits.max_messages_per_s, full_at=self.full_at)
        if allowance.take(now) > 0 or len(self._kept) >= MAX_KEPT:
            return self.close(CloseCode.TOO_MANY, TOO_MANY_MESSAGES)
        self.full_at = allowance.full_at
        size = len(data) if isinstance(data, bytes) else len(data.encode(errors="replace"))
        if size > self.limits.max_message_bytes:
            return self.close(CloseCode.TOO_BIG)
        self._kept.append(data)
        return self._take_kept()

    def subscription_failed(self, id: str, error: errors.ServiceError) -> list[Effect]:
        """The subscription couldn't be started, or there is nothing more to come of it."""
        if isinstance(error, errors.SubscriptionExists):
            return self.close(CloseCode.DUPLICATE_ID)
        if isinstance(error, errors.TooManySubscriptions):
            return self.close(CloseCode.TOO_MANY, TOO_MANY_SUBSCRIPTIONS)
        if self.closed:
            return []
        self._subscriptions.discard(id)
        said = Send(error_message(id, error, over=self.only is None))
        if self.only is None:
            return [said]
        return [said, *self.close(CloseCode.for_subscription(error), error.detail)]

    def subscription_completed(self) -> list[Effect]:
        """A subscription was told `complete`: the socket ends where it was the only one."""
        return [] if self.only is None else self.close(CloseCode.NORMAL)

    def tick(self, now: float) -> list[Effect]:
        """Time has passed: ping a silent client, and end one that says no init or no pong."""
        if self.phase is Phase.AWAITING_INIT and now >= self.init_by:
            return self.close(CloseCode.INIT_TIMEOUT)
        if self.phase is not Phase.OPEN or not self.limits.pings:
            return []
        heartbeat_s = self.limits.heartbeat_s
        if self._pinged_at is not None:
            late = now - self._pinged_at >= heartbeat_s
            return self.close(CloseCode.NO_PONG) if late else []
        if now - self.heard_at < heartbeat_s:
            return []
        self._pinged_at = now
        return [Send(PING)]

    def expire(self) -> list[Effect]:
        """The principal's credential is over."""
        return self.close(CloseCode.CREDENTIAL_EXPIRED)

    def close(self, code: CloseCode, reason: str = "") -> list[Effect]:
        """End the socket. Only the first reason counts."""
        if self.closed:
            return []
        self.phase = Phase.CLOSED
        self._kept.clear()
        self._subscriptions.clear()
        return [CloseSocket(code, reason)]

    def _take_kept(self) -> list[Effect]:
        effects: list[Effect] = []
        while self._kept and self.phase in {Phase.AWAITING_INIT, Phase.OPEN}:
            try:
                effects += self._answer(client_messages.parse(self._kept.pop(0)))
            except BadMessage as error:
                effects += self.close(CloseCode.BAD_MESSAGE, str(error))
        return effects

    def _answer(self, message: client_messages.AnyClientMessage) -> list[Effect]:
        """Raises BadMessage."""
        match message:
            case client_messages.Init(token=token) if self.phase is Phase.AWAITING_INIT:
                self.phase = Phase.CHECKING
                return [Authenticate(token)]
            case _ if self.phase is Phase.AWAITING_INIT:
                return self.close(CloseCode.UNAUTHENTICATED, "Say who you are first, with an init.")
            case client_messages.Ping():
                return [Send(PONG)]
            case client_messages.Subscribe() if self.only is not None:
                raise BadMessage("This socket has its one subscription.")
            case client_messages.Subscribe():
                return self._subscribe(_start_of(message))
            case client_messages.Unsubscribe(id=id):
                self._subscriptions.discard(id)
                return [EndSubscription(id), Send(unsubscribed(id))]
            case _:
                return []  # a pong, or an init after all

    def _subscribe(self, start: StartSubscription | StartList) -> list[Effect]:
        id = start.id if isinstance(start, StartList) else start.wanted.id
        if id in self._subscriptions:
            return self.close(CloseCode.DUPLICATE_ID)
        if len(self._subscriptions) >= self.limits.max_subscriptions:
            return self.close(CloseCode.TOO_MANY, TOO_MANY_SUBSCRIPTIONS)
        try:
            self._check(start)
        except errors.ServiceError as error:
            return self.subscription_failed(id, error)
        self._subscriptions.add(id)
        return [start]

    def _check(self, start: StartSubscription | StartList) -> None:
        """Raises what refuses the subscription."""
        if isinstance(start, StartSubscription) and start.wanted.level not in set(Level):
            raise errors.InvalidRequest(NO_SUCH_LEVEL)
        if self.principal is None:
            if self.auth:
                raise errors.Unauthenticated("This socket was opened before anybody was asked.")
        elif isinstance(start, StartSubscription):
            check_execution(self.principal, AccessScope.READ, start.wanted.execution)
        else:
            for machine in start.wanted.machines:
                check_machine(self.principal, AccessScope.READ, machine)


def _start_of(message: client_messages.Subscribe) -> StartSubscription | StartList:
    if message.listed is not None:
        return StartList(message.id, message.listed.filter())
    execution, level = message.execution or "", message.level.value
    return StartSubscription(SubscriptionRequest(message.id, execution, level, message.after))
