"""Waits for the end of a job (`.sync`) without asking every half second, and stops what nobody
waits for any more."""

import json
import time
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.eval import program_state
from moto.stepfunctions.parser.asl.eval.callback import callback

from .patches import Fault, wraps
from .service_errors import SERVICE_TASK

FAULT = Fault(
    moto="Moto asks a job that a task waits for every half second whether it has ended, goes on as "
    "if it had when the task's time is over, lets a nested execution run on when the one that "
    "waits for it is stopped, and loses the answer of a Glue job, which can't wait for a token, in "
    "an exception of its own.",
    since="5.1.0",
    aws="The task ends with its job, or by its own timeout. A nested execution is stopped with the "
    "execution that waits for it, and when a sibling of the branch that waits has failed.",
    known="AWS's documents on running a job; executions recorded on AWS.",
)

_AT_ONCE = 10
"""Jobs that moto makes up go on by a step each time they are asked."""
_PAUSE_S = 0.5
_RUNS_ON = program_state.ProgramEnded, program_state.ProgramTimedOut


@wraps(f"{SERVICE_TASK}_callback:StateTaskServiceCallback._eval_integration_pattern")
def wait_for_the_job(original: Callable[..., None], self: Any, env: Any, **task: Any) -> None:
    """A nested execution tells of its end; any other job has to be asked. Who has the task's token
    may answer for the job."""
    condition, tasks = self.resource.condition, env.callback_pool_manager
    if condition == "waitForTaskToken":
        original(self, env=env, **task)
        return
    child = tasks.executions.get(env.stack[-1].get("ExecutionArn"))
    context = env.states.context_object.context_object_data
    token = tasks.get(context["Task"]["Token"]) if "Task" in context else None
    build = self._build_sync_resolver if condition == "sync" else self._build_sync2_resolver
    look = build(env=env, **task)
    waits = _until_ended(env, child, token) if child else _asking_again()
    while env.is_running():
        if token and (outcome := token.get_outcome()):
            env.stack.append(_answer(outcome))
            return
        if (result := look()) is not None:
            env.stack.append(result)
            return
        waits()
    if child and not isinstance(env.program_state(), _RUNS_ON):
        child.stop(None, None)
    raise callback.CallbackTimeoutError  # nobody is left to hear it


def _answer(outcome: Any) -> Any:
    """What the task's token was answered with."""
    if isinstance(outcome, callback.CallbackOutcomeFailure):
        raise callback.CallbackOutcomeFailureError(callback_outcome_failure=outcome)
    return json.loads(outcome.output)


class _Latch:
    """Stands for what moto sets and clears at once as a state ends: no waking may be missed."""

    def __init__(self, event: Any) -> None:
        self.set, self.wait = event.set, event.wait

    def clear(self) -> None:
        """Stays set."""


def _until_ended(env: Any, child: Any, token: Any) -> Callable[[], object]:
    """Waits for the end of the nested execution, for an answer to the token, or for the end of the
    attempt, whose frame `env` is."""
    latch = env.program_state_event = _Latch(env.program_state_event)
    child.when_ended(latch.set)
    if token:
        token.when_settled(latch.set)
    return latch.wait  # type: ignore[no-any-return] # moto has no types


def _asking_again() -> Callable[[], object]:
    asked = 0

    def wait() -> None:
        nonlocal asked
        asked += 1
        if asked > _AT_ONCE:
            time.sleep(_PAUSE_S)

    return wait
