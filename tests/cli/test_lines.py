from datetime import UTC, datetime

import pytest

from handrail.cli.lines import between, changes, columns, duration, joined, one_line
from handrail.client import View, apply
from tests.client.fake_service import SUBSCRIBED, complete, snapshot, state, update

OPENED = apply(View(), SUBSCRIBED)


def test_a_snapshot_shows_the_execution_and_its_states() -> None:
    assert list(changes(View(), OPENED)) == [
        "2026-11-22T07:40:49.600Z  execution order:7f3c  RUNNING",
        "2026-11-22T07:40:50.120Z  Charge  RUNNING  entered=1 running=1",
    ]


def test_only_what_changed_is_shown() -> None:
    after = apply(OPENED, update("9:3", state("Ship", "RUNNING", entered=1)))
    (line,) = changes(OPENED, after)
    assert line.endswith("Ship  RUNNING  entered=1")


def test_nothing_changed_shows_nothing() -> None:
    assert list(changes(OPENED, OPENED)) == []


def test_the_end_shows_the_error_and_its_cause() -> None:
    after = apply(OPENED, complete("FAILED", error="Boom", cause="it\nbroke"))
    (line,) = changes(OPENED, after)
    assert line.endswith("execution order:7f3c  FAILED  Boom: it broke")


def test_an_end_is_shown_last_where_more_is_to_come() -> None:
    early = {**update("9:3"), "execution": {"status": "FAILED"}}
    ended = apply(OPENED, early)
    assert list(changes(OPENED, ended, more=True)) == []
    after = apply(ended, update("9:4", state("Charge", "FAILED", failed=1)))
    (line,) = changes(ended, after, more=True)
    assert line.endswith("Charge  FAILED  failed=1")


def test_a_state_shows_its_last_error() -> None:
    broken = {**state("Charge", "RETRYING", retries=2), "last_error": {"error": "E", "cause": "c"}}
    (line,) = changes(OPENED, apply(OPENED, update("9:3", broken)))
    assert line.endswith("Charge  RETRYING  retries=2  E: c")


def test_a_pending_task_shows_once() -> None:
    task = {"event_id": 14, "state": "Approve", "resource": "sqs", "scheduled_at": "t"}
    waiting = apply(OPENED, {**update("9:3"), "tasks": [task]})
    assert list(changes(OPENED, waiting)) == ["t  Approve  pending task 14  sqs"]
    assert list(changes(waiting, apply(waiting, {**update("9:4"), "tasks": [task]}))) == []


def test_a_snapshot_that_is_over_shows_its_status_once() -> None:
    over = apply(View(), {**SUBSCRIBED, "snapshot": snapshot(status="SUCCEEDED")})
    assert [line for line in changes(View(), over) if "SUCCEEDED" in line] == [
        "2026-11-22T07:40:49.600Z  execution order:7f3c  SUCCEEDED"
    ]


def test_text_from_outside_can_not_steer_the_terminal() -> None:
    assert one_line("a\x1b[2J\nb") == "a�[2J b"


def test_a_long_text_is_cut() -> None:
    assert len(one_line("x" * 5000)) == 200
    assert len(one_line("x" * 5000, longest=None)) == 5000


def test_columns_stand_under_each_other_however_wide_their_letters_are() -> None:
    assert [*columns([("ab", "RUNNING", ""), ("支払い", "OK", "x"), ("e\u0301", 7, "y")])] == [
        "ab      RUNNING",
        "支払い  OK       x",
        "e\u0301       7        y",
    ]
    assert [*columns([])] == []


def test_parts_that_are_not_there_leave_no_gap() -> None:
    assert joined("a", None, "", "b") == "a  b"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 ms"),
        (0.48, "480 ms"),
        (3.21, "3.2 s"),
        (245, "4 m 05 s"),
        (7800, "2 h 10 m"),
        (273_700, "3 d 04 h"),
    ],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_what_has_not_ended_takes_up_to_now() -> None:
    now = datetime(2026, 11, 22, 7, 0, 10, tzinfo=UTC)
    assert between("2026-11-22T07:00:00.000Z", None, now) == "10.0 s"
    assert between("2026-11-22T07:00:00.000Z", "2026-11-22T07:00:02.000Z", now) == "2.0 s"
    assert between(None, None, now) == ""
