"""The rules that every outbox keeps."""

from datetime import timedelta

import pytest

from handrail.core.news.news_outbox import Followed
from handrail.core.news.outbox_rules import as_new, moves_on, split
from tests.fakes import BEGIN
from tests.outboxes import ORDER, news_of, up_to

LATER = BEGIN + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("known", "followed", "moves"),
    [
        (None, up_to(0), True),
        (up_to(5), up_to(6), True),
        (up_to(5), up_to(5), False),
        (up_to(5), up_to(4), False),
        (up_to(5), up_to(5, ended=True), True),
        (up_to(5, ended=True), up_to(5, ended=True), False),
        (up_to(5, ended=True), up_to(5), False),
        (up_to(5, ended=True), up_to(6), True),
        (up_to(5, ended=True), Followed(ORDER, LATER, 1), True),
        (Followed(ORDER, LATER, 1), up_to(5, ended=True), False),
        (up_to(5), Followed(ORDER, BEGIN + timedelta(seconds=2), 4), False),
    ],
)
def test_a_position_never_goes_back(
    known: Followed | None, followed: Followed, *, moves: bool
) -> None:
    assert moves_on(known, followed) is moves


def test_what_is_put_is_split_in_the_order_of_events() -> None:
    deliveries = [news_of(event, body="x" * event) for event in (7, 3, 1, 9, 2)]
    by_number = split(deliveries, most=2, most_bytes=1000)
    assert [[each.event_id for each in batch] for batch in by_number] == [[1, 2], [3, 7], [9]]
    by_bytes = split(deliveries, most=10, most_bytes=6)
    assert [[each.event_id for each in batch] for batch in by_bytes] == [[1, 2, 3], [7], [9]]
    assert split([], most=2, most_bytes=6) == [[]]


def test_a_letter_s_delivery_begins_anew() -> None:
    tried = as_new(news_of(5), LATER)
    assert (tried.attempts, tried.problem, tried.due_at, tried.created_at) == (
        0,
        None,
        LATER,
        LATER,
    )
    assert tried.key == news_of(5).key
