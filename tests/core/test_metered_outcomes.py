"""How what was asked for came out, in the words of metrics."""

import asyncio
import inspect

import pytest

from handrail.core import errors
from handrail.core.errors import ServiceError
from handrail.core.metered_outcomes import OUTCOMES, failures_counted, outcome_of

DETAIL = "Because."
FAILURES = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, ServiceError)
]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (errors.ExecutionConflict(DETAIL), "conflict"),
        (errors.TaskAlreadySettled(DETAIL), "conflict"),
        (errors.ExecutionEnded(DETAIL), "ended"),
        (errors.RepetitionRefused(DETAIL), "timed_out"),
        (errors.StateMachineNotFound(DETAIL), "not_found"),
        (errors.Throttled(DETAIL), "throttled"),
        (errors.InvalidInput(DETAIL), "refused"),
        (errors.UnsupportedByType(DETAIL), "refused"),
        (errors.TooManyStarts(DETAIL), "refused"),
        (errors.Unavailable(DETAIL), "failed"),
        (errors.UpstreamRefused(DETAIL), "failed"),
        (RuntimeError(DETAIL), "failed"),
        (asyncio.CancelledError(), "cancelled"),
    ],
)
def test_an_error_has_a_word(error: BaseException, outcome: str) -> None:
    assert outcome_of(error) == outcome


def test_there_are_no_other_words() -> None:
    """A label's values are few, whatever is raised."""
    assert {outcome_of(failure(DETAIL)) for failure in FAILURES} <= OUTCOMES


def test_what_raises_is_counted_and_raised() -> None:
    counted: list[str] = []
    with pytest.raises(errors.Throttled), failures_counted(counted.append):
        raise errors.Throttled(DETAIL)
    with failures_counted(counted.append):
        pass
    assert counted == ["throttled"]
