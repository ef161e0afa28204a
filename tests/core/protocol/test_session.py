"""The rules of `handrail.v1`, on the session alone."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from handrail.core.apigateway import SubscriptionRequest
from handrail.core.errors import (
    Draining,
    ExecutionNotFound,
    Forbidden,
    ServiceError,
    SubscriptionExists,
    TooManySockets,
    TooManySubscriptions,
    TooManyWatches,
    Unavailable,
)
from handrail.core.listing import ListFilter
from handrail.core.models import ExecutionStatus
from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.session import (
    MAX_KEPT,
    CloseSocket,
    EndSubscription,
    Phase,
    Send,
    Session,
)
from tests.core.protocol.session_scripts import (
    ANSWERS,
    EXECUTIONS,
    LIMITS,
    LIVES_S,
    MESSAGE,
    ONLY,
    READER,
    Says,
    SessionModel,
    said,
)
from tests.fakes import BEGIN

NOW = "2026-01-01T00:00:00.000Z"

PING = str(said("ping").data)
PONG = {"type": "pong"}


def subscribe(id: str = "a", execution: str = "orders:one", **rest: Any) -> str:
    return json.dumps({"type": "subscribe", "id": id, "execution": execution, **rest})


def init(who: str = "reader") -> str:
    return json.dumps({"type": "init", "token": who})


def opened(
    who: str | None = "reader", only: SubscriptionRequest | None = None, **limits: Any
) -> SessionModel:
    model = SessionModel(replace(LIMITS, **limits))
    model.begin(who, only=only)
    return model


def kinds(model: SessionModel) -> list[str]:
    return [message["type"] for message in model.heard]


def ended(model: SessionModel) -> tuple[int, str]:
    """The code and the reason."""
    assert model.ending is not None
    return int(model.ending.code), model.ending.reason


def test_an_open_socket_is_ready_first() -> None:
    ready = {
        "type": "ready",
        "session": "m",
        "heartbeat": 3600.0,
        "max_subscriptions": 2,
        "now": NOW,
    }
    assert opened().heard == [ready]
    assert opened(only=ONLY).heard == [
        {**ready, "max_subscriptions": 1},
        {"type": "subscribed", "id": "0"},
    ]


def test_an_init_opens_a_socket_that_brought_nothing() -> None:
    model = opened(None)
    assert model.heard == []
    model.receives(init())
    model.receives(init("nobody"))
    assert kinds(model) == ["ready"]
    assert model.session.principal is READER


@pytest.mark.parametrize("first", [PING, subscribe(), '{"type": "pong"}'])
def test_an_init_comes_first(first: str) -> None:
    model = opened(None)
    model.receives(first)
    assert ended(model) == (4401, "Say who you are first, with an init.")
    assert model.heard == []


def test_no_init_in_time_ends_the_socket() -> None:
    model = opened(None)
    model.passes(4.9)
    assert model.closed_with is None
    model.passes(0.1)
    assert ended(model) == (4408, "No init came in time.")


@pytest.mark.parametrize("by_init", [True, False])
@pytest.mark.parametrize(
    ("token", "code"), [("nobody", 4401), ("over", 4002), ("unavailable", 1013), ("starter", 4403)]
)
def test_who_is_not_known_or_may_nothing_is_not_let_in(
    by_init: bool, token: str, code: int
) -> None:
    model = opened(None if by_init else token)
    if by_init:
        model.receives(init(token))
    assert model.closed_with == code
    assert model.heard == []


def test_who_may_not_watch_the_only_execution_is_told_so() -> None:
    model = opened(None, only=SubscriptionRequest("0", "other:one"))
    model.receives(init())
    assert kinds(model) == ["ready", "error"]
    assert model.heard[1]["code"] == "execution_not_found"
    assert model.closed_with == 4404


@pytest.mark.parametrize(
    ("error", "code"), [(Draining("bye"), 1012), (TooManySockets("full"), 1013)]
)
def test_who_is_refused_for_want_of_room_is_not_let_in(error: ServiceError, code: int) -> None:
    model = SessionModel()
    model.session = Session("m", LIMITS, 0.0)
    model.perform(model.session.refuse(error))
    model.perform(model.session.authenticated(READER, BEGIN))
    assert ended(model) == (code, error.detail)
    assert model.heard == []


def test_what_is_said_while_a_credential_is_checked_is_answered_in_its_order() -> None:
    model = opened(None, max_messages_per_s=100)
    model.patient = True
    for message in (init(), PING, subscribe(), PING):
        model.receives(message)
    assert model.heard == []
    model.patient = False
    model.answers()
    assert kinds(model) == ["ready", "pong", "subscribed", "pong"]


def test_what_is_kept_while_a_credential_is_checked_is_bounded() -> None:
    model = opened(None, max_messages_per_s=10_000)
    model.patient = True
    model.receives(init())
    for _ in range(MAX_KEPT):
        model.receives(PING)
    assert model.closed_with is None
    model.receives(PING)
    assert ended(model) == (4429, "Too many messages.")


@pytest.mark.parametrize(
    "data", ["", "hello", '{"type": "dance"}', '{"type": "subscribe", "id": ""}', b"{}"]
)
def test_what_is_no_message_ends_the_socket(data: str | bytes) -> None:
    for token in ("reader", None):
        model = opened(token)
        model.receives(data)
        assert model.closed_with == 4400
        assert model.ending is not None
        assert model.ending.reason


def test_a_message_too_large_ends_the_socket() -> None:
    fitting = PING[:-1] + " " * (LIMITS.max_message_bytes - len(PING)) + "}"
    model = opened()
    model.receives(fitting)
    assert model.heard[-1] == PONG
    model.receives(fitting.replace("  ", " é", 1))
    assert ended(model) == (1009, "The message is too large.")


def test_too_many_messages_end_the_socket() -> None:
    model = opened()
    for _ in range(8):
        model.receives(PING)
    assert kinds(model) == ["ready", *["pong"] * 8]
    model.now += 0.5
    model.receives(PING)
    assert model.closed_with is None
    model.receives(PING)
    assert ended(model) == (4429, "Too many messages.")


def test_an_allowance_used_up_before_is_still_used_up() -> None:
    model = SessionModel(now=100.0)
    model.session = Session("m", LIMITS, 100.0, phase=Phase.OPEN, greeted=True, full_at=104.0)
    model.receives(PING)
    assert model.closed_with == 4429


def test_an_id_in_use_ends_the_socket() -> None:
    model = opened()
    model.receives(subscribe())
    model.receives(subscribe())
    assert ended(model) == (4409, "This subscription id is in use.")


def test_an_id_is_free_again_behind_an_unsubscribe_or_a_failure() -> None:
    model = opened()
    for _ in range(2):
        model.receives(subscribe())
        model.receives('{"type": "unsubscribe", "id": "a"}')
    model.receives(subscribe())
    model.perform(model.session.subscription_failed("a", ExecutionNotFound("Gone.")))
    model.receives(subscribe())
    again = ["subscribed", "unsubscribed"] * 2
    assert kinds(model)[1:] == [*again, "subscribed", "error", "subscribed"]


def test_too_many_subscriptions_end_the_socket() -> None:
    model = opened()
    for id in ("a", "b", "c"):
        model.receives(subscribe(id))
    assert ended(model) == (4429, "Too many subscriptions.")


@pytest.mark.parametrize(
    ("error", "code"), [(SubscriptionExists("taken"), 4409), (TooManySubscriptions("full"), 4429)]
)
def test_a_store_of_subscriptions_may_know_better(error: ServiceError, code: int) -> None:
    model = opened()
    model.perform(model.session.subscription_failed("a", error))
    assert model.closed_with == code


def test_a_socket_with_one_subscription_takes_no_other() -> None:
    model = opened(only=ONLY)
    model.receives(subscribe())
    assert ended(model) == (4400, "This socket has its one subscription.")


@pytest.mark.parametrize(
    ("error", "code"),
    [(ExecutionNotFound("none"), 4404), (Forbidden("no"), 4403), (Unavailable("later"), 1013)],
)
def test_a_socket_ends_with_its_only_subscription(error: ServiceError, code: int) -> None:
    model, many = opened(only=ONLY), opened()
    for each in (model, many):
        each.perform(each.session.subscription_failed("0", error))
        assert each.heard[-1]["code"] == error.code
    assert ended(model) == (code, error.detail)
    assert many.closed_with is None


def test_a_subscription_that_is_over_says_so_though_another_may_succeed() -> None:
    """On a socket of many: with but one the close code says it. What can't be is over anyway."""
    model, only = opened(), opened(only=ONLY)
    for each in (model, only):
        each.perform(each.session.subscription_failed("0", TooManyWatches("full")))
    assert (model.heard[-1]["retryable"], model.heard[-1]["over"]) == (True, True)
    assert (only.heard[-1]["code"], "over" in only.heard[-1]) == ("too_many_watches", False)
    model.perform(model.session.subscription_failed("1", ExecutionNotFound("none")))
    assert (model.heard[-1]["retryable"], "over" in model.heard[-1]) == (False, False)


def test_a_level_there_is_not_is_refused() -> None:
    model = opened(only=replace(ONLY, level="all"))
    assert model.heard[-1]["detail"] == "level is status, states or events."
    assert model.closed_with == 4400


def test_what_may_not_be_watched_is_refused_and_the_socket_goes_on() -> None:
    model = opened()
    for execution in ("other:one", "nonsense"):
        model.receives(subscribe(execution=execution))
        assert (model.heard[-1]["type"], model.heard[-1]["id"]) == ("error", "a")
        assert model.heard[-1]["code"] == "execution_not_found"
    model.receives(PING)
    assert model.heard[-1] == PONG


def test_a_socket_from_when_nobody_was_asked_may_subscribe_to_nothing() -> None:
    model = SessionModel()
    model.session = Session("m", LIMITS, 0.0, auth=True, phase=Phase.OPEN)
    model.perform(model.session.open(BEGIN))
    model.receives(subscribe())
    assert model.heard[-1]["code"] == "unauthenticated"


def subscribe_to_list(id: str = "l", **wanted: Any) -> str:
    return json.dumps({"type": "subscribe", "id": id, "list": wanted})


def test_a_list_may_be_subscribed_to_and_counts_as_a_subscription() -> None:
    model = opened(max_subscriptions=2)
    model.receives(subscribe_to_list("a", state_machine="orders", status="RUNNING"))
    model.receives(subscribe_to_list("b"))
    assert model.lists == {
        "a": ListFilter(("orders",), ExecutionStatus.RUNNING),
        "b": ListFilter(),
    }
    model.receives(subscribe_to_list("c"))
    assert model.closed_with == 4429


def test_a_list_s_id_is_as_good_as_an_execution_s() -> None:
    model = opened()
    model.receives(subscribe("a"))
    model.receives(subscribe_to_list("a"))
    assert model.closed_with == 4409
    again = opened()
    again.receives(subscribe_to_list("a"))
    again.receives('{"type":"unsubscribe","id":"a"}')
    again.receives(subscribe_to_list("a"))
    assert again.closed_with is None
    assert list(again.lists) == ["a"]


def test_a_list_of_what_may_not_be_read_is_refused_and_the_socket_goes_on() -> None:
    model = opened()
    for machine in ("other", ["orders", "other"]):
        model.receives(subscribe_to_list("a", state_machine=machine))
        assert model.heard[-1]["code"] == "state_machine_not_found"
    assert not model.lists
    assert model.closed_with is None


def test_a_socket_from_when_nobody_was_asked_may_follow_no_list() -> None:
    model = SessionModel()
    model.session = Session("m", LIMITS, 0.0, auth=True, phase=Phase.OPEN)
    model.perform(model.session.open(BEGIN))
    model.receives(subscribe_to_list())
    assert model.heard[-1]["code"] == "unauthenticated"


def test_complete_ends_a_socket_with_one_subscription() -> None:
    model, many = opened(only=ONLY), opened()
    for each in (model, many):
        each.perform(each.session.subscription_completed())
    assert ended(model) == (1000, "The execution has ended.")
    assert many.closed_with is None


def test_a_silent_client_is_pinged_and_ended_without_a_pong() -> None:
    model = opened(heartbeat_s=10)
    model.passes(9)
    assert kinds(model) == ["ready"]
    model.passes(1)
    assert kinds(model) == ["ready", "ping"]
    model.receives('{"type": "pong"}')
    model.passes(10)
    model.passes(9)
    assert kinds(model) == ["ready", "ping", "ping"]
    model.passes(1)
    assert ended(model) == (4001, "A ping went unanswered.")


def test_where_the_client_pings_nobody_else_does() -> None:
    model = opened(heartbeat_s=1, pings=False)
    model.passes(10)
    assert kinds(model) == ["ready"]
    assert model.closed_with is None


def test_a_credential_that_ends_takes_the_socket_along() -> None:
    model = opened()
    model.passes(LIVES_S)
    assert ended(model) == (4002, "The credential has expired.")


def test_nobody_hears_anything_behind_the_end() -> None:
    model = opened()
    effects = [
        *model.session.expire(),
        *model.session.close(CloseCode.RESTARTING),
        *model.session.receive(PING, 0.0),
        *model.session.authenticated(READER, BEGIN),
        *model.session.await_init(0.0),
        *model.session.open(BEGIN),
        *model.session.refuse(Draining("bye")),
        *model.session.subscription_failed("a", Unavailable("gone")),
        *model.session.subscription_completed(),
        *model.session.tick(1e9),
    ]
    assert [type(effect) for effect in effects] == [CloseSocket]


def test_an_unsubscribe_is_answered_whatever_it_names() -> None:
    model = opened()
    effects = model.session.receive('{"type": "unsubscribe", "id": "never"}', 0.0)
    assert effects[0] == EndSubscription("never")
    assert isinstance(effects[1], Send)


class AnyInterleaving(RuleBasedStateMachine):
    """Whatever comes in whatever order: messages, time, answers, the end of what is watched."""

    @initialize(
        token=st.sampled_from([None, *ANSWERS]),
        only=st.sampled_from([None, ONLY, SubscriptionRequest("0", "other:one")]),
    )
    def connects(self, token: str | None, only: SubscriptionRequest | None) -> None:
        self.subscribes = 0 if only is None else 1
        self.failures = 0
        self.model = SessionModel(replace(LIMITS, heartbeat_s=20.0), patient=True)
        self.model.begin(token, only=only)

    @rule(message=MESSAGE)
    def says(self, message: Says) -> None:
        was_open = self.model.session.phase is Phase.OPEN
        before = len(self.model.heard)
        self.model.receives(message.data)
        self.subscribes += message in SUBSCRIBES
        if message.data == PING and was_open and not self.model.session.closed:
            assert self.model.heard[before:] == [PONG]

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0, 20.0]))
    def waits(self, seconds: float) -> None:
        self.model.passes(seconds)

    @precondition(lambda self: self.model.asked)
    @rule()
    def is_authenticated(self) -> None:
        self.model.answers()

    @precondition(lambda self: self.model.starting)
    @rule(error=st.sampled_from([None, Unavailable("gone")]))
    def is_subscribed(self, error: ServiceError | None) -> None:
        before, (id, *_) = len(self.model.heard), self.model.starting
        self.failures += error is not None
        self.model.started(id, error)
        (answer,) = self.model.heard[before:]
        assert (answer["type"], answer["id"]) == ("error" if error else "subscribed", id)

    @rule()
    def completes(self) -> None:
        self.model.perform(self.model.session.subscription_completed())

    @rule(code=st.sampled_from([CloseCode.RESTARTING, CloseCode.TOO_SLOW]))
    def is_closed_by_its_driver(self, code: CloseCode) -> None:
        self.model.perform(self.model.session.close(code))

    @rule(error=st.sampled_from([Draining("bye"), Forbidden("no")]))
    def is_refused(self, error: ServiceError) -> None:
        self.model.perform(self.model.session.refuse(error))

    @invariant()
    def closes_once_and_says_nothing_more(self) -> None:
        assert not self.model.behind_the_end

    @invariant()
    def is_ready_first_and_once(self) -> None:
        if heard := kinds(self.model):
            assert heard.index("ready") == 0
            assert heard.count("ready") == 1

    @invariant()
    def answers_every_subscribe_once(self) -> None:
        """Started, or refused with an error; a socket that ends owes nothing any more."""
        model = self.model
        if model.session.phase is Phase.OPEN:
            refused = kinds(model).count("error") - self.failures
            assert self.subscribes == model.starts + refused

    @invariant()
    def starts_nothing_for_who_is_not_known(self) -> None:
        if self.model.starts:
            assert self.model.session.principal is READER


SUBSCRIBES = {
    said("subscribe", id=id, execution=execution, level=level)
    for id in ("a", "b", "c")
    for execution in EXECUTIONS
    for level in ("status", "states", "events")
}
AnyInterleaving.TestCase.settings = settings(max_examples=150, stateful_step_count=30)
TestAnyInterleaving = AnyInterleaving.TestCase
