"""Keeps waiting tasks, whose tokens settle exactly once, and the queues of activities."""

from collections.abc import Callable
from threading import Condition, Event, Lock
from time import monotonic
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.api import ActivityDoesNotExist
from moto.stepfunctions.parser.asl.eval.callback import callback
from moto.stepfunctions.parser.backend.activity import Activity, ActivityTask

_LISTENS_AGAIN_S = 0.5
_LOOKS_EVERY_S = 1.0


class WaitingTask:
    """Stands for moto's callback endpoint. An answer that comes before the task listens for
    heartbeats is heard, and a task that timed out, or that no worker took in time, stays so."""

    def __init__(self, callback_id: str) -> None:
        self.callback_id = callback_id
        self._outcome: Any = None
        self._start: Any = None
        self._over = False
        self._answered, self._heard, self._taken = Event(), Event(), Event()
        self._heartbeat_s: int | None = None
        self._listens_since = self._first_unheard_at = 0.0

    @property
    def waits(self) -> bool:
        """Nobody has answered yet, and the task still listens."""
        return not (self._over or self._answered.is_set())

    def heartbeat(self) -> None:
        """Ends the task where an earlier heartbeat was the last that its state waited for."""
        if self._heartbeat_s is None:
            return
        if self._listens_since >= self._first_unheard_at:
            self._first_unheard_at = monotonic()
        elif monotonic() - self._first_unheard_at > _LISTENS_AGAIN_S:
            self._over = True
            return
        self._heard.set()

    def notify(self, outcome: Any) -> None:
        self._outcome = outcome
        self.interrupt_all()

    def notify_activity_task_start(self, worker_name: str | None) -> None:
        self._start = callback.ActivityTaskStartOutcome(worker_name)
        self._taken.set()

    def interrupt_all(self) -> None:
        self._answered.set()
        self._heard.set()

    def get_outcome(self) -> Any:
        return self._outcome

    def wait(self, timeout: float | None = None) -> Any:
        self._answered.wait(timeout)
        self._over = self._over or self._outcome is None
        return self._outcome

    def get_activity_task_start_endpoint(self) -> Any:
        def wait(timeout_seconds: float) -> Any:
            taken = self._taken.wait(timeout_seconds)
            self._over = self._over or not taken
            return self._start

        return SimpleNamespace(wait=wait)

    def setup_heartbeat_endpoint(self, heartbeat_seconds: int) -> "WaitingTask":
        self._heartbeat_s = heartbeat_seconds
        self._listens_since = self._first_unheard_at = monotonic()
        return self

    def clear_and_wait(self) -> bool:
        """False where no heartbeat and no answer came in time."""
        self._listens_since = monotonic()
        heard = self._heard.wait(self._heartbeat_s)
        self._heard.clear()
        self._over = self._over or not heard
        return heard


class Callbacks(callback.CallbackPoolManager):  # type: ignore[misc] # moto has no types
    """The tokens of one execution, past ones too."""

    def __init__(self, activities: dict[str, Any]) -> None:
        super().__init__(activities)
        self._settling = Lock()

    def add(self, callback_id: str) -> WaitingTask:
        task = self._pool[callback_id] = WaitingTask(callback_id)
        return task

    def add_activity_task(
        self, callback_id: str, activity_arn: str, activity_input: str
    ) -> WaitingTask:
        """The token is known before a worker can see it."""
        activity = self._activity_store.get(activity_arn)
        if activity is None:
            raise ActivityDoesNotExist(f"Activity Does Not Exist: '{activity_arn}'")
        task = self.add(callback_id)
        activity.add_task(ActivityTask(task_token=callback_id, task_input=activity_input))
        return task

    def settle(self, task: WaitingTask, outcome: Any) -> bool:
        """False where the task was answered, timed out or stopped before."""
        with self._settling:
            if not task.waits:
                return False
            task.notify(outcome)
            return True

    def interrupt(self) -> None:
        """Let every thread that waits for an answer go: the execution was stopped."""
        for task in list(self._pool.values()):
            task.interrupt_all()
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

    def take(self, timeout_s: float, *, wanted: Callable[[], bool]) -> Any | None:
        """The oldest task, None where none came in time or it isn't wanted any more."""
        until = monotonic() + timeout_s
        with self._added:
            while wanted() and (left_s := until - monotonic()) > 0:
                if self._tasks:
                    return self._tasks.popleft()
                self._added.wait(min(left_s, _LOOKS_EVERY_S))
            if self._tasks:
                self._added.notify()  # this one's wake-up is another's
            return None
