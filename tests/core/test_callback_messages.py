"""A message says which task is settled how, or is refused without a word of its own."""

import json
from typing import Any

import pytest

from handrail.core.callback_messages import (
    MessageAttribute,
    QueuedMessage,
    lanes_of,
    parse_callback,
    received_message,
)
from handrail.core.errors import InvalidOutput, InvalidRequest
from handrail.core.json_text import JsonText
from handrail.core.trace_context import TraceContext
from tests.core.made_up_tokens import aws_token

PLACE = {"execution": "orders:1", "event_id": 7}
TOKEN = aws_token(404, seed=9)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def refusal(body: str) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as refused:
        parse_callback(body)
    return refused.value


def test_an_output_is_passed_on_as_it_was_written() -> None:
    text = '{ "n": 1.00000000000000000000001, "deep": [1e400] }'
    read = parse_callback(
        f'{{"execution": "orders:1", "event_id": 7, "outcome": "success", "output": {text} }}'
    )
    assert read.output == JsonText(text)
    assert (read.execution, read.event_id, read.token) == ("orders:1", 7, None)


@pytest.mark.parametrize(
    "body",
    [
        {**PLACE, "outcome": "success", "output": None},
        {**PLACE, "outcome": "failure"},
        {**PLACE, "outcome": "failure", "error": "No", "cause": "Too dear."},
        {**PLACE, "outcome": "heartbeat"},
        {"token": TOKEN, "outcome": "success", "output": {}},
        {"token": TOKEN, "outcome": "heartbeat"},
    ],
)
def test_each_outcome_has_its_members(body: dict[str, Any]) -> None:
    read = parse_callback(json.dumps(body))
    assert read.outcome == body["outcome"]
    assert TOKEN not in repr(read)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({**PLACE, "outcome": "success"}, "output"),
        ({**PLACE, "outcome": "failure", "output": 1}, "output"),
        ({**PLACE, "outcome": "success", "output": 1, "error": "x"}, "error"),
        ({**PLACE, "outcome": "success", "output": 1, "cause": None}, "cause"),
        ({**PLACE, "outcome": "heartbeat", "cause": "x"}, "cause"),
        ({**PLACE, "outcome": "done"}, "outcome"),
        (PLACE, "outcome"),
        ({**PLACE, "outcome": "heartbeat", "event_id": "7"}, "event_id"),
        ({**PLACE, "outcome": "heartbeat", "event_id": 0}, "event_id"),
        ({**PLACE, "outcome": "heartbeat", "execution": ""}, "execution"),
        ({**PLACE, "outcome": "heartbeat", "token": "t"}, "token"),
        ({"execution": "orders:1", "outcome": "heartbeat"}, "token"),
        ({"event_id": 7, "outcome": "heartbeat"}, "token"),
        ({"token": "t", "event_id": 7, "outcome": "heartbeat"}, "token"),
        ({"token": "t" * 2049, "outcome": "heartbeat"}, "token"),
        ({**PLACE, "outcome": "failure", "error": "e" * 257}, "error"),
        ({**PLACE, "outcome": "failure", "cause": "c" * 32_769}, "cause"),
    ],
)
def test_what_breaks_the_rules_is_refused_by_its_member(body: dict[str, Any], path: str) -> None:
    assert [each.path for each in refusal(json.dumps(body)).errors] == [path]


@pytest.mark.parametrize(
    "body",
    [
        "",
        TOKEN,
        json.dumps(TOKEN),
        f'{{"token": "{TOKEN}"',
        json.dumps({TOKEN: 1, "outcome": "heartbeat"}),
        f'{{"{TOKEN}": 1, "{TOKEN}": 2}}',
        f'{{"{TOKEN}": {"[" * 300}{"]" * 300}}}',
        json.dumps({"token": TOKEN * 9, "outcome": "heartbeat"}),
        json.dumps({"token": [TOKEN], "outcome": TOKEN}),
    ],
)
def test_a_refusal_repeats_nothing_of_the_message(body: str) -> None:
    error = refusal(body)
    assert TOKEN not in f"{error} {error.detail} {error.errors} {error.facts}"


def test_an_output_that_step_functions_takes_nowhere_is_refused_as_over_rest() -> None:
    deep = f'{{"token": "t", "outcome": "success", "output": {"[" * 300}{"]" * 300}}}'
    assert isinstance(refusal(deep), InvalidOutput)
    half = '{"token": "t", "outcome": "success", "output": "\\ud800"}'
    assert isinstance(refusal(half), InvalidOutput)
    assert [each.path for each in refusal('{"token": "a", "token": "b"}').errors] == ["token"]


def message(id: str, group: str | None = None) -> QueuedMessage:
    return QueuedMessage(id, f"receipt {id}", "{}", group=group)


def test_a_fifo_queue_s_groups_are_in_order_and_side_by_side() -> None:
    batch = [message("1", "a"), message("2", "b"), message("3", "a"), message("4")]
    assert [[each.id for each in lane] for lane in lanes_of(batch, fifo=True)] == [
        ["1", "3"],
        ["2"],
        ["4"],
    ]
    assert [len(lane) for lane in lanes_of(batch, fifo=False)] == [1, 1, 1, 1]


def test_what_aws_and_the_sender_say_of_a_message_is_read() -> None:
    system = {"ApproximateReceiveCount": "3", "SenderId": "AROA:ada", "MessageGroupId": "g"}
    xray = {"AWSTraceHeader": f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={'1' * 16};Sampled=1"}
    read = received_message("id", "receipt", "body", {**system, **xray}, {})
    assert (read.received, read.sender, read.group) == (3, "AROA:ada", "g")
    assert read.trace == TraceContext(TRACE, "1" * 16, sampled=True)
    own = {"traceparent": MessageAttribute("String", f"00-{'a' * 32}-{'2' * 16}-00")}
    read = received_message("id", "receipt", "body", {**system, **xray}, own)
    assert read.trace == TraceContext("a" * 32, "2" * 16, sampled=False)
    bare = received_message("id", "a-receipt", "a-body", {"ApproximateReceiveCount": "?"}, {})
    assert (bare.received, bare.sender, bare.group, bare.trace) == (1, None, None, None)
    assert "a-receipt" not in repr(bare)
    assert "a-body" not in repr(bare)
