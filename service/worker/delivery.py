"""Getting an answer to AWS: again while AWS fails, as long as somebody may still wait for it."""

from dataclasses import dataclass
from typing import Any, Protocol

from service.core.errors import NotFound, ServiceError, TaskTimedOut, UpstreamRefused
from service.core.ports import Tasks
from service.core.settling import Outcome, TaskAnswer
from service.usecases.clock import Clock

from . import outcomes
from .pacing import Random, refused_s, retry_s


@dataclass(frozen=True, slots=True)
class Means:
    """What every task needs; `random` answers 0…1."""

    tasks: Tasks
    clock: Clock
    random: Random


class Waiting(Protocol):
    """The task whose answer this is."""

    @property
    def means(self) -> Means: ...

    @property
    def log(self) -> Any: ...

    @property
    def lost(self) -> bool: ...


async def deliver(answer: TaskAnswer, token: str, task: Waiting) -> None:
    """Never raises for what AWS says: the log tells how it ended."""
    failures = 0
    while True:
        try:
            await _send(answer, token, task.means.tasks)
        except (TaskTimedOut, NotFound):
            return _too_late(task, failures)
        except ServiceError as error:
            if not (error.retryable or isinstance(error, UpstreamRefused)):
                if answer.outcome is not Outcome.SUCCESS:
                    return _undelivered(task, error)
                answer = outcomes.failed_with(outcomes.INVALID_OUTPUT, error.detail)
                continue
            failures += 1
            if not await _try_again(task, error, failures):
                return _undelivered(task, error)
        else:
            return _delivered(task, answer)


async def _send(answer: TaskAnswer, token: str, tasks: Tasks) -> None:
    if answer.outcome is Outcome.SUCCESS:
        await tasks.succeed(token, output=answer.output)
    else:
        await tasks.fail(token, error=answer.error, cause=answer.cause)


async def _try_again(task: Waiting, error: ServiceError, failures: int) -> bool:
    """Wait for the next attempt; False where none is worth it."""
    if task.lost:
        return False
    if failures == 1:
        task.log.warning("answer can't be delivered yet", code=error.code)
    after_s = refused_s if isinstance(error, UpstreamRefused) else retry_s
    await task.means.clock.sleep(after_s(failures=failures, jitter=task.means.random()))
    return True


def _delivered(task: Waiting, answer: TaskAnswer) -> None:
    failure = {"error": answer.error} if answer.outcome is not Outcome.SUCCESS else {}
    task.log.info("task settled", outcome=answer.outcome.value, **failure)


def _too_late(task: Waiting, failures: int) -> None:
    """After a lost answer AWS says the same of a task that it applied to."""
    if failures:
        task.log.warning("answer was applied by an earlier attempt, or came too late")
    else:
        task.log.warning("answer came too late")


def _undelivered(task: Waiting, error: ServiceError) -> None:
    task.log.error("answer is lost, the task is left to its timeout", code=error.code)
