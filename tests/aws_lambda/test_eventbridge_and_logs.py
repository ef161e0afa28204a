"""Status changes and log lines as AWS writes them, read as nudges."""

import base64
import gzip
import zlib

import pytest

from handrail.aws_lambda.eventbridge_and_logs import (
    MAX_LOGS_BYTES,
    Unreadable,
    logged,
    status_change,
    unpacked,
)
from handrail.core.apigateway import Nudge
from tests.events import LOGS, STATUS_CHANGES, log_line, logs_event, sample
from tests.usecases.apigateway.stage import ID

ORDER = "order-fulfilment:a-1001"
EXPRESS = "arn:aws:states:us-east-1:123456789012:express:price-check:b:c"


@pytest.mark.parametrize("name", STATUS_CHANGES)
def test_a_status_change_is_a_nudge_that_knows_of_an_end(name: str) -> None:
    assert status_change(sample(name)) == Nudge(ORDER, ended=name != "status_change_running")


def test_a_status_change_knows_how_often_it_was_redriven() -> None:
    event = sample("status_change_running")
    event["detail"] |= {"redriveCount": 2}
    assert status_change(event) == Nudge(ORDER, redrives=2)
    del event["detail"]["redriveCount"]
    assert status_change(event) == Nudge(ORDER)


def test_a_status_change_too_large_for_its_payloads_is_one_too() -> None:
    assert status_change(sample("status_change_too_large")) is not None


@pytest.mark.parametrize("name", [name for name in LOGS if "standard" in name])
def test_log_lines_are_one_nudge_that_knows_the_last_event(name: str) -> None:
    assert logged(logs_event(sample(name))) == (Nudge(ORDER, 7, ended=True),)


@pytest.mark.parametrize("name", [name for name in LOGS if "express" in name])
def test_express_executions_have_no_history_to_read(name: str) -> None:
    assert logged(logs_event(sample(name))) == ()


def test_a_control_message_says_nothing() -> None:
    assert logged(logs_event(sample("logs_control"))) == ()


def test_log_lines_of_several_executions_are_told_apart() -> None:
    lines = [
        log_line("orders:one", 5),
        log_line("orders:two", 3, "ExecutionAborted"),
        log_line("orders:one", 4),
        log_line(EXPRESS, 9),
    ]
    assert logged(logs_event(lines)) == (Nudge("orders:one", 5), Nudge("orders:two", 3, ended=True))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "START RequestId: 1",
        "[]",
        "null",
        "{}",
        '{"id": "x", "type": "A", "event_timestamp": "1", "execution_arn": "arn:aws:a:b:c:d:e"}',
        '{"id": "1", "type": "A", "event_timestamp": "1e400", "execution_arn": 7}',
        '{"id": "1", "type": 7, "event_timestamp": "1", "execution_arn": "orders:one"}',
    ],
)
def test_another_line_of_the_log_group_is_passed_over(line: str) -> None:
    assert logged(logs_event([line, log_line(ID, 2)])) == (Nudge(ID, 2),)


def test_a_cause_that_was_cut_within_a_character_hides_no_event() -> None:
    line = log_line(ID, 4, "ExecutionFailed")
    cut = line.replace('"type"', r'"details":{"cause":"It broke \ud83d"},"type"', 1)
    assert cut != line
    assert logged(logs_event([cut])) == (Nudge(ID, 4, ended=True),)


def packed(text: bytes) -> str:
    return base64.b64encode(gzip.compress(text, mtime=0)).decode()


@pytest.mark.parametrize(
    "data",
    [
        "",
        "no base64",
        base64.b64encode(b"no gzip").decode(),
        base64.b64encode(gzip.compress(b"{}" * 5000, mtime=0)[:40]).decode(),
        base64.b64encode(zlib.compress(b"{}")).decode(),
        packed(b"x" * (MAX_LOGS_BYTES + 1)),
        packed(b"no json"),
        packed(b"[]"),
        packed(b'{"messageType": "DATA_MESSAGE", "logEvents": 7}'),
    ],
)
def test_what_cant_be_unpacked_is_unreadable_and_bounded(data: str) -> None:
    with pytest.raises(Unreadable):
        logged({"awslogs": {"data": data}})


def test_a_batch_as_large_as_may_be_is_unpacked() -> None:
    assert len(unpacked(packed(b"x" * MAX_LOGS_BYTES))) == MAX_LOGS_BYTES
