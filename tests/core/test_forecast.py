"""How long an execution still takes."""

from datetime import timedelta

import pytest

from handrail.core.forecast import RemainingTime, time_left, typical_s
from handrail.core.models import Execution, ExecutionId, ExecutionStatus
from tests.fakes import ACCOUNT, BEGIN


def took(
    seconds: float,
    *,
    status: ExecutionStatus = ExecutionStatus.SUCCEEDED,
    redrive_count: int = 0,
    version: str | None = None,
) -> Execution:
    id = ExecutionId("orders", f"took-{seconds}")
    return Execution(
        id,
        ACCOUNT.execution_arn(id),
        status,
        BEGIN,
        BEGIN + timedelta(seconds=seconds),
        redrive_count=redrive_count,
        version=version,
    )


def test_the_typical_time_is_the_median() -> None:
    assert typical_s([took(10), took(1000), took(20)], None) == 20
    assert typical_s([took(10), took(1000), took(20), took(30)], None) == 25


def test_too_few_tell_nothing() -> None:
    assert typical_s([took(10), took(20)], None) is None


def test_only_what_succeeded_without_a_redrive_counts() -> None:
    others = [took(1, status=ExecutionStatus.FAILED), took(9000, redrive_count=1)]
    assert typical_s([took(10), took(20), *others], None) is None
    assert typical_s([took(10), took(20), took(30), *others], None) == 20


def test_the_same_version_s_count_where_they_are_enough() -> None:
    listed = [took(at, version="2") for at in (10, 20, 30)] + [took(at) for at in (500, 600)]
    assert typical_s(listed, "2") == 20
    assert typical_s(listed, None) == 30


@pytest.mark.parametrize(
    ("typical", "after_s", "left"),
    [
        (None, 5, RemainingTime(None)),
        (60.0, 0, RemainingTime(60.0)),
        (60.0, 59.6, RemainingTime(0.0)),
        (60.0, 60, RemainingTime(None, overdue=True)),
        (60.0, 3600, RemainingTime(None, overdue=True)),
    ],
)
def test_what_is_left_of_the_typical_time(
    typical: float | None, after_s: float, left: RemainingTime
) -> None:
    assert time_left(typical, BEGIN, BEGIN + timedelta(seconds=after_s)) == left
