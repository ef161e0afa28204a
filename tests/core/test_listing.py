"""Counts say what was counted, and never more."""

from handrail.core.errors import Overloaded, UnsupportedByType
from handrail.core.listing import ExecutionListing, ListedMachine, StatusCounts, Unlisted
from handrail.core.models import Execution, ExecutionId, ExecutionStatus
from tests.fakes import BEGIN

RUNNING, FAILED = ExecutionStatus.RUNNING, ExecutionStatus.FAILED


def executions(*statuses: ExecutionStatus) -> list[Execution]:
    return [
        Execution(ExecutionId("orders", f"n{i}"), "arn", status, BEGIN)
        for i, status in enumerate(statuses)
    ]


def listing(*counts: StatusCounts | None, unlisted: tuple[Unlisted, ...] = ()) -> ExecutionListing:
    machines = [ListedMachine("orders", BEGIN, each) for each in counts]
    return ExecutionListing((), BEGIN, machines, unlisted)


def test_every_status_that_was_asked_for_is_counted_and_no_other() -> None:
    found = executions(RUNNING, FAILED, RUNNING)
    whole = StatusCounts.of(found, None, at_least=False)
    assert set(whole.by_status) == set(ExecutionStatus)
    assert (whole.by_status[RUNNING], whole.by_status[FAILED], whole.total) == (2, 1, 3)
    assert StatusCounts.of(found[:1], RUNNING, at_least=True).by_status == {RUNNING: 1}


def test_the_sum_is_at_least_as_soon_as_one_part_is() -> None:
    some = StatusCounts.of(executions(RUNNING), None, at_least=False)
    more = StatusCounts.of(executions(RUNNING, FAILED), None, at_least=True)
    assert listing(some, some).counts == StatusCounts({**some.by_status, RUNNING: 2})
    counted = listing(some, more).counts
    assert counted is not None
    assert (counted.total, counted.at_least) == (3, True)


def test_a_machine_that_was_not_listed_makes_the_sum_at_least_unless_it_has_no_list() -> None:
    some = StatusCounts.of(executions(RUNNING), None, at_least=False)
    for error, at_least in ((Overloaded("late"), True), (UnsupportedByType("Express"), False)):
        counted = listing(some, unlisted=(Unlisted("other", error),)).counts
        assert counted is not None
        assert counted.at_least is at_least


def test_where_one_part_was_not_counted_there_is_no_sum() -> None:
    assert listing(None).counts is None
