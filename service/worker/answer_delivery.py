"""Sends a task's answer to AWS: again while AWS fails, as long as somebody may wait for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handrail.clock import Clock
from handrail.core.errors import NotFound, ServiceError, TaskTimedOut, UpstreamRefused
from handrail.core.history.outcomes import Outcome, TaskAnswer
from handrail.core.ports import Tasks

from . import handler_results
from .heartbeat_pace import refused_s, retry_s


@dataclass(frozen=True, slots=True)
class TaskDependencies:
    """What every task needs; `random` answers 0…1."""

    tasks: Tasks
    clock: Clock
    random: Callable[[], float]


async def deliver(
    answer: TaskAnswer, token: str, using: TaskDependencies, *, log: Any, lost: Callable[[], bool]
) -> None:
    """Never raises for what AWS says: the log tells how it ended. `lost` says whether AWS waits no
    longer."""
    failures = 0
    while True:
        try:
            if answer.outcome is Outcome.SUCCESS:
                await using.tasks.succeed(token, output=answer.output)
            else:
                await using.tasks.fail(token, error=answer.error, cause=answer.cause)
        except (TaskTimedOut, NotFound):  # said of a task, too, that a lost answer applied to
            applied = "answer was applied by an earlier attempt, or came too late"
            log.warning(applied if failures else "answer came too late")
            return
        except ServiceError as error:
            refused = isinstance(error, UpstreamRefused)
            passes = error.retryable or refused
            if not passes and answer.outcome is Outcome.SUCCESS:
                answer = handler_results.failed_with(handler_results.INVALID_OUTPUT, error.detail)
                continue
            if not passes or lost():
                log.error("answer is lost, the task is left to its timeout", code=error.code)
                return
            failures += 1
            if failures == 1:
                log.warning("answer can't be delivered yet", code=error.code)
            after_s = refused_s if refused else retry_s
            await using.clock.sleep(after_s(failures=failures, jitter=using.random()))
        else:
            failure = {} if answer.outcome is Outcome.SUCCESS else {"error": answer.error}
            log.info("task settled", outcome=answer.outcome.value, **failure)
            return
