"""Ids, cursors and times as texts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.errors import ExecutionNotFound, InvalidRequest
from handrail.core.models import (
    Account,
    Cursor,
    ExecutionId,
    ExecutionStatus,
    from_ms,
    rfc3339,
    to_ms,
)

ACCOUNT = Account("aws-cn", "cn-north-1", "123456789012")
names = st.text("abcXYZ019-_", min_size=1, max_size=80)
maybe = st.none() | names


@given(st.integers(0, 10**14 - 1), st.integers(0, 25_000))
def test_a_cursor_is_read_as_it_was_written(epoch: int, event_id: int) -> None:
    cursor = Cursor(epoch, event_id)
    assert Cursor.parse(str(cursor)) == cursor
    assert to_ms(from_ms(epoch)) == epoch


@pytest.mark.parametrize(
    "text",
    ["", ":", "1", "1:", ":1", "a:1", "1:-2", "1:2:3", " 1:2", "1:²", "9" * 15 + ":1", "1:٣"],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        Cursor.parse(text)


@given(names, names, maybe, maybe)
def test_an_id_is_read_as_it_was_written_and_from_its_arn(
    machine: str, name: str, label: str | None, run: str | None
) -> None:
    id = ExecutionId(machine, name, label, run)
    assert ExecutionId.parse(str(id)) == id
    arn = ACCOUNT.execution_arn(id)
    assert ExecutionId.parse(arn) == id
    assert Account.of(arn) == ACCOUNT


@pytest.mark.parametrize(
    ("text", "express"),
    [("orders:7f3c", False), ("orders/Each:7f3c", False), ("orders:7f3c:2b1d", True)],
)
def test_an_id_tells_what_kind_of_execution_it_is(text: str, express: bool) -> None:
    id = ExecutionId.parse(text)
    assert id.express is express
    kind = "express" if express else "execution"
    assert ACCOUNT.execution_arn(id) == f"arn:aws-cn:states:cn-north-1:123456789012:{kind}:{text}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "orders",
        "orders:",
        ":name",
        "/label:name",
        "orders/:name",
        "a:b:c:d",
        "a::c",
        "a:b:",
        "arn:aws:states:eu-west-1:123456789012:stateMachine:orders",
        "arn:aws:sqs:eu-west-1:123456789012:execution:orders:one",
        "arn:aws:states:eu-west-1:123456789012:execution:orders",
        "arn:aws",
    ],
)
def test_what_is_no_id_names_nothing(text: str) -> None:
    with pytest.raises(ExecutionNotFound):
        ExecutionId.parse(text)


def test_only_running_and_waiting_for_a_redrive_arent_the_end() -> None:
    open_ = {status for status in ExecutionStatus if not status.terminal}
    assert open_ == {ExecutionStatus.RUNNING, ExecutionStatus.PENDING_REDRIVE}


@given(st.integers(0, 4_000_000_000_000))
def test_milliseconds_go_to_a_time_and_back(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms
    assert from_ms(ms).tzinfo is UTC


def test_the_noise_of_a_float_time_is_rounded_away() -> None:
    assert to_ms(datetime.fromtimestamp(1795329649.6199999, UTC)) == 1795329649620


def test_times_are_written_in_utc_with_milliseconds() -> None:
    east = timezone(timedelta(hours=2))
    assert rfc3339(datetime(2026, 11, 22, 9, 40, 49, 620_499, east)) == "2026-11-22T07:40:49.620Z"
    assert rfc3339(datetime(2026, 11, 22, 9, 40, 49, 620_999, east)) == "2026-11-22T07:40:49.621Z"
    assert rfc3339(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_written_time_and_its_milliseconds_are_rounded_alike(at: datetime) -> None:
    assert to_ms(datetime.fromisoformat(rfc3339(at))) == to_ms(at)
