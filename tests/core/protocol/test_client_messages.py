"""What clients may say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.listing import ListFilter
from handrail.core.protocol.client_messages import (
    BadMessage,
    Init,
    Level,
    Ping,
    Pong,
    Subscribe,
    Unsubscribe,
    WantedList,
    parse,
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"init","token":"t"}', Init(type="init", token="t")),
        (
            '{"type":"subscribe","id":"a","execution":"m:n"}',
            Subscribe(type="subscribe", id="a", execution="m:n"),
        ),
        (
            '{"type":"subscribe","id":"a","execution":"m:n","after":"1:2","level":"events"}',
            Subscribe(type="subscribe", id="a", execution="m:n", after="1:2", level=Level.EVENTS),
        ),
        (
            '{"type":"subscribe","id":"a","after":null,"list":{"state_machine":null}}',
            Subscribe(type="subscribe", id="a", list=WantedList()),
        ),
        ('{"type":"unsubscribe","id":"a"}', Unsubscribe(type="unsubscribe", id="a")),
        ('{"type":"ping"}', Ping(type="ping")),
        ('{"type":"pong","at":1}', Pong(type="pong")),
    ],
)
def test_a_message_is_read(text: str, message: object) -> None:
    assert parse(text) == message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"type":"shout"}', "type: There is no message of this type."),
        ('{"type":"subscribe","id":"a"}', "Name an execution, or a list."),
        (
            '{"type":"subscribe","id":"a","execution":"m:n","list":{}}',
            "Name an execution, or a list.",
        ),
        (
            '{"type":"subscribe","id":"a","list":{},"after":"1:2"}',
            "A list has neither cursor nor levels.",
        ),
        (
            '{"type":"subscribe","id":"a","list":{},"level":"events"}',
            "A list has neither cursor nor levels.",
        ),
        (
            '{"type":"subscribe","id":"a","list":{"Status":"FAILED"}}',
            "list.Status: Extra inputs are not permitted",
        ),
        (
            '{"type":"subscribe","id":"a","list":{"limit":201}}',
            "list.limit: Input should be less than or equal to 200",
        ),
        (
            '{"type":"subscribe","id":"a","list":{"state_machine":[]}}',
            "list.state_machine: Name one at least. Without this member the list is of all.",
        ),
        (
            '{"type":"subscribe","id":"a","list":{"limit":true}}',
            "list.limit: Input should be a valid integer",
        ),
        (
            '{"type":"subscribe","id":"","execution":"m:n"}',
            "id: String should have at least 1 character",
        ),
        (
            '{"type":"unsubscribe","id":"%s"}' % ("x" * 129),
            "id: String should have at most 128 characters",
        ),
    ],
)
def test_a_refusal_names_the_member(text: str, why: str) -> None:
    with pytest.raises(BadMessage) as caught:
        parse(text)
    assert str(caught.value) == why


def test_a_binary_frame_is_no_message() -> None:
    with pytest.raises(BadMessage):
        parse(b'{"type":"ping"}')


@given(
    st.dictionaries(st.sampled_from(["type", "id", "token", "level"]), st.just("a-secret"))
    | st.text().map(lambda text: f"a-secret{text}")
)
def test_a_refusal_never_repeats_what_came(message: Any) -> None:
    with pytest.raises(BadMessage) as caught:
        parse(json.dumps(message))
    assert "a-secret" not in str(caught.value)


def test_a_token_is_not_shown() -> None:
    assert "a-secret" not in repr(Init(type="init", token="a-secret"))


@pytest.mark.parametrize(
    ("named", "machines"),
    [(None, ()), ("orders", ("orders",)), (["orders", "refunds"], ("orders", "refunds"))],
)
def test_a_list_is_of_one_state_machine_of_several_or_of_all(
    named: str | list[str] | None, machines: tuple[str, ...]
) -> None:
    assert WantedList(state_machine=named).filter() == ListFilter(machines)


def test_a_byte_order_mark_is_ignored() -> None:
    assert parse('\ufeff{"type":"ping"}') == Ping(type="ping")


@pytest.mark.parametrize(
    "text", ['{"type":"ping","x":"\\ud800"}', '{"type":"ping","x":' + "[" * 300 + "]" * 300 + "}"]
)
def test_json_that_strict_readers_don_t_take_is_no_message(text: str) -> None:
    with pytest.raises(BadMessage):
        parse(text)
