"""DynamoDB's typed values: what goes in comes out, and what is strange is passed over."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.aws.dynamodb.expressions import Write, plain, typed

SCALARS = st.text() | st.booleans() | st.integers()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=9
)


@settings(max_examples=30)
@given(st.dictionaries(st.text(), VALUES))
def test_what_goes_in_comes_out(item: dict[str, Any]) -> None:
    assert plain(typed(item)) == item


def test_a_member_without_a_value_is_left_out() -> None:
    assert typed({"a": None, "b": 1}) == {"b": {"N": "1"}}


def test_a_number_isnt_taken_for_a_truth() -> None:
    assert typed({"a": True, "b": 1}) == {"a": {"BOOL": True}, "b": {"N": "1"}}


def test_a_type_that_isnt_known_yet_is_left_out() -> None:
    assert plain({"a": {"S": "x"}, "b": {}}) == {"a": "x"}


def test_nothing_is_no_member() -> None:
    assert plain({"a": {"NULL": True}}) == {}


def test_what_is_no_value_is_no_item() -> None:
    with pytest.raises(TypeError, match="object"):
        typed({"a": object()})


def test_an_expression_brings_its_names_and_values_along() -> None:
    write = Write.update(
        ("p", "s"), "SET #owner = :o", when="#until < :now", o="me", now=1, no=None
    )
    assert write.kind == "Update"
    assert write.arguments == {
        "Key": {"pk": {"S": "p"}, "sk": {"S": "s"}},
        "UpdateExpression": "SET #owner = :o",
        "ConditionExpression": "#until < :now",
        "ExpressionAttributeNames": {"#owner": "owner", "#until": "until"},
        "ExpressionAttributeValues": {":o": {"S": "me"}, ":now": {"N": "1"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_members_without_a_value_are_removed() -> None:
    write = Write.set(
        ("p", "s"), {"owner": None, "due_at": 1, "word": True}, when="#owner = :me", me="x"
    )
    assert (
        write.arguments["UpdateExpression"] == "SET #due_at = :due_at, #word = :word REMOVE #owner"
    )
    assert write.arguments["ExpressionAttributeValues"] == {
        ":due_at": {"N": "1"},
        ":word": {"BOOL": True},
        ":me": {"S": "x"},
    }
    assert "REMOVE" not in Write.set(("p", "s"), {"due_at": 1}).arguments["UpdateExpression"]


def test_a_write_without_a_condition_asks_for_nothing_back() -> None:
    assert Write.delete(("p", "s")).arguments == {"Key": {"pk": {"S": "p"}, "sk": {"S": "s"}}}
