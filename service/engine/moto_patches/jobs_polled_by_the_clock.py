"""Waits for the end of a job (`.sync`) without asking every half second."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from moto.stepfunctions.parser.asl.eval.callback import callback

from .patches import Fault, wraps
from .service_errors import SERVICE_TASK

FAULT = Fault(
    moto="Moto asks a job that a task waits for every half second whether it has ended, goes on as "
    "if it had when the task's time is over, and loses the answer of a Glue job, which can't wait "
    "for a token, in an exception of its own.",
    since="5.1.0",
    aws="The task ends with its job, or by its own timeout, which is all that the history says.",
    known="AWS's documents on running a job; executions recorded on AWS.",
)

_AT_ONCE = 10
"""Jobs that moto makes up go on by a step each time they are asked."""
_PAUSE_S = 0.5


@wraps(f"{SERVICE_TASK}_callback:StateTaskServiceCallback._eval_integration_pattern")
def wait_for_the_job(original: Callable[..., None], self: Any, env: Any, **task: Any) -> None:
    """A nested execution tells of its end; any other job has to be asked."""
    condition = self.resource.condition
    if condition == "waitForTaskToken":
        original(self, env=env, **task)
        return
    execution_arn = env.stack[-1].get("ExecutionArn")
    build = self._build_sync_resolver if condition == "sync" else self._build_sync2_resolver
    look = build(env=env, **task)
    waits = _until_ended(env, execution_arn) if execution_arn else _asking_again()
    while env.is_running():
        if (result := look()) is not None:
            env.stack.append(result)
            return
        waits()
    raise callback.CallbackTimeoutError  # nobody is left to hear it


def _until_ended(env: Any, execution_arn: str) -> Callable[[], object]:
    """Waits for the end of the execution, or of the task."""
    tasks = env.callback_pool_manager
    child, waiting = tasks.executions.get(execution_arn), tasks.add(str(uuid4()))
    if child is None:  # it can't be waited for here
        return _asking_again()
    child.when_ended(waiting.interrupt_all)
    return waiting.wait  # type: ignore[no-any-return] # moto has no types


def _asking_again() -> Callable[[], object]:
    asked = 0

    def wait() -> None:
        nonlocal asked
        asked += 1
        if asked > _AT_ONCE:
            time.sleep(_PAUSE_S)

    return wait
