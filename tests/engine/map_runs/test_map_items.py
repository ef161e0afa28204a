"""Items, and the batches that child executions get."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handrail.engine.map_runs.map_items import (
    ChildInput,
    MapItem,
    MapRunFailure,
    MembersAsItems,
    child_inputs,
    state_items,
    whole,
)

VALUES = st.lists(st.text() | st.integers() | st.dictionaries(st.text(), st.none()), max_size=20)


def test_an_item_says_where_it_was_read() -> None:
    item = MapItem({"a": 1}, "s3://bucket/key")
    assert item.input == {"a": 1}
    assert item.context(3) == {"Index": 3, "Value": {"a": 1}, "Source": "s3://bucket/key"}


def test_a_member_of_an_object_has_a_key() -> None:
    [item] = state_items(MembersAsItems({"a": 1}))
    assert item.input == {"Key": "a", "Value": 1}
    assert item.context(0) == {"Index": 0, "Key": "a", "Value": 1, "Source": "STATE_DATA"}


def test_without_a_batcher_an_item_is_an_input() -> None:
    assert list(child_inputs([{"a": "ü"}, None], None)) == [
        ChildInput('{"a":"ü"}', 1),
        ChildInput("null", 1),
    ]


def batches(values: list[Any], **batcher: Any) -> list[Any]:
    return [json.loads(one.text) for one in child_inputs(values, batcher)]


def test_a_batch_has_so_many_items_and_its_input() -> None:
    assert batches([1, 2, 3], MaxItemsPerBatch="2", BatchInput={"k": "v"}) == [
        {"BatchInput": {"k": "v"}, "Items": [1, 2]},
        {"BatchInput": {"k": "v"}, "Items": [3]},
    ]


def test_a_limit_may_come_by_a_path() -> None:
    assert batches([1, 2], MaxItemsPerBatchPath=1) == [{"Items": [1]}, {"Items": [2]}]


@given(VALUES, st.integers(1, 5), st.integers(60, 200))
def test_batches_hold_every_item_in_order_and_no_more_bytes_than_allowed(
    values: list[Any], most: int, most_bytes: int
) -> None:
    texts = [json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values]
    assume(all(len(text.encode()) < most_bytes - 12 for text in texts))
    batcher = {"MaxItemsPerBatch": most, "MaxInputBytesPerBatch": most_bytes}
    found = list(child_inputs(values, batcher))
    inputs = [json.loads(one.text)["Items"] for one in found]
    assert [value for batch in inputs for value in batch] == values
    assert all(len(one.text.encode()) <= most_bytes for one in found)
    assert all(
        1 <= one.items == len(batch) <= most for one, batch in zip(found, inputs, strict=True)
    )


@pytest.mark.parametrize("limit", [0, -1, "two", 1.5, True])
def test_a_limit_is_a_positive_integer(limit: Any) -> None:
    with pytest.raises(MapRunFailure, match="MaxItemsPerBatch must be a positive integer"):
        batches([1], MaxItemsPerBatch=limit)


def test_an_item_larger_than_a_batch_starts_nothing() -> None:
    with pytest.raises(MapRunFailure, match="An item of 22 bytes") as caught:
        batches(["x" * 20], MaxInputBytesPerBatch=30)
    assert caught.value.error == "States.DataLimitExceeded"


def test_an_item_larger_than_an_input_starts_nothing() -> None:
    with pytest.raises(MapRunFailure) as caught:
        list(child_inputs(["x" * 262_143], None))
    assert caught.value.error == "States.DataLimitExceeded"


@pytest.mark.parametrize(
    ("value", "number"),
    [(2, 2), (2.0, 2), ("2", 2), (-1, -1), (2.5, None), ("2.5", None), (True, None), (None, None)],
)
def test_whole_numbers(value: Any, number: int | None) -> None:
    assert whole(value) == number
