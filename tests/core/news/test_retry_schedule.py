"""When a delivery that failed is tried again, in simulated time."""

import itertools
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import DeadLetter, Delivery, DeliveryFailed
from handrail.core.news.retry_schedule import IN_ALL, after_failure

from .made_news import AT

DELIVERY = Delivery("s1", ExecutionId("orders", "7f3c"), 24, AT, ("failed",), "{}", AT, AT)
FAILURE = DeliveryFailed("no answer")
JITTERS = st.floats(0, 1)


def attempts(jitters: list[float], failure: DeliveryFailed = FAILURE) -> list[datetime]:
    """When each attempt was made, until it was given up."""
    delivery, made = DELIVERY, list[datetime]()
    while True:
        made.append(now := delivery.due_at)
        found = after_failure(delivery, failure, now, jitter=jitters[len(made) % len(jitters)])
        if isinstance(found, DeadLetter):
            assert found.given_up_at == now
            assert found.delivery.attempts == len(made)
            return made
        delivery = found


def test_the_waits_double_up_to_an_hour_for_a_day() -> None:
    made = attempts([0])
    waits = [(b - a).total_seconds() for a, b in itertools.pairwise(made)]
    assert waits[:11] == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]
    assert set(waits[11:-1]) == {3600}
    assert made[-1] - made[0] == IN_ALL


@given(st.lists(JITTERS, min_size=1, max_size=40))
def test_whatever_the_jitter_it_is_tried_for_a_day_and_never_more_than_an_hour_apart(
    jitters: list[float],
) -> None:
    made = attempts(jitters)
    waits = [b - a for a, b in itertools.pairwise(made)]
    assert made[-1] == AT + IN_ALL
    assert max(waits) <= timedelta(hours=1)
    assert min(waits[:-1]) >= timedelta(seconds=2.5)
    assert 30 <= len(made) <= 70


@given(JITTERS, st.floats(), st.integers(0, 30))
def test_what_the_receiver_asks_for_is_kept_to_within_an_hour(
    jitter: float, asked_s: float, before: int
) -> None:
    tried = Delivery("s1", DELIVERY.execution, 24, AT, ("failed",), "{}", AT, AT, attempts=before)
    found = after_failure(tried, DeliveryFailed("busy", retry_after_s=asked_s), AT, jitter=jitter)
    assert isinstance(found, Delivery)
    wait_s = (found.due_at - AT).total_seconds()
    assert min(max(0, asked_s), 3600) - 1e-3 <= wait_s <= 3600


def test_a_failure_is_kept_with_the_delivery() -> None:
    found = after_failure(DELIVERY, DeliveryFailed("x" * 1000), AT, jitter=0)
    assert isinstance(found, Delivery)
    assert (found.attempts, found.problem) == (1, "x" * 500)
    assert (found.key, found.body, found.created_at) == (DELIVERY.key, "{}", AT)


def test_a_final_failure_gives_up_at_once() -> None:
    found = after_failure(DELIVERY, DeliveryFailed("410 Gone", final=True), AT, jitter=0)
    assert isinstance(found, DeadLetter)
    assert (found.delivery.problem, found.delivery.attempts) == ("410 Gone", 1)


@pytest.mark.parametrize("late", [IN_ALL, IN_ALL + timedelta(days=3)])
def test_one_that_waited_behind_others_for_a_day_is_tried_once(late: timedelta) -> None:
    assert isinstance(after_failure(DELIVERY, FAILURE, AT + late, jitter=0.5), DeadLetter)
