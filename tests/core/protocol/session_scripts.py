"""What clients do to a socket, as scripts, and the session alone as a model of what comes of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from hypothesis import strategies as st

from handrail.core.access.principals import AccessScope, Grant, Principal
from handrail.core.apigateway import SubscriptionRequest
from handrail.core.errors import (
    CredentialExpired,
    ServiceError,
    Unauthenticated,
    Unavailable,
    UnsupportedByType,
)
from handrail.core.listing import ListFilter
from handrail.core.protocol import session
from handrail.core.protocol.session import Effect, Session, SessionLimits
from handrail.usecases.live.source import EXPRESS_HAS_NO_HISTORY
from tests.fakes import BEGIN

LIMITS = SessionLimits(
    heartbeat_s=3600.0,
    max_subscriptions=2,
    max_messages_per_s=2.0,
    max_message_bytes=512,
)
"""The allowance is eight messages at once."""

LIVES_S = 30
READER = Principal(
    "reader", (Grant(AccessScope.READ, "orders*"),), expires_at=BEGIN + timedelta(seconds=LIVES_S)
)
STARTER = Principal("starter", (Grant(AccessScope.START),))
ANSWERS: dict[str, Principal | ServiceError] = {
    "reader": READER,
    "starter": STARTER,
    "over": CredentialExpired("This credential has expired."),
    "unavailable": Unavailable("AWS is out of reach."),
}
"""Whose token it is. Any other is nobody's."""

EXPRESS = "orders:one:run"
EXECUTIONS = ("orders:one", "orders:two", EXPRESS, "other:one", "nonsense")
NO_HISTORY = UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
ONLY = SubscriptionRequest("0", "orders:one")


def answer_to(token: str) -> Principal | ServiceError:
    return ANSWERS.get(token, Unauthenticated("This credential is not known here."))


@dataclass(frozen=True, slots=True)
class Says:
    data: str | bytes


@dataclass(frozen=True, slots=True)
class Pauses:
    seconds: int


Step = Says | Pauses


def said(type: str, **members: Any) -> Says:
    return Says(json.dumps({"type": type, **members}))


IDS = st.sampled_from(["a", "b", "c"])
SUBSCRIBE = st.builds(
    lambda id, execution, level: said("subscribe", id=id, execution=execution, level=level),
    IDS,
    st.sampled_from(EXECUTIONS),
    st.sampled_from(["status", "states", "events"]),
)
BAD = st.sampled_from(
    [Says(""), Says("{"), Says(b"{}"), said("dance"), said("subscribe", id=""), said("init")]
)
LARGE = st.just(said("ping", padding="é" * 300))
INIT = st.sampled_from([*ANSWERS, "nobody"]).map(lambda token: said("init", token=token))
GOOD_INIT = st.just(said("init", token="reader"))
MESSAGE = st.one_of(
    SUBSCRIBE,
    SUBSCRIBE,
    SUBSCRIBE,
    st.builds(lambda id: said("unsubscribe", id=id), IDS),
    st.just(said("ping")),
    st.just(said("pong")),
    INIT,
    BAD,
    LARGE,
)
STEP = st.one_of(MESSAGE, MESSAGE, MESSAGE, st.sampled_from([Pauses(5), Pauses(LIVES_S)]))
SCRIPTS: st.SearchStrategy[Sequence[Step]] = st.one_of(
    st.lists(STEP, max_size=12),
    st.builds(lambda first, rest: [first, *rest], GOOD_INIT, st.lists(STEP, max_size=12)),
    st.lists(st.sampled_from([said("ping"), Pauses(5)]), max_size=20),
)


class Peer(Protocol):
    """A client at the other end of some driver. `closed_with` is the close code, None before."""

    @property
    def heard(self) -> Sequence[dict[str, Any]]: ...

    @property
    def closed_with(self) -> int | None: ...

    async def connect(self, token: str | None, *, only: SubscriptionRequest | None) -> None:
        """With this token in the handshake, or without one."""
        ...

    async def says(self, data: str | bytes) -> None: ...

    async def waits(self, seconds: int) -> None: ...


async def played(
    peer: Peer, script: Sequence[Step], token: str | None, only: SubscriptionRequest | None
) -> Any:
    """What the client hears in all, and the close code."""
    await peer.connect(token, only=only)
    for step in script:
        match step:
            case Says(data):
                await peer.says(data)
            case Pauses(seconds):
                await peer.waits(seconds)
    return [summary(message) for message in peer.heard], peer.closed_with


def summary(message: dict[str, Any]) -> dict[str, Any]:
    """What every transport says alike: not its session's id, its heartbeat, or a snapshot."""
    kept = ("type", "id", "code", "detail", "retryable", "max_subscriptions")
    return {name: message[name] for name in kept if name in message}


@dataclass
class SessionModel:
    """The session with the simplest of drivers. Implements `Peer`. Where it is `patient`, tokens
    and subscriptions are answered only by `answers` and `started`."""

    limits: SessionLimits = LIMITS
    patient: bool = False
    now: float = 0.0
    heard: list[dict[str, Any]] = field(default_factory=list)
    ending: session.CloseSocket | None = None
    behind_the_end: list[Effect] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    starting: list[str] = field(default_factory=list)
    starts: int = 0
    lists: dict[str, ListFilter] = field(default_factory=dict)

    @property
    def closed_with(self) -> int | None:
        return None if self.ending is None else int(self.ending.code)

    async def connect(self, token: str | None, *, only: SubscriptionRequest | None) -> None:
        self.begin(token, only=only)

    async def says(self, data: str | bytes) -> None:
        self.receives(data)

    async def waits(self, seconds: int) -> None:
        self.passes(seconds)

    def begin(self, token: str | None, *, only: SubscriptionRequest | None) -> None:
        self.session = Session("m", self.limits, self.now, only, auth=True)
        if token is None:
            self.perform(self.session.await_init(self.now))
        else:
            self.perform(self.session.authenticated(answer_to(token), BEGIN))

    def receives(self, data: str | bytes) -> None:
        self.perform(self.session.receive(data, self.now))

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.perform(self.session.tick(self.now))
        principal = self.session.principal
        if principal is not None and principal.expired(BEGIN + timedelta(seconds=self.now)):
            self.perform(self.session.expire())

    def answers(self) -> None:
        self.perform(self.session.authenticated(answer_to(self.asked.pop()), BEGIN))

    def started(self, id: str, error: ServiceError | None = None) -> None:
        self.starting.remove(id)
        if error is None:
            self.heard.append({"type": "subscribed", "id": id})
        else:
            self.perform(self.session.subscription_failed(id, error))

    def perform(self, effects: Sequence[Effect]) -> None:
        """What comes behind the end of these very effects is dropped, as drivers do."""
        if self.ending is not None:
            self.behind_the_end += effects
        for effect in effects:
            if self.ending is None:
                self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case session.Send(message):
                self.heard.append(json.loads(message.text))
            case session.Authenticate(token):
                self.asked.append(token)
                if not self.patient:
                    self.answers()
            case session.StartSubscription(wanted):
                self.starts += 1
                self.starting.append(wanted.id)
                if not self.patient:
                    self.started(wanted.id, NO_HISTORY if wanted.execution == EXPRESS else None)
            case session.StartList(id, wanted_list):
                self.lists[id] = wanted_list
            case session.EndSubscription(id):
                self.starting = [each for each in self.starting if each != id]
                self.lists.pop(id, None)
            case session.CloseSocket():
                self.ending, self.starting = effect, []
