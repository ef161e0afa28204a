"""Names how what was asked for came out, in the few words that metrics have for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .errors import (
    Conflict,
    ExecutionConflict,
    ExecutionEnded,
    NotFound,
    ServiceError,
    TaskAlreadySettled,
    TaskTimedOut,
    Throttled,
)

_NAMED: tuple[tuple[type[ServiceError], str], ...] = (
    (ExecutionConflict, "conflict"),
    (TaskAlreadySettled, "conflict"),
    (ExecutionEnded, "ended"),
    (TaskTimedOut, "timed_out"),
    (NotFound, "not_found"),
    (Throttled, "throttled"),
    (Conflict, "refused"),
)
OUTCOMES = frozenset({*(name for _, name in _NAMED), "failed", "cancelled"})
"""All that `outcome_of` answers."""


def outcome_of(error: BaseException) -> str:
    """`refused` is the caller's fault, or the rules'; `failed` is ours or AWS's; `cancelled` has
    nobody who waits any more."""
    for kind, name in _NAMED:
        if isinstance(error, kind):
            return name
    if isinstance(error, ServiceError):
        return "refused" if error.status < 500 else "failed"
    return "failed" if isinstance(error, Exception) else "cancelled"


@contextmanager
def failures_counted(count: Callable[[str], None]) -> Iterator[None]:
    """Tells `count` how what is in here came out, where it raises."""
    try:
        yield
    except BaseException as error:
        count(outcome_of(error))
        raise
