"""What a delivery is known by."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import Delivery, DeliveryFailed, message_id

from .made_news import AT

DELIVERY = Delivery("s1", ExecutionId("orders", "7f3c"), 24, AT, ("failed",), "BODY", AT, AT)
NAMES = st.text(st.characters(exclude_characters=":/", codec="utf-8"), min_size=1, max_size=80)


def test_duplicates_share_their_id_and_their_key() -> None:
    again = replace(DELIVERY, attempts=3, due_at=AT + timedelta(hours=1), problem="no answer")
    assert again.id == DELIVERY.id == "orders:7f3c:24"
    assert again.key == DELIVERY.key == ("s1", "orders:7f3c:24", 1767268800250)
    assert again.lane == DELIVERY.lane == ("s1", ExecutionId("orders", "7f3c"))


def test_a_name_that_is_used_again_has_other_keys() -> None:
    assert replace(DELIVERY, at=AT + timedelta(seconds=1)).key != DELIVERY.key


@given(NAMES, NAMES, st.integers(1, 25_000))
def test_an_id_fits_into_a_header_and_before_a_dot(machine: str, name: str, event: int) -> None:
    id = message_id(ExecutionId(machine, name), event)
    assert id.isascii()
    assert id.isprintable()
    assert not set(id) & set(' .,;"')
    assert id.rpartition(":")[2] == str(event)


@given(NAMES, NAMES)
def test_two_executions_share_none(one: str, other: str) -> None:
    ids = {message_id(ExecutionId("orders", name), 1) for name in (one, other)}
    assert len(ids) == len({one, other})


def test_no_payload_shows() -> None:
    assert "BODY" not in repr(DELIVERY)


def test_a_failure_says_what_is_known_of_it() -> None:
    failure = DeliveryFailed("410 Gone", retry_after_s=3, final=True)
    assert (str(failure), failure.retry_after_s, failure.final) == ("410 Gone", 3, True)
