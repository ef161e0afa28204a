"""A client cut between any two messages, and resuming by the last cursor it saw, loses nothing.

Executions are drawn at random, read in random pieces by instances that know more or less, what is
too large for a small post is fetched, and the line is cut at random.
"""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.client.omitted import filled
from handrail.client.view import View, apply, next_cursor
from handrail.core.apigateway import GatewaySubscription, SubscriptionRequest
from handrail.core.history.events import event_document
from handrail.core.json_text import json_bytes
from handrail.core.models import Cursor, ExecutionId, HistoryEvent
from handrail.core.protocol import documents
from handrail.core.protocol.client_messages import Level
from handrail.core.protocol.encoded_messages import Message, limited
from handrail.usecases.apigateway.delivery import position_of
from handrail.usecases.live import Feed
from tests.usecases.live.stage import EPOCH, ID, Client, cursor, truth
from tests.usecases.live.test_position_resuming import grown, replica

SMALL = 1200
"""Bytes a message: room for a state or two."""


class Literal(Client):
    """Takes every cursor it is told, and holds what its own says."""

    def latest(self, known: int) -> int:
        return 0

    def hear(self, document: dict[str, Any]) -> None:
        self.take_document(document)

    def knows(self) -> dict[str, Any]:
        names = documents.EXECUTION_FIELDS
        return {**self.holds, "execution": {name: self.execution[name] for name in names}}


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
    """One connection's stored subscription, and what it becomes once the last post is noted."""

    subscription: GatewaySubscription
    then: GatewaySubscription | None = None

    def next_message(self, feed: Feed) -> Message | None:
        """What is posted next, once the one before is noted."""
        self.subscription, self.then = self.then or self.subscription, None
        position = position_of(self.subscription, feed)
        if (message := position.next_message(feed)) is None:
            return None
        reached = feed.cursor(position.position or 0)
        request = self.subscription.request
        self.then = GatewaySubscription("c1", request, reached, position.completed_at)
        sent = limited(message, SMALL, feed.id)
        assert len(sent.text) <= SMALL
        return sent


def completed(message: Message, held: str | None, level: Level, newest: Feed) -> dict[str, Any]:
    """The message with what it omits fetched from an instance that knows at least as much."""
    document: dict[str, Any] = json.loads(message.text)
    if "omitted" not in document:
        return document
    since = Cursor.parse(held).event_id if held else 0
    reached = Cursor.parse(document["cursor"]).event_id
    events = newest.log.after(since, limit=reached - since, max_bytes=2**30)
    return filled(
        document,
        json.loads(json_bytes(newest.snapshot())),
        level=level.value,
        events=[event_document(event) for event in events if event.id <= reached],
    )


def posting(level: Level, after: str | None) -> Posting:
    return Posting(GatewaySubscription("c1", SubscriptionRequest("s1", ID, level.value, after)))


def story(seed: int, level: Level, client: Any) -> list[HistoryEvent]:
    """Everything one client lives through; at the end it is told all there is."""
    random = Random(seed)  # noqa: S311 - not for secrets
    events = grown(random)
    known = random.randint(1, len(events))
    client.cursor = random.choice([None, cursor(0), cursor(client.latest(known))])
    feed, writer = feed_of(events[:known]), posting(level, client.cursor)
    for _ in range(4 * len(events)):
        match random.choice(["grow", "post", "post", "post", "cut", "die", "elsewhere"]):
            case "grow":
                known = min(len(events), known + random.choice([1, 1, 2, 7, 50]))
                feed.fold(events[:known])
            case "post":
                if (message := writer.next_message(feed)) is not None:
                    newest = random.choice([feed, feed_of(events)])
                    client.hear(completed(message, client.cursor, level, newest))
            case "cut":
                writer = posting(level, client.cursor)
            case "die":
                writer = Posting(writer.subscription)
            case "elsewhere":
                feed = feed_of(events[:known])
    feed.fold(events)
    writer = Posting(writer.subscription)
    while (message := writer.next_message(feed)) is not None:
        client.hear(completed(message, client.cursor, level, feed))
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


def test_a_subscription_moves_once_its_post_is_noted() -> None:
    events = grown(Random(3))  # noqa: S311 - not for secrets
    writer = posting(Level.STATES, None)
    feed = feed_of(events)
    assert writer.next_message(feed) is not None
    assert writer.subscription.cursor is None
    writer.next_message(feed)
    assert writer.subscription.cursor == Cursor(EPOCH, len(events))
    assert feed.id == ExecutionId.parse(ID)
