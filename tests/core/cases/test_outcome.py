"""What an execution did is read from its history."""

from datetime import UTC, datetime

from handrail.core.cases.outcome import ExecutionOutcome
from handrail.core.models import HistoryEvent

AT = datetime(2026, 1, 1, tzinfo=UTC)


def outcome(*events: tuple[str, int, str]) -> ExecutionOutcome:
    """Of events, numbered from 1: type, the id before it, and the state's name."""
    read = [
        HistoryEvent(number, before, kind, AT, {"name": name} if name else {})
        for number, (kind, before, name) in enumerate(events, 1)
    ]
    return ExecutionOutcome("SUCCEEDED", None, None, None, read)


CAUGHT = outcome(
    ("ExecutionStarted", 0, ""),
    ("TaskStateEntered", 0, "A"),
    ("TaskFailed", 2, ""),
    ("TaskStateExited", 3, "A"),
    ("PassStateEntered", 4, "B"),
    ("PassStateExited", 5, "B"),
    ("WaitStateEntered", 6, "C"),
)


def test_states_are_told_as_they_were_entered() -> None:
    assert CAUGHT.states == ("A", "B", "C")
    assert CAUGHT.unfinished == ("C",)


def test_each_way_out_of_a_state_is_told_and_whether_it_had_failed() -> None:
    assert list(CAUGHT.steps()) == [("A", "B", True), ("B", "C", False)]


def test_a_way_that_leads_nowhere_ends_a_branch() -> None:
    branches = outcome(
        ("ParallelStateEntered", 0, "P"),
        ("PassStateEntered", 1, "A"),
        ("PassStateEntered", 1, "B"),
        ("PassStateExited", 3, "B"),
        ("PassStateExited", 2, "A"),
    )
    assert list(branches.steps()) == [("B", None, False), ("A", None, False)]
