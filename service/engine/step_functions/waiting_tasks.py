"""Waiting tasks: activities with their queue, and tokens that settle exactly once."""

from collections.abc import Callable
from threading import Condition, Lock
from time import monotonic
from typing import Any

from moto.stepfunctions.parser.api import ActivityDoesNotExist
from moto.stepfunctions.parser.asl.eval.callback import callback
from moto.stepfunctions.parser.backend.activity import Activity, ActivityTask

_LISTENS_AGAIN_S = 0.5
_LOOKS_EVERY_S = 1.0


class Heartbeats(callback.HeartbeatEndpoint):  # type: ignore[misc] # moto has no types
    """Tells when nobody listens any longer: after a silence, or when a heartbeat was taken in and
    the next one isn't waited for, as its state was over."""

    def __init__(self, heartbeat_seconds: int, silent: Callable[[], None]) -> None:
        super().__init__(heartbeat_seconds)
        self._silent = silent
        self._listens_since = self._first_unheard_at = monotonic()

    def clear_and_wait(self) -> bool:
        self._listens_since = monotonic()
        heard = bool(super().clear_and_wait())
        if not heard:
            self._silent()
        return heard

    def beat(self) -> bool:
        """False where an earlier heartbeat was the last to be waited for."""
        if self._listens_since >= self._first_unheard_at:
            self._first_unheard_at = monotonic()
        elif monotonic() - self._first_unheard_at > _LISTENS_AGAIN_S:
            return False
        self.notify()
        return True


class WaitingTask(callback.ActivityCallbackEndpoint):  # type: ignore[misc] # moto has no types
    """An activity's task, or another that waits for its token. What moto's lack: an answer that
    comes before the task listens for heartbeats is heard all the same, and a task that timed out,
    or that no worker asked for in time, stays so when its state is tried again."""

    def __init__(self, callback_id: str, activity_input: str = "") -> None:
        super().__init__(callback_id, activity_input)
        self._activity_task_start_endpoint = ActivityStart(self._end)
        self._over = False

    @property
    def waits(self) -> bool:
        """Nobody has answered yet, and the task still listens."""
        return not (self._over or self._notify_event.is_set())

    def setup_heartbeat_endpoint(self, heartbeat_seconds: int) -> Heartbeats:
        heartbeats = self._heartbeat_endpoint = Heartbeats(heartbeat_seconds, self._end)
        if self._notify_event.is_set():
            heartbeats.notify()
        return heartbeats

    def wait(self, timeout: float | None = None) -> Any:
        outcome = super().wait(timeout)
        if outcome is None:
            self._end()
        return outcome

    def notify_heartbeat(self) -> bool:
        if self._heartbeat_endpoint is None:
            return False
        heard = bool(self._heartbeat_endpoint.beat())
        self._over = self._over or not heard
        return heard

    def _end(self) -> None:
        self._over = True


class ActivityStart(callback.ActivityTaskStartEndpoint):  # type: ignore[misc] # moto has no types
    """Waits for a worker to take the task."""

    def __init__(self, late: Callable[[], None]) -> None:
        super().__init__()
        self._outcome = None  # what a timeout finds
        self._late = late

    def wait(self, timeout_seconds: float) -> Any:
        outcome = super().wait(timeout_seconds)
        if outcome is None:
            self._late()
        return outcome


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
        task = self._pool[callback_id] = WaitingTask(callback_id, activity_input)
        activity.add_task(ActivityTask(task_token=callback_id, task_input=activity_input))
        return task

    def settle(self, task: Any, outcome: Any) -> bool:
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
