"""Messages drawn for a position."""

from dataclasses import replace

import pytest

from handrail.core.models import Cursor, ExecutionId
from handrail.usecases.live import Level
from handrail.usecases.live.event_log import EventLog
from handrail.usecases.live.feed import Feed
from tests.core.histories import History
from tests.fakes import ACCOUNT

from .stage import EPOCH, ID, cursor, decoded

LARGE = 8 * 1024 * 1024


def feed_of(history: History, *, log_bytes: int = LARGE) -> Feed:
    feed = Feed(ExecutionId.parse(ID), EPOCH, log=EventLog(log_bytes))
    feed.fold(history.events)
    return feed


@pytest.fixture
def history() -> History:
    history = History('{"order": 7}')
    history.main.task("Charge").enter("Task", "Ship").schedule()
    return history


def test_a_cursor_is_known_that_is_of_this_epoch_and_not_ahead(history: History) -> None:
    feed = feed_of(history)
    for event_id in range(feed.position + 1):
        assert feed.knows(Cursor(EPOCH, event_id), Level.EVENTS)
    assert not feed.knows(Cursor(EPOCH, feed.position + 1), Level.STATES)
    assert feed.knows(Cursor(EPOCH - 10_000, 3), Level.STATES)
    assert not feed.knows(Cursor(EPOCH - 10_001, 3), Level.STATES)
    assert not feed.knows(None, Level.STATES)


def test_only_level_events_needs_the_events_themselves(history: History) -> None:
    feed = feed_of(history, log_bytes=0)
    assert feed.knows(Cursor(EPOCH, 2), Level.STATUS)
    assert feed.knows(Cursor(EPOCH, 2), Level.STATES)
    assert not feed.knows(Cursor(EPOCH, 2), Level.EVENTS)
    assert feed.knows(Cursor(EPOCH, feed.position), Level.EVENTS)


def test_a_feed_has_ended_once_its_execution_has_and_not_after_a_redrive(history: History) -> None:
    assert not Feed(ExecutionId.parse(ID), EPOCH, log=EventLog(0)).ended
    assert not feed_of(history).ended
    history.main.then("ExecutionFailed", error="Boom")
    assert feed_of(history).ended
    history.main.then("ExecutionRedriven", redriveCount=1)
    assert not feed_of(history).ended


def test_the_answer_to_a_subscription_stands_under_the_clients_cursor(history: History) -> None:
    feed = feed_of(history)
    message = feed.subscribed("s1", position=2, recovered=True)
    document = decoded(message)
    assert document["type"] == "subscribed"
    assert document["id"] == "s1"
    assert document["recovered"] is True
    assert document["cursor"] == document["snapshot"]["cursor"] == message.cursor == cursor(2)
    assert [state["state"] for state in document["snapshot"]["states"]] == ["Charge", "Ship"]


def test_an_update_carries_whole_states_that_changed_and_all_tasks(history: History) -> None:
    since = len(history.events)
    history.main.then("TaskSucceeded").exit("Task", "Ship").enter("Task", "Approve").schedule(
        "sendMessage.waitForTaskToken"
    )
    position, message = feed_of(history).update("s1", Level.STATES, since)
    assert message is not None
    document = decoded(message)
    assert position == len(history.events)
    assert document["cursor"] == cursor(position)
    assert [state["state"] for state in document["states"]] == ["Ship", "Approve"]
    assert set(document["states"][0]) >= {"type", "status", "entered", "first_entered_at"}
    assert [task["state"] for task in document["tasks"]] == ["Approve"]
    assert document["execution"].keys() == {"progress"}
    assert "events" not in document


def test_an_update_carries_the_executions_changed_fields_alone(history: History) -> None:
    since = len(history.events)
    history.main.then("ExecutionFailed", error="Boom", cause="it broke")
    _, message = feed_of(history).update("s1", Level.STATES, since)
    assert message is not None
    changed = decoded(message)["execution"]
    assert changed.pop("progress")["fraction"] == 1.0
    assert changed == {
        "status": "FAILED",
        "stopped_at": "2026-01-01T00:00:01.000Z",
        "error": "Boom",
        "cause": "it broke",
    }


def test_level_status_is_silent_while_only_states_change(history: History) -> None:
    feed = feed_of(history)
    assert feed.update("s1", Level.STATUS, 1) == (feed.position, None)


def test_level_status_tells_of_the_execution_and_of_nothing_else(history: History) -> None:
    history.main.then("ExecutionSucceeded", output="3")
    _, message = feed_of(history).update("s1", Level.STATUS, 1)
    assert message is not None
    assert set(decoded(message)) == {"type", "id", "cursor", "execution"}


def test_level_states_is_silent_where_no_state_changed(history: History) -> None:
    assert history.events[-1].type == "TaskStarted"
    feed = feed_of(history)
    assert feed.update("s1", Level.STATES, feed.position - 1) == (feed.position, None)


def test_level_events_tells_of_every_event(history: History) -> None:
    feed = feed_of(history)
    _, message = feed.update("s1", Level.EVENTS, feed.position - 1)
    assert message is not None
    assert [event["id"] for event in decoded(message)["events"]] == [feed.position]


def test_events_come_in_chunks_each_under_its_own_last_id() -> None:
    history = History()
    for number in range(700):
        history.main.visit("Pass", f"P{number % 5}")
    feed = feed_of(history)
    position, chunks = 0, []
    while position < feed.position:
        position, message = feed.update("s1", Level.EVENTS, position)
        assert message is not None
        document = decoded(message)
        chunks.append([event["id"] for event in document["events"]])
        assert document["cursor"] == cursor(chunks[-1][-1]) == cursor(position)
    assert [id for chunk in chunks for id in chunk] == list(range(1, 1402))
    assert len(chunks) > 2


def test_everybody_at_the_same_place_gets_the_very_same_message(history: History) -> None:
    history.main.then("ExecutionFailed", error="Boom")
    feed = feed_of(history)
    drawn = [
        (
            feed.update("s1", Level.STATES, 2)[1],
            feed.update("s1", Level.EVENTS, 2)[1],
            feed.complete("s1"),
            feed.reset("s1", "why"),
            feed.subscribed("s1", position=2, recovered=True),
        )
        for _ in range(2)
    ]
    assert all(one is two for one, two in zip(*drawn, strict=True))


def test_subscriptions_of_other_ids_share_what_was_encoded(history: History) -> None:
    feed = feed_of(history)
    _, one = feed.update("one", Level.STATES, 2)
    _, two = feed.update("two", Level.STATES, 2)
    assert one is not None
    assert two is not None
    assert decoded(one) == {**decoded(two), "id": "one"}


def test_nothing_encoded_outlives_a_new_event(history: History) -> None:
    feed = feed_of(history)
    _, before = feed.update("s1", Level.STATES, 2)
    history.main.then("TaskSucceeded")
    feed.fold(history.events)
    _, after = feed.update("s1", Level.STATES, 2)
    assert before is not None
    assert after is not None
    assert decoded(after)["cursor"] == cursor(feed.position)
    assert before is not after


def test_events_read_twice_change_nothing(history: History) -> None:
    feed = feed_of(history)
    _, before = feed.update("s1", Level.STATES, 2)
    assert not feed.fold(history.events)
    assert feed.update("s1", Level.STATES, 2)[1] is before


def test_complete_tells_how_it_ended(history: History) -> None:
    history.main.then("ExecutionSucceeded", output='{"shipped": true}')
    document = decoded(feed_of(history).complete("s1"))
    assert document == {
        "type": "complete",
        "id": "s1",
        "cursor": cursor(len(history.events)),
        "status": "SUCCEEDED",
        "output": {"shipped": True},
        "error": None,
        "cause": None,
    }


def test_a_feed_of_no_events_yet_shows_a_running_execution() -> None:
    feed = Feed(ExecutionId.parse(ID), EPOCH, log=EventLog(LARGE))
    document = decoded(feed.subscribed("s1", position=0, recovered=False))
    snapshot = document["snapshot"]
    assert snapshot["status"] == "RUNNING"
    assert snapshot["started_at"] == "2026-01-01T00:00:00.100Z"
    assert snapshot["states"] == snapshot["tasks"] == []


def test_an_execution_is_listed_with_what_it_was_started_by(history: History) -> None:
    order = f"arn:aws:states:{ACCOUNT.region}:{ACCOUNT.account_id}:stateMachine:order"
    first = history.events[0]
    named = {"stateMachineVersionArn": f"{order}:3", "stateMachineAliasArn": f"{order}:live"}
    history.events[0] = replace(first, details={**first.details, **named})
    listed = feed_of(history).execution(ACCOUNT)
    assert listed is not None
    assert (listed.version, listed.alias) == ("3", "live")


def test_a_promise_alone_is_told_with_every_member_of_its_level(history: History) -> None:
    feed = feed_of(history)
    assert feed.promise(2.0)
    members = {
        level: set(decoded(feed.update_of_outlook("s", level))) - {"type", "id", "cursor"}
        for level in Level
    }
    assert members == {
        Level.STATUS: {"execution"},
        Level.STATES: {"execution", "states", "tasks"},
        Level.EVENTS: {"execution", "states", "tasks", "events"},
    }
