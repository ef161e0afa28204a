"""No gap: a client cut anywhere, who resumes by the last cursor it saw, misses nothing.

Executions are drawn at random, read in random pieces, pulled at random moments, cut after random
messages, and resumed at this replica or at another one.
"""

from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.models import Account, Cursor, ExecutionId, HistoryEvent
from handrail.usecases.live import Feed, Level, Subscription
from handrail.usecases.live.event_log import EventLog
from handrail.usecases.live.position import cursor_or_none
from tests.core.generated import Simulation, draw_plans
from tests.core.histories import History
from tests.fakes import ACCOUNT

from .stage import EPOCH, ID, Client, cursor, truth

LARGE = 8 * 1024 * 1024


@dataclass
class Replica:
    """What a subscription needs of a watcher: a feed, and one to leave."""

    feed: Feed | None
    account: Account | None = ACCOUNT
    hidden: bool = False
    left: list[Subscription] = field(default_factory=list)

    def leave(self, subscription: Subscription) -> None:
        self.left.append(subscription)


def replica(events: list[HistoryEvent], log_bytes: int = LARGE) -> Replica:
    feed = Feed(ExecutionId.parse(ID), EPOCH, log=EventLog(log_bytes))
    feed.fold(events)
    return Replica(feed)


def subscribe(to: Replica, level: Level, after: str | None) -> Subscription:
    return Subscription(
        to,
        id="s1",
        after=cursor_or_none(after),
        level=level,
        account=None,
        wake=lambda: None,
    )


def grown(random: Random) -> list[HistoryEvent]:
    """A history of one execution, redriven some times where it can be."""
    stop_after = random.choice([5, 20, 60, 400])
    simulation = Simulation(random, draw_plans(random), stop_after)
    history: History = simulation.history
    if simulation.status != "SUCCEEDED":
        for count in range(random.choice([0, 0, 1, 2])):
            history.write("ExecutionRedriven", 0, {"redriveCount": count + 1})
            track = history.main.fork()
            track.enter("Pass", "Again").exit("Pass", "Again")
            track.then("ExecutionFailed", error="Boom", cause=f"redrive {count}")
    return history.events


@dataclass
class Story:
    """One client's luck: at each turn the history grows, a message is taken, or the line is cut."""

    seed: int
    level: Level
    log_bytes: int
    random: Random = field(init=False, repr=False)
    events: list[HistoryEvent] = field(init=False, repr=False)
    client: Client = field(default_factory=Client, repr=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 - not for secrets
        self.events = grown(self.random)

    def tell(self) -> Client:
        random, client = self.random, self.client
        known = random.randint(0, len(self.events))
        self.client.cursor = random.choice([None, cursor(0)])
        at = replica(self.events[:known], self.log_bytes)
        subscription = subscribe(at, self.level, client.cursor)
        for _ in range(3 * len(self.events)):
            match random.choice(["grow", "take", "take", "cut"]):
                case "grow":
                    known = min(len(self.events), known + random.choice([1, 1, 2, 7, 50]))
                    assert at.feed is not None
                    at.feed.fold(self.events[:known])
                case "take":
                    if (message := subscription.next_message()) is not None:
                        client.take(message)
                case "cut":
                    if random.random() < 0.5:
                        at = replica(self.events[:known], self.log_bytes)
                    subscription = subscribe(at, self.level, client.cursor)
        assert at.feed is not None
        at.feed.fold(self.events)
        client.take_all(subscription)
        return client


def stories(level: Level, log_bytes: int = LARGE) -> st.SearchStrategy[Story]:
    return st.integers(0, 2**32).map(lambda seed: Story(seed, level, log_bytes))


@given(stories(Level.STATES))
def test_a_client_cut_anywhere_ends_with_the_same_execution_states_and_tasks(story: Story) -> None:
    client = story.tell()
    assert client.holds == truth(story.events)


@given(stories(Level.EVENTS))
def test_a_client_of_events_cut_anywhere_sees_each_of_them_in_order(story: Story) -> None:
    client = story.tell()
    assert client.holds == truth(story.events)
    first = client.events[0] if client.events else len(story.events) + 1
    assert client.events == list(range(first, len(story.events) + 1))
    if story.client.messages[0]["recovered"]:
        assert first == 1


@given(stories(Level.EVENTS, log_bytes=3000))
def test_a_client_of_events_is_told_where_events_are_no_longer_kept(story: Story) -> None:
    """It then starts over from a snapshot; between two snapshots no event is missing."""
    client = story.tell()
    assert client.holds == truth(story.events)
    assert client.cursor == cursor(len(story.events))
    last = len(story.events)
    assert client.events == list(range(last - len(client.events) + 1, last + 1))


@given(stories(Level.STATUS))
def test_a_client_of_the_status_ends_with_the_same_execution(story: Story) -> None:
    client = story.tell()
    assert client.execution == truth(story.events)["execution"]
    assert all(not message.keys() & {"events"} for message in client.messages)


@given(stories(Level.STATES))
def test_an_ended_execution_is_complete_for_whoever_stays(story: Story) -> None:
    client = story.tell()
    ended = client.execution["status"] in {"SUCCEEDED", "FAILED", "ABORTED"}
    assert (client.messages[-1]["type"] == "complete") == ended


@pytest.mark.parametrize("level", list(Level))
def test_every_cut_of_a_long_backlog_resumes(level: Level) -> None:
    """It comes in several chunks at level events."""
    history = History()
    for number in range(600):
        history.main.visit("Pass", f"P{number % 7}")
    history.main.then("ExecutionFailed", error="Boom")
    events = history.events
    whole = Client()
    whole.take_all(subscribe(replica(events), level, cursor(0)))
    assert len(whole.messages) == (6 if level is Level.EVENTS else 3)
    for cut in range(len(whole.messages)):
        client, subscription = Client(), subscribe(replica(events), level, cursor(0))
        for _ in range(cut):
            message = subscription.next_message()
            assert message is not None
            client.take(message)
        client.take_all(subscribe(replica(events), level, client.cursor or cursor(0)))
        assert client.holds == whole.holds
        assert client.events == whole.events


def test_a_replica_that_is_behind_says_nothing_until_it_has_caught_up() -> None:
    history = History()
    history.main.visit("Pass", "A").visit("Pass", "B")
    behind = replica(history.events[:2])
    subscription, client = subscribe(behind, Level.STATES, cursor(4)), Client()
    assert subscription.behind
    assert client.take_all(subscription) == []
    assert behind.feed is not None
    behind.feed.fold(history.events)
    client.take_all(subscription)
    assert client.messages[0]["recovered"] is True
    assert client.cursor == cursor(5)


def test_a_cursor_that_cant_be_read_is_an_unknown_one() -> None:
    assert cursor_or_none(None) is None
    assert cursor_or_none("") is None
    assert cursor_or_none("yesterday") is None
    assert cursor_or_none("12:3") == Cursor(12, 3)
