"""Exit codes, and which one an execution's status or a client's error means."""

from service.core.models import ExecutionStatus

DONE, EXECUTION_FAILED, USAGE, UNREACHABLE = 0, 1, 2, 3
INTERRUPTED, BROKEN_PIPE = 130, 141
"""As a shell reports a program that SIGINT or SIGPIPE ended."""

_BY_STATUS = {
    ExecutionStatus.SUCCEEDED: DONE,
    ExecutionStatus.FAILED: EXECUTION_FAILED,
    ExecutionStatus.TIMED_OUT: EXECUTION_FAILED,
    ExecutionStatus.ABORTED: EXECUTION_FAILED,
}


def exit_code_of(status: str) -> int:
    """The code for an execution's status; one that is not terminal means the end wasn't seen."""
    try:
        return _BY_STATUS.get(ExecutionStatus(status), UNREACHABLE)
    except ValueError:
        return UNREACHABLE
