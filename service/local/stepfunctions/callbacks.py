"""Waiting tasks: activities with their queue, and tokens that settle exactly once."""

from collections.abc import Iterable
from threading import Condition, Lock
from typing import Any

from moto.stepfunctions.parser.api import ActivityDoesNotExist
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    ActivityCallbackEndpoint,
    CallbackEndpoint,
    CallbackPoolManager,
)
from moto.stepfunctions.parser.backend.activity import Activity, ActivityTask


class WaitingTask(CallbackEndpoint):  # type: ignore[misc] # moto has no types
    """An answer that comes before the task listens for heartbeats is heard all the same."""

    def setup_heartbeat_endpoint(self, heartbeat_seconds: int) -> Any:
        heartbeats = super().setup_heartbeat_endpoint(heartbeat_seconds)
        if self._notify_event.is_set():
            heartbeats.notify()
        return heartbeats


class Callbacks(CallbackPoolManager):  # type: ignore[misc] # moto has no types
    """The tokens of one execution, past ones too."""

    def __init__(self, activities: dict[str, Any]) -> None:
        super().__init__(activities)
        self._settling = Lock()

    def add(self, callback_id: str) -> WaitingTask:
        task = WaitingTask(callback_id)
        self._pool[callback_id] = task
        return task

    def add_activity_task(
        self, callback_id: str, activity_arn: str, activity_input: str
    ) -> ActivityCallbackEndpoint:
        """The token is known before a worker can see it."""
        activity = self._activity_store.get(activity_arn)
        if activity is None:
            raise ActivityDoesNotExist
        task = ActivityCallbackEndpoint(callback_id, activity_input)
        task.get_activity_task_start_endpoint()._outcome = None  # what a timeout finds
        self._pool[callback_id] = task
        activity.add_task(ActivityTask(task_token=callback_id, task_input=activity_input))
        return task

    def settle(self, task: Any, outcome: Any) -> bool:
        """False where the task was answered, timed out or stopped before."""
        with self._settling:
            if not waiting(task):
                return False
            task.notify(outcome)
            return True

    def interrupt(self) -> None:
        """Let every thread that waits for an answer go: the execution was stopped."""
        for task in list(self._pool.values()):
            task.interrupt_all()
            if hasattr(task, "notify_activity_task_start"):
                task.notify_activity_task_start(None)


class TaskQueue(Activity):  # type: ignore[misc] # moto has no types
    """An activity whose workers wait for tasks instead of asking every second."""

    def __init__(self, arn: str, name: str) -> None:
        super().__init__(arn, name)
        self._added = Condition()

    def add_task(self, task: Any) -> None:
        with self._added:
            super().add_task(task)
            self._added.notify()

    def take(self, timeout_s: float) -> Any | None:
        """The oldest task, None where none came in time."""
        with self._added:
            self._added.wait_for(lambda: self._tasks, timeout_s)
            return self._tasks.popleft() if self._tasks else None


def waiting(task: Any) -> bool:
    """Whether nobody has answered yet and the task still listens."""
    return not task._notify_event.is_set()


def find(executions: Iterable[Any], token: str) -> tuple[Any, Any] | None:
    """The pool and the task that `token` belongs to."""
    for execution in executions:
        callbacks = execution.callbacks
        if task := callbacks.get(token):
            return callbacks, task
    return None
