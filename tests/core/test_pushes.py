"""Records of a stream, read as events of executions and as status changes."""

import gzip
import json
import zlib
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest

from handrail.core.models import Account, ExecutionId, ExecutionStatus, rfc3339
from handrail.core.pushes import (
    CUT_BYTES,
    MAX_UNPACKED_BYTES,
    Push,
    PushedEvent,
    PushedStatus,
    Unreadable,
    parse_push,
    pushes_of,
    unpacked,
)
from tests.events import ACCOUNT, LOGS, REGION, STATUS_CHANGES, log_line, sample

ORDER = ExecutionId.parse("order-fulfilment:a-1001")
HERE = Account("aws", REGION, ACCOUNT)
EXPRESS = f"arn:aws:states:{REGION}:{ACCOUNT}:express:price-check:b:c"


def batch(*lines: str, **members: Any) -> bytes:
    """A record with these log lines, as a subscription writes it."""
    document = sample("logs_standard")
    document["logEvents"] = [
        {"id": str(n), "timestamp": 1795341603123, "message": line} for n, line in enumerate(lines)
    ]
    return packed(document | members)


def packed(document: Mapping[str, Any]) -> bytes:
    return gzip.compress(json.dumps(document).encode(), mtime=0)


def events_of(data: bytes) -> list[PushedEvent]:
    return [push for push in parse_push(data) if isinstance(push, PushedEvent)]


def only(pushes: tuple[Push, ...]) -> Push:
    (push,) = pushes
    return push


def test_log_lines_are_the_history_s_events() -> None:
    pushed = events_of(packed(sample("logs_standard")))
    assert {(push.execution, push.account, push.redrive_count) for push in pushed} == {
        (ORDER, HERE, 0)
    }
    assert [push.event.id for push in pushed] == [1, 2, 3, 4, 5, 6, 7]
    third = pushed[2].event
    assert (third.type, third.previous_id) == ("TaskScheduled", 2)
    assert third.details_key == "taskScheduledEventDetails"
    assert rfc3339(third.at) == "2026-11-22T10:00:03.144Z"
    assert not any(push.truncated for push in pushed)


@pytest.mark.parametrize("name", [name for name in LOGS if "without_data" in name])
def test_events_without_their_payloads_say_so(name: str) -> None:
    whole = {"TaskStarted"}
    for push in events_of(packed(sample(name))):
        assert push.truncated is (push.event.type not in whole)


def test_express_executions_are_read_with_their_run() -> None:
    pushed = events_of(packed(sample("logs_express")))
    assert all(push.execution.express for push in pushed)
    assert [push.event.id for push in pushed] == [1, 2, 3, 4]


@pytest.mark.parametrize("name", STATUS_CHANGES)
def test_a_status_change_has_its_times_and_its_status(name: str) -> None:
    push = only(parse_push(json.dumps(sample(name)).encode()))
    assert isinstance(push, PushedStatus)
    assert (push.execution, push.account, push.redrive_count) == (ORDER, HERE, 0)
    assert push.status is ExecutionStatus(name.removeprefix("status_change_").upper())
    assert rfc3339(push.started_at) == "2026-11-22T10:00:03.123Z"
    assert (push.stopped_at is None) is (push.status is ExecutionStatus.RUNNING)


def test_a_status_change_with_half_a_character_in_its_cause_is_one_too() -> None:
    event = sample("status_change_failed")
    event["detail"]["cause"] = "It broke \ud83d"
    assert isinstance(only(parse_push(json.dumps(event).encode())), PushedStatus)


def test_a_redrive_is_counted() -> None:
    event = sample("status_change_running")
    event["detail"]["redriveCount"] = 2
    assert only(parse_push(json.dumps(event).encode())).redrive_count == 2
    line = json.loads(log_line(str(ORDER), 9, "ExecutionRedriven")) | {"redrive_count": "1"}
    assert only(parse_push(batch(json.dumps(line)))).redrive_count == 1


def test_batches_behind_one_another_are_all_read() -> None:
    data = batch(log_line(str(ORDER), 1)) + batch(log_line(str(ORDER), 2))
    assert [push.event.id for push in events_of(data)] == [1, 2]


def test_a_batch_may_come_unpacked() -> None:
    (text,) = unpacked(batch(log_line(str(ORDER), 1)))
    assert [push.event.id for push in events_of(text)] == [1]


def test_a_control_message_says_nothing() -> None:
    assert parse_push(packed(sample("logs_control"))) == ()


def test_lines_come_in_the_order_of_the_batch_and_as_often() -> None:
    lines = [log_line(str(ORDER), id) for id in (3, 2, 2)]
    assert [push.event.id for push in events_of(batch(*lines))] == [3, 2, 2]


def test_each_event_says_whose_account_and_region_it_is_of() -> None:
    foreign = "arn:aws-cn:states:cn-north-1:210987654321:execution:m:n"
    pushed = events_of(batch(log_line(foreign, 1), log_line(EXPRESS, 1)))
    assert [push.account for push in pushed] == [
        Account("aws-cn", "cn-north-1", "210987654321"),
        HERE,
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "START RequestId: 1",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        '{"id": "x", "type": "A", "event_timestamp": "1", "execution_arn": "arn:aws:a:b:c:d:e"}',
        '{"id": "1", "type": "A", "event_timestamp": "1e400", "execution_arn": 7}',
        '{"id": "1", "type": 7, "event_timestamp": "1", "execution_arn": "orders:one"}',
        log_line("orders:one", 1).replace("arn:aws:states", "orders"),
        log_line("orders:one", 0),
        log_line("orders:one", -3),
        log_line("orders:one", 1).replace('"details":{}', '"details":"{}"'),
        log_line("orders:one", 1).replace('"redrive_count":"0"', '"redrive_count":"-1"'),
        log_line("orders:one", 1).replace('"179', '"1790000000000000000'),
    ],
)
def test_another_line_of_the_log_group_is_passed_over_and_seen(line: str) -> None:
    (text,) = unpacked(batch(line, log_line("orders:one", 2)))
    pushes = list(pushes_of(text))
    assert pushes[0] is None
    assert [push.event.id for push in pushes if isinstance(push, PushedEvent)] == [2]


def test_a_cause_that_was_cut_within_a_character_hides_no_event() -> None:
    line = log_line(str(ORDER), 4, "ExecutionFailed", cause="It broke \ud83d", error="E")
    (push,) = events_of(batch(line))
    assert push.event.details["cause"] == "It broke \ud83d"
    assert not push.truncated


@pytest.mark.parametrize(
    ("kind", "details", "truncated"),
    [
        ("TaskStateEntered", {"input": "{}", "inputDetails": {"truncated": True}}, True),
        ("TaskStateEntered", {"input": "{}", "inputDetails": {"truncated": False}}, False),
        ("TaskStateExited", {"output": '{"a', "outputDetails": {"truncated": True}}, True),
        ("PassStateExited", {"output": "1", "assignedVariablesDetails": {"truncated": True}}, True),
        ("TaskScheduled", {"parameters": '{"a": "' + "x" * CUT_BYTES}, True),
        ("TaskScheduled", {"parameters": '{"a": "' + "x" * CUT_BYTES + '"}'}, False),
        ("TaskScheduled", {"resource": "invoke"}, True),
        ("TaskStarted", {"resource": "invoke"}, False),
        ("TaskFailed", {"error": "E"}, False),
        ("TaskFailed", {"cause": "x" * (CUT_BYTES + 1)}, False),
        ("TaskFailed", {"resource": "invoke"}, True),
        ("ExecutionAborted", {}, True),
        ("TaskStateAborted", {}, False),
        ("MapIterationFailed", {"name": "M", "index": 0}, False),
        ("MapRunAborted", {}, False),
        ("MapStateSucceeded", {}, False),
        ("WaitStateEntered", {"name": "W"}, True),
        ("ExecutionRedriven", {"redriveCount": 1}, False),
    ],
)
def test_a_payload_that_is_cut_or_missing_marks_its_event(
    kind: str, details: dict[str, Any], truncated: bool
) -> None:
    (push,) = events_of(batch(log_line(str(ORDER), 2, kind, **details)))
    assert push.truncated is truncated


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no gzip",
        b"[]",
        b"7",
        b"{}",
        b'{"a": ' * 100_000,
        b"\xff\xfe",
        b"\x1f\x8b",
        gzip.compress(b"{}" * 5000, mtime=0)[:40],
        gzip.compress(b'{"messageType": "CONTROL_MESSAGE"}') + b"tail",
        zlib.compress(b"{}"),
        gzip.compress(b"x" * (MAX_UNPACKED_BYTES + 1), compresslevel=1),
        gzip.compress(b"no json"),
        gzip.compress(b"[]"),
        gzip.compress(b'{"messageType": "DATA_MESSAGE", "logEvents": 7}'),
        json.dumps(sample("tick")).encode(),
        json.dumps({**sample("status_change_failed"), "detail": {"status": "SECRET"}}).encode(),
    ],
    ids=count(),
)
def test_what_is_no_push_is_unreadable_and_quoted_nowhere(data: bytes) -> None:
    with pytest.raises(Unreadable) as raised:
        parse_push(data)
    assert raised.value.__cause__ is None
    assert "SECRET" not in str(raised.value)


def test_what_an_event_says_shows_in_no_text_of_it() -> None:
    (push,) = events_of(batch(log_line(str(ORDER), 3, "TaskScheduled", parameters="SECRET")))
    assert "SECRET" not in repr(push)


def test_a_batch_as_large_as_may_be_is_unpacked() -> None:
    data = gzip.compress(b"x" * MAX_UNPACKED_BYTES, compresslevel=1)
    assert [len(text) for text in unpacked(data)] == [MAX_UNPACKED_BYTES]
