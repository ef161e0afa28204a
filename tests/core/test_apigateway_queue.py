"""What the queue carries of our own: written and read back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.apigateway import Greet, Nudge, greet_text, nudge_text, parse_reminder

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(
    st.builds(
        Nudge,
        TEXTS,
        st.none() | st.integers(1, 25_000),
        st.booleans(),
        st.integers(0, 9),
        st.integers(0, 9),
    )
)
def test_a_nudge_comes_out_as_it_went_in(nudge: Nudge) -> None:
    assert parse_reminder(nudge_text(nudge)) == nudge


@given(TEXTS)
def test_a_greeting_comes_out_as_it_went_in(connection: str) -> None:
    assert parse_reminder(greet_text(connection)) == Greet(connection)


def test_the_messages_are_those_that_are_documented() -> None:
    assert json.loads(nudge_text(Nudge("order:7f3c", 12, True))) == {
        "type": "nudge",
        "execution": "order:7f3c",
        "event_id": 12,
        "ended": True,
        "again": 0,
        "redrives": 0,
    }
    assert json.loads(greet_text("L0SM9cOFvHcCIhw=")) == {
        "type": "greet",
        "connection": "L0SM9cOFvHcCIhw=",
    }


def test_what_a_nudge_leaves_out_isnt_known() -> None:
    assert parse_reminder('{"type":"nudge","execution":"a:b"}') == Nudge("a:b")


def test_members_of_a_newer_version_are_passed_over() -> None:
    assert parse_reminder('{"type":"greet","connection":"c","since":1}') == Greet("c")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json, with a secret",
        "[]",
        "null",
        "{}",
        '{"type":"secret"}',
        '{"type":"greet"}',
        '{"type":"greet","connection":""}',
        '{"type":"greet","connection":7}',
        '{"type":"nudge"}',
        '{"type":"nudge","execution":"a:b","event_id":0}',
        '{"type":"nudge","execution":"a:b","event_id":"secret"}',
        '{"type":"nudge","execution":"a:b","event_id":true}',
        '{"type":"nudge","execution":"a:b","ended":"secret"}',
        '{"type":"nudge","execution":"a:b","again":-1}',
        '{"type":"nudge","execution":"a:b","again":"secret"}',
    ],
)
def test_anything_else_is_refused_and_not_repeated(body: str) -> None:
    with pytest.raises(ValueError, match=r"^A (reminder|nudge)") as caught:
        parse_reminder(body)
    assert "secret" not in str(caught.value)
