"""Gives each attempt of a task that waits for a callback a token of its own."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback as callback_task,
)

from .patches import Fault, replaces, wraps
from .service_errors import SERVICE_TASK

FAULT = Fault(
    moto="Moto uses the first attempt's token, and the answer it got, for every retry of a waiting "
    "task, and has a token in the context of a job that is waited for by `.sync` too.",
    since="5.1.0",
    aws="Each attempt has a token of its own, which is taken only while the attempt lasts; "
    "`$$.Task` is there in tasks with `.waitForTaskToken` and activities alone.",
    known="AWS's documents on the context object and on waiting for a callback.",
)

_TASK = f"{SERVICE_TASK}_callback:StateTaskServiceCallback"
_WAITS = "waitForTaskToken"


@replaces(f"{_TASK}._eval_body")
def keep_the_token_while_it_waits(self: Any, env: Any) -> None:
    """The context has a token from the state's entry to its exit, for waiting tasks."""
    context, waits = env.states.context_object, self.resource.condition == _WAITS
    if waits:
        env.callback_pool_manager.add(context.update_task_token())
    super(callback_task.StateTaskServiceCallback, self)._eval_body(env=env)
    if waits:
        context.context_object_data.pop("Task", None)


@wraps(f"{_TASK}._evaluate_with_timeout")
def wait_by_a_new_token(original: Callable[..., None], self: Any, env: Any) -> None:
    """A retry begins with a new token; what an attempt leaves behind is heard no more."""
    if self.resource.condition != _WAITS:
        original(self, env)
        return
    context, tasks = env.states.context_object, env.callback_pool_manager
    if context.context_object_data["State"]["RetryCount"] > 0:
        tasks.add(context.update_task_token())
    task = tasks.get(context.context_object_data["Task"]["Token"])
    try:
        original(self, env)
    finally:
        task.interrupt_all()
