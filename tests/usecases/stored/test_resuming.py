"""A client that is cut between any two parts, and resumes by the last cursor it saw, loses nothing.

Executions are drawn at random, read in random pieces by instances that know more or less, posted
in small parts, and the line is cut at random.
"""

import json
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.client.retrying import next_cursor
from service.client.view import View, apply
from service.core import documents
from service.core.messages import Message
from service.core.models import Cursor, ExecutionId, HistoryEvent
from service.core.protocol import Level
from service.core.splitting import split
from service.core.stored import StoredSubscription, SubscriptionRequest
from service.usecases.live import Feed
from service.usecases.stored.delivery import place_of
from tests.usecases.live.stage import EPOCH, ID, Client, cursor, truth
from tests.usecases.live.test_resuming import grown, replica

SMALL = 1200
"""Bytes a part: room for a state or two."""


class Literal(Client):
    """Takes every cursor it is told, and holds what its own says."""

    def latest(self, known: int) -> int:
        return 0

    def hear(self, document: dict[str, Any]) -> None:
        self.take_document(document)

    def knows(self) -> dict[str, Any]:
        return self.holds


@dataclass
class Shipped:
    """The command line's own. It may have a cursor, from wherever, and hold nothing."""

    view: View = field(default_factory=View)
    cursor: str | None = None

    def latest(self, known: int) -> int:
        return known

    def hear(self, document: dict[str, Any]) -> None:
        self.cursor = next_cursor(self.cursor, document)
        self.view = apply(self.view, document)

    def knows(self) -> dict[str, Any]:
        names = documents.EXECUTION_FIELDS
        return {
            "execution": {name: self.view.execution[name] for name in names},
            "states": dict(self.view.states),
            "tasks": list(self.view.tasks),
        }


@dataclass
class Posting:
    """One connection's stored subscription, and the parts on their way to it."""

    subscription: StoredSubscription
    on_the_way: deque[Message] = field(default_factory=deque)
    then: StoredSubscription | None = None

    def next_part(self, feed: Feed) -> Message | None:
        """What is posted next; the subscription moves once all parts of a message are out."""
        if not self.on_the_way:
            self._draw(feed)
        if not self.on_the_way:
            return None
        part = self.on_the_way.popleft()
        if not self.on_the_way and self.then is not None:
            self.subscription = self.then
        return part

    def _draw(self, feed: Feed) -> None:
        place = place_of(self.subscription, feed)
        since = str(feed.cursor(place.position or 0))
        if (message := place.next_message(feed)) is None:
            return
        parts = split(message, SMALL, id=feed.id, since=since)
        assert all(len(part.text) <= SMALL for part in parts)
        self.on_the_way.extend(parts)
        self.then = StoredSubscription(
            "c1", self.subscription.request, feed.cursor(place.position or 0), place.completed_at
        )


def posting(level: Level, after: str | None) -> Posting:
    return Posting(StoredSubscription("c1", SubscriptionRequest("s1", ID, level.value, after)))


def story(seed: int, level: Level, client: Any) -> list[HistoryEvent]:
    """Everything one client lives through; at the end it is told all there is."""
    random = Random(seed)  # noqa: S311 - not for secrets
    events = grown(random)
    known = random.randint(1, len(events))
    client.cursor = random.choice([None, cursor(0), cursor(client.latest(known))])
    feed, line = feed_of(events[:known]), posting(level, client.cursor)
    for _ in range(4 * len(events)):
        match random.choice(["grow", "post", "post", "post", "cut", "die", "elsewhere"]):
            case "grow":
                known = min(len(events), known + random.choice([1, 1, 2, 7, 50]))
                feed.fold(events[:known])
            case "post":
                if (part := line.next_part(feed)) is not None:
                    client.hear(json.loads(part.text))
            case "cut":
                line = posting(level, client.cursor)
            case "die":
                line = Posting(line.subscription)
            case "elsewhere":
                feed = feed_of(events[:known])
    feed.fold(events)
    line = Posting(line.subscription)
    while (part := line.next_part(feed)) is not None:
        client.hear(json.loads(part.text))
    return events


def feed_of(events: list[HistoryEvent]) -> Feed:
    feed = replica(events).feed
    assert feed is not None
    return feed


fewer = settings(max_examples=60)
seeds = st.integers(0, 2**32)


@pytest.mark.parametrize("kind", [Literal, Shipped])
@fewer
@given(seed=seeds)
def test_a_client_cut_anywhere_ends_with_the_same_execution_states_and_tasks(
    kind: type[Literal] | type[Shipped], seed: int
) -> None:
    client = kind()
    events = story(seed, Level.STATES, client)
    assert client.knows() == truth(events)


@fewer
@given(seed=seeds)
def test_a_client_of_events_misses_none_since_it_was_last_told_to_start_over(seed: int) -> None:
    client = Literal()
    events = story(seed, Level.EVENTS, client)
    assert client.knows() == truth(events)
    first = min(client.events, default=len(events) + 1)
    assert set(client.events) == set(range(first, len(events) + 1))


@fewer
@given(seed=seeds)
def test_a_client_of_the_status_ends_with_the_same_execution(seed: int) -> None:
    client = Literal()
    events = story(seed, Level.STATUS, client)
    assert client.knows()["execution"] == truth(events)["execution"]


def test_a_subscription_is_nowhere_until_all_of_its_snapshot_is_out() -> None:
    events = grown(Random(3))  # noqa: S311 - not for secrets
    line = posting(Level.STATES, None)
    feed = feed_of(events)
    assert line.next_part(feed) is not None
    assert line.on_the_way
    while line.on_the_way:
        assert line.subscription.cursor is None
        line.next_part(feed)
    assert line.subscription.cursor == Cursor(EPOCH, len(events))
    assert feed.id == ExecutionId.parse(ID)
