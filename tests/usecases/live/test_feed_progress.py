"""A feed's progress is drawn once a position, and once a second where time counts."""

import pytest

from handrail.core.definition.expected_path import expected_paths
from handrail.core.forecast import Forecast
from handrail.core.models import ExecutionId
from handrail.usecases.live import Level
from handrail.usecases.live.early_end import EarlyEnd
from handrail.usecases.live.event_log import EventLog
from handrail.usecases.live.feed import Feed
from handrail.usecases.live.position import Position, cursor_or_none
from tests.core.definitions import machine, task
from tests.core.histories import History
from tests.fakes import FakeClock

from .stage import EPOCH, ID, Client, cursor

NAMES = [f"S{number}" for number in range(100)]
STATES = {
    name: task(**({"Next": after} if after else {}))
    for name, after in zip(NAMES, [*NAMES[1:], None], strict=True)
}
PATHS = expected_paths(machine(STATES))
LARGE = 8 * 1024 * 1024


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def history() -> History:
    history = History()
    history.main.task("S0").enter("Task", "S1")
    return history


@pytest.fixture
def feed(clock: FakeClock, history: History) -> Feed:
    feed = Feed(ExecutionId.parse(ID), EPOCH, log=EventLog(LARGE), now=clock.now)
    feed.fold(history.events)
    return feed


def take_all(position: Position, feed: Feed, client: Client | None = None) -> Client:
    client = client or Client()
    while (message := position.next_message(feed)) is not None:
        client.take(message)
    return client


def test_a_snapshot_has_it(feed: Feed) -> None:
    feed.progress.foresee(Forecast(PATHS))
    progress = feed.snapshot()["progress"]
    assert progress is not None
    assert (progress["fraction"], progress["events"]) == (0.01, 7)


async def test_what_is_left_is_shown_to_the_second(feed: Feed, clock: FakeClock) -> None:
    feed.progress.foresee(Forecast(PATHS, 60.0))
    shown = []
    for _ in range(3):
        client = take_all(Position("s1", Level.STATES), feed)
        assert client.progress is not None
        shown.append(client.progress["remaining_s"])
        await clock.advance(30.1)
    assert shown == [60.0, 30.0, None]


async def test_while_nothing_changes_only_the_time_is_reckoned(
    feed: Feed, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.progress.foresee(Forecast(PATHS, 60.0))
    first = feed.snapshot()["progress"]
    assert first is not None
    monkeypatch.delattr("handrail.core.history.projection.Projection.fraction")
    await clock.advance(20)
    assert feed.snapshot()["progress"] == {**first, "remaining_s": 40.0}
    await clock.advance(41)
    assert feed.snapshot()["progress"] == {**first, "remaining_s": None, "overdue": True}


def test_an_update_has_it_where_it_moved_and_one_taken_twice_changes_nothing(
    feed: Feed, history: History
) -> None:
    feed.progress.foresee(Forecast(PATHS))
    position = Position("s1", Level.STATES)
    client = take_all(position, feed)
    history.main.schedule().then("TaskSucceeded").exit("Task", "S1")
    feed.fold(history.events)
    message = position.next_message(feed)
    assert message is not None
    once = client.take(message)["execution"]["progress"]
    assert once == client.progress == feed.snapshot()["progress"]
    client.take(message)
    assert client.progress == once


def test_an_update_that_moves_it_by_less_than_a_hundredth_has_none(
    feed: Feed, history: History
) -> None:
    feed.progress.foresee(Forecast(PATHS))
    position = Position("s1", Level.EVENTS)
    take_all(position, feed)
    shown = []
    for type_ in ("TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"):
        history.main.then(type_, name="S1")
        feed.fold(history.events)
        (update,) = take_all(position, feed).messages
        shown.append(update["execution"].get("progress", {}).get("fraction"))
    assert shown == [None, None, None, 0.02]


def test_whoever_resumes_is_told_what_the_snapshot_shows(feed: Feed, history: History) -> None:
    feed.progress.foresee(Forecast(PATHS))
    history.main.schedule().then("TaskSucceeded").exit("Task", "S1")
    feed.fold(history.events)
    for level in Level:
        position = Position("s1", level, cursor_or_none(cursor(7)))
        client = take_all(position, feed)
        snapshot = client.messages[0]["snapshot"]
        assert client.messages[0]["recovered"]
        updates = [each["execution"].get("progress") for each in client.messages[1:]]
        assert updates == [snapshot["progress"]]


async def test_who_follows_the_status_alone_hears_of_it_when_it_is_announced(
    feed: Feed, history: History, clock: FakeClock
) -> None:
    feed.progress.foresee(Forecast(PATHS))
    position = Position("s1", Level.STATUS)
    take_all(position, feed)
    feed.announce()
    assert position.next_message(feed) is None
    history.main.schedule().then("TaskSucceeded").exit("Task", "S1").task("S2")
    feed.fold(history.events)
    assert position.next_message(feed) is None
    await clock.advance(4.9)
    assert not feed.announce()
    await clock.advance(0.1)
    assert feed.announce()
    client = take_all(position, feed)
    assert [message["type"] for message in client.messages] == ["update"]
    assert client.progress == feed.snapshot()["progress"]
    assert not feed.announce()
    assert position.next_message(feed) is None


async def test_who_was_told_already_isn_t_told_again(
    feed: Feed, history: History, clock: FakeClock
) -> None:
    feed.progress.foresee(Forecast(PATHS))
    position = Position("s1", Level.STATES)
    take_all(position, feed)
    history.main.task("S2").task("S3")
    feed.fold(history.events)
    take_all(position, feed)
    await clock.advance(5)
    assert feed.announce()
    assert position.next_message(feed) is None


async def test_what_turns_out_later_is_news(feed: Feed, clock: FakeClock) -> None:
    position = Position("s1", Level.STATES)
    assert take_all(position, feed).progress is not None
    assert feed.progress.foresee(Forecast(PATHS, 60.0))
    assert not feed.progress.foresee(Forecast(PATHS, 60.0))
    await clock.advance(5)
    assert feed.announce()
    client = take_all(position, feed)
    assert client.progress is not None
    assert client.progress["fraction"] == 0.01
    assert position.next_message(feed) is None


async def test_one_that_becomes_overdue_is_news_once(feed: Feed, clock: FakeClock) -> None:
    feed.progress.foresee(Forecast(PATHS, 60.0))
    feed.announce()
    position = Position("s1", Level.STATUS)
    take_all(position, feed)
    await clock.advance(59)
    assert not feed.announce()
    await clock.advance(2)
    assert feed.announce()
    client = take_all(position, feed)
    assert client.progress is not None
    assert client.progress["overdue"]
    await clock.advance(60)
    assert not feed.announce()


def test_an_end_that_a_list_shows_is_the_end(feed: Feed) -> None:
    feed.progress.foresee(Forecast(PATHS, 60.0))
    position = Position("s1", Level.STATUS)
    take_all(position, feed)
    feed.show_end(EarlyEnd("SUCCEEDED", None))
    client = take_all(position, feed)
    assert client.progress is not None
    assert (client.progress["fraction"], client.progress["remaining_s"]) == (1.0, 0.0)
    feed.show_end(None)
    progress = feed.snapshot()["progress"]
    assert progress is not None
    assert progress["fraction"] == 0.01


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("heard", [True, False], ids=["heard", "not heard"])
def test_what_it_came_to_is_told_to_the_last_behind_an_end_that_a_list_showed(
    feed: Feed, history: History, level: Level, heard: bool
) -> None:
    position = Position("s1", level)
    client = take_all(position, feed)
    feed.show_end(EarlyEnd("SUCCEEDED", None))
    feed.shown_progress()
    if heard:
        client = take_all(position, feed)
        assert client.progress is not None
        assert client.progress["transitions"] == 2
    history.main.schedule().then("TaskSucceeded").exit("Task", "S1").task("S2")
    history.main.then("ExecutionSucceeded", output="1")
    feed.fold(history.events)
    client = take_all(position, feed)
    assert client.progress == feed.snapshot()["progress"]
    assert client.progress is not None
    assert (client.progress["fraction"], client.progress["transitions"]) == (1.0, 3)


async def test_a_burst_of_events_is_no_burst_of_news(clock: FakeClock) -> None:
    history = History()
    feed = Feed(ExecutionId.parse(ID), EPOCH, log=EventLog(LARGE), now=clock.now)
    feed.fold(history.events)
    feed.progress.foresee(Forecast(PATHS))
    position, messages = Position("s1", Level.STATUS), 0
    take_all(position, feed)
    for name in NAMES:
        history.main.task(name)
        feed.fold(history.events)
        messages += len(take_all(position, feed).messages)
    assert messages == 0
    await clock.advance(5)
    feed.announce()
    assert len(take_all(position, feed).messages) == 1
