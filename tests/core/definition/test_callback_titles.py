"""Titles of questions, filled from what their task was called with."""

import json

import pytest

from handrail.core.definition.callback_titles import LONGEST_VALUE, check_title, filled_title
from handrail.core.models import Json


def title(text: str, **payload: Json) -> str:
    return filled_title(check_title(text), json.dumps({"Payload": payload}))


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Ship it?", "Ship it?"),
        ("Approve order {order_id}", "Approve order A-1"),
        ("{$.Payload.order_id}: {amount} for {customer.name}?", "A-1: 12.50 for Ada?"),
        ("Is {{order_id}} the name of {order_id}?", "Is {order_id} the name of A-1?"),
        ("Approve {nothing}", "Approve (there is no nothing)"),
        ("Send {lines}", 'Send ["a"]'),
        ("Rush: {rush}", "Rush: true"),
    ],
)
def test_a_name_in_braces_is_the_task_s_own_value(text: str, filled: str) -> None:
    parameters = (
        '{"Payload": {"order_id": "A-1", "amount": 12.50, "customer": {"name": "Ada"},'
        ' "lines": ["a"], "rush": true}}'
    )
    assert filled_title(check_title(text), parameters) == filled


@pytest.mark.parametrize("parameters", [None, "", '{"cut'])
def test_what_isn_t_known_is_said_to_be_so(parameters: str | None) -> None:
    assert filled_title("Ship {order_id}?", parameters) == "Ship (order_id is not known)?"


def test_a_value_stays_one_short_line() -> None:
    assert title("Ship {a}?", a=" x\n\t<b>y</b>\0 ") == "Ship x <b>y</b>?"
    assert title("{a}", a="y" * 500) == "y" * (LONGEST_VALUE - 1) + "…"


def test_a_value_can_t_turn_the_rest_of_the_title_around() -> None:
    assert title("Pay {a} to {b}", a="\u202e100\u2066", b="\u200fx\ud83d") == "Pay 100 to x\ufffd"


@pytest.mark.parametrize("text", ["{", "}", "a } b", "{}", "{a b}", "{$$.Task.Token}", "{{a}"])
def test_braces_that_name_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"name|brace"):
        check_title(text)
