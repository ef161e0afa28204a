"""News as items, and back."""

from dataclasses import replace
from datetime import timedelta

from handrail.aws.dynamodb import outbox_items as items
from handrail.aws.dynamodb.expressions import Item, Key, plain, typed
from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import DeadLetter
from tests.fakes import BEGIN
from tests.outboxes import news_of, up_to

CHILD = ExecutionId("orders", "größer.1", label="Each")
TRIED = replace(
    news_of(5, CHILD), attempts=3, problem="answered 503", kinds=("failed", "state:A.b")
)


def stored(key: Key, item: Item) -> Item:
    return plain(typed({"pk": key[0], "sk": key[1], **item}))


def test_a_delivery_is_read_as_it_was_written() -> None:
    for delivery in (TRIED, news_of(7)):
        key = items.delivery_key(delivery.key)
        assert items.delivery_in(stored(key, items.delivery_item(delivery))) == delivery
        assert items.key_in(*key) == delivery.key
        assert items.machine_in(key[0]) == "orders"


def test_a_letter_is_read_as_it_was_written_and_expires_after_two_weeks() -> None:
    letter = DeadLetter(TRIED, BEGIN + timedelta(hours=30))
    item = stored(items.letter_key(TRIED.key), items.letter_item(letter))
    assert items.letter_in(item) == letter
    assert item["expires_at"] == int((letter.given_up_at + timedelta(days=14)).timestamp()) + 1


def test_deliveries_of_a_lane_sort_by_event_and_time() -> None:
    keys = [items.delivery_key(news_of(event).key)[1] for event in (9, 10, 100_000)]
    assert sorted(keys) == keys
    assert all(key.startswith(items.deliveries_prefix(news_of(1).lane)) for key in keys)


def test_what_is_followed_is_spread_over_shards() -> None:
    executions = [ExecutionId("orders", str(number)) for number in range(200)]
    found = {items.followed_key(each)[0] for each in executions}
    assert found == {items.followed_pk(shard) for shard in items.SHARDS}


def test_one_that_ended_expires_and_one_that_runs_doesn_t() -> None:
    ended = items.followed_write(up_to(4, ended=True), BEGIN).arguments
    runs = items.followed_write(up_to(4), BEGIN).arguments
    assert "#expires_at = :expires_at" in ended["UpdateExpression"]
    assert "REMOVE #expires_at" in runs["UpdateExpression"]
