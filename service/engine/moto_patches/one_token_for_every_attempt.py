"""Gives each attempt of a task that waits for a callback a token of its own."""

from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps
from .service_errors import SERVICE_TASK

FAULT = Fault(
    moto="Moto uses the first attempt's token, and the answer it got, for every retry of a waiting "
    "task.",
    since="5.1.0",
    aws="Each attempt has a token of its own, which is taken only while the attempt lasts.",
    known="AWS's documents on the context object and on waiting for a callback.",
)


@wraps(f"{SERVICE_TASK}_callback:StateTaskServiceCallback._evaluate_with_timeout")
def wait_by_a_new_token(original: Callable[..., None], self: Any, env: Any) -> None:
    """A retry begins with a new token; what an attempt leaves behind is heard no more."""
    context, tasks = env.states.context_object, env.callback_pool_manager
    if "Task" not in context.context_object_data:
        original(self, env)
        return
    if context.context_object_data["State"]["RetryCount"] > 0:
        tasks.add(context.update_task_token())
    task = tasks.get(context.context_object_data["Task"]["Token"])
    try:
        original(self, env)
    finally:
        task.interrupt_all()
