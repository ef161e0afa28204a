"""One subscriber's place: what is due next."""

from collections.abc import Callable

import pytest

from handrail.core.errors import Throttled, Unavailable, UpstreamRefused
from handrail.core.models import Account
from handrail.usecases.live import Level, Subscription
from tests.core.histories import History
from tests.fakes import ACCOUNT, unread

from .stage import Client, cursor, decoded
from .test_position_resuming import Replica, replica


@pytest.fixture
def history() -> History:
    history = History()
    history.main.task("Charge")
    return history


def subscription_of(
    at: Replica,
    *,
    level: Level = Level.STATES,
    account: Account | None = None,
    wake: Callable[[], None] = lambda: None,
) -> Subscription:
    return Subscription(
        at,
        id="s1",
        after=None,
        level=level,
        account=account,
        wake=wake,
    )


def kinds(client: Client) -> list[str]:
    return [message["type"] for message in client.messages]


def test_nothing_is_due_before_the_first_read() -> None:
    assert subscription_of(Replica(None)).next_message() is None


def test_a_new_subscription_is_answered_with_a_snapshot(history: History) -> None:
    client = Client()
    client.take_all(subscription_of(replica(history.events)))
    assert kinds(client) == ["subscribed"]
    assert client.messages[0]["recovered"] is False
    assert client.cursor == cursor(len(history.events))


def test_who_doesnt_pull_for_long_gets_one_update_of_the_newest_states(history: History) -> None:
    at, client = replica(history.events), Client()
    assert at.feed is not None
    subscription = subscription_of(at)
    client.take_all(subscription)
    for _ in range(50):
        history.main.task("Charge")
        at.feed.fold(history.events)
    [update] = client.take_all(subscription)
    assert update["states"][0]["entered"] == 51
    assert update["cursor"] == cursor(len(history.events))


def test_a_client_that_fell_behind_the_log_is_reset(history: History) -> None:
    at, client = replica(history.events, log_bytes=1000), Client()
    assert at.feed is not None
    subscription = subscription_of(at, level=Level.EVENTS)
    client.take_all(subscription)
    history.main.task("A").task("B")
    at.feed.fold(history.events)
    [reset] = client.take_all(subscription)
    assert reset["type"] == "reset"
    assert reset["reason"]
    assert reset["cursor"] == reset["snapshot"]["cursor"] == cursor(len(history.events))
    assert list(client.states) == ["Charge", "A", "B"]


def test_complete_comes_once_an_end_and_again_after_a_redrives(history: History) -> None:
    at, client = replica(history.events), Client()
    assert at.feed is not None
    subscription = subscription_of(at)
    assert not subscription.completed
    for step in ("ExecutionFailed", "ExecutionRedriven", "ExecutionSucceeded"):
        history.main.then(step)
        at.feed.fold(history.events)
        client.take_all(subscription)
        client.take_all(subscription)
    assert kinds(client) == ["subscribed", "complete", "update", "update", "complete"]
    assert [m["status"] for m in client.messages if m["type"] == "complete"] == [
        "FAILED",
        "SUCCEEDED",
    ]
    assert subscription.completed


def test_a_redrive_that_ended_unseen_still_completes_again(history: History) -> None:
    history.main.then("ExecutionFailed")
    at, client = replica(history.events), Client()
    assert at.feed is not None
    subscription = subscription_of(at)
    client.take_all(subscription)
    history.main.then("ExecutionRedriven").then("ExecutionSucceeded")
    at.feed.fold(history.events)
    client.take_all(subscription)
    assert kinds(client) == ["subscribed", "complete", "update", "complete"]
    assert client.execution["redrive_count"] == 1


def test_a_subscription_is_finished_once_all_of_an_ended_execution_was_told(
    history: History,
) -> None:
    at, client = replica(history.events), Client()
    assert at.feed is not None
    subscription = subscription_of(at)
    client.take_all(subscription)
    assert not subscription.finished
    history.main.then("ExecutionSucceeded")
    at.feed.fold(history.events)
    assert not subscription.finished
    client.take_all(subscription)
    assert subscription.finished


def test_only_the_newest_notice_is_told_and_told_once(history: History) -> None:
    woken: list[bool] = []
    subscription = subscription_of(replica(history.events), wake=lambda: woken.append(True))
    subscription.notify(Throttled("slow down"))
    subscription.notify(Unavailable("gone"))
    message = subscription.next_message()
    assert message is not None
    assert message.cursor is None
    assert decoded(message) == {
        "type": "error",
        "id": "s1",
        "code": "unavailable",
        "detail": "gone",
        "retryable": True,
    }
    following = subscription.next_message()
    assert following is not None
    assert decoded(following)["type"] == "subscribed"
    assert len(woken) == 2


def test_a_failed_read_is_told_as_one_that_is_made_again_whatever_failed_it(
    history: History,
) -> None:
    """What is retryable in REST is another question: there the caller would have to repeat it."""
    subscription = subscription_of(replica(history.events))
    subscription.notify(UpstreamRefused("expired"))
    message = subscription.next_message()
    assert message is not None
    assert (decoded(message)["code"], decoded(message)["retryable"]) == ("upstream_refused", True)


def test_after_a_failure_nothing_is_due(history: History) -> None:
    woken: list[bool] = []
    subscription = subscription_of(replica(history.events), wake=lambda: woken.append(True))
    subscription.fail(Unavailable("gone"))
    assert subscription.next_message() is None
    assert unread(subscription.failure) == "unavailable"
    assert woken


def test_an_arn_of_another_account_names_nothing_here(history: History) -> None:
    elsewhere = Account("aws", "eu-west-1", "999999999999")
    subscription = subscription_of(replica(history.events), account=elsewhere)
    assert subscription.next_message() is None
    assert unread(subscription.failure) == "execution_not_found"


def test_an_arn_of_this_account_is_as_good_as_an_id(history: History) -> None:
    subscription = subscription_of(replica(history.events), account=ACCOUNT)
    assert subscription.next_message() is not None


def test_a_closed_subscription_has_left_its_watcher(history: History) -> None:
    at = replica(history.events)
    subscription = subscription_of(at)
    subscription.close()
    assert at.left == [subscription]
