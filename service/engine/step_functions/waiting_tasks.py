"""Keeps waiting tasks, whose tokens settle exactly once, and the queues of activities."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from types import MappingProxyType, SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.api import ActivityDoesNotExist
from moto.stepfunctions.parser.asl.eval.callback import callback
from moto.stepfunctions.parser.backend.activity import Activity

from handrail.engine.virtual_clock import clock

_LISTENS_AGAIN_S = 0.5
_LOOKS_EVERY_S = 1.0


class WaitingTask:
    """Stands for moto's callback endpoint. An answer that comes before the task listens for
    heartbeats is heard, and a task that timed out, or that no worker took in time, stays so."""

    def __init__(self, callback_id: str) -> None:
        self.callback_id = callback_id
        self._clock = clock.current()
        self._outcome: Future[Any] = Future()  # None where it is over without an answer
        self._start: Future[Any] = Future()
        self._over, self._taken, self._heard = (self._clock.signal() for _ in range(3))
        self._heartbeat_s: int | None = None
        self._listens_since = self._first_unheard_at = 0.0

    @property
    def waits(self) -> bool:
        """True while an answer would still be taken."""
        return not self._outcome.done()

    def heartbeat(self) -> None:
        """Ends the task where an earlier heartbeat was the last that its state waited for."""
        if self._heartbeat_s is None:
            return
        if self._listens_since >= self._first_unheard_at:
            self._first_unheard_at = self._clock.monotonic()
        elif self._clock.monotonic() - self._first_unheard_at > _LISTENS_AGAIN_S:
            self.interrupt_all()
        self._heard.set()

    def settle(self, outcome: Any) -> bool:
        """False where the task was answered, timed out or stopped before."""
        self.interrupt_all(outcome)
        return self._outcome.result() is outcome

    def when_settled(self, told: Callable[[], None]) -> None:
        """`told` is called once the task is over, or now if it is. It must not block."""
        self._outcome.add_done_callback(lambda _: told())

    def start(self, worker_name: str | None) -> None:
        with suppress(InvalidStateError):
            self._start.set_result(callback.ActivityTaskStartOutcome(worker_name))
        self._taken.set()

    def interrupt_all(self, outcome: Any = None) -> None:
        with suppress(InvalidStateError):  # the first outcome stays
            self._outcome.set_result(outcome)
        self._over.set()
        self._heard.set()

    def get_outcome(self) -> Any:
        return self._outcome.result() if self._outcome.done() else None

    def wait(self, timeout: float | None = None) -> Any:
        return self._result(self._outcome, self._over, timeout)

    def get_activity_task_start_endpoint(self) -> Any:
        return SimpleNamespace(wait=partial(self._result, self._start, self._taken))

    def _result(
        self, future: Future[Any], done: clock.Signal, timeout_seconds: float | None
    ) -> Any:
        if not done.wait(timeout_seconds):
            self.interrupt_all()
        return future.result() if future.done() else None

    def setup_heartbeat_endpoint(self, heartbeat_seconds: int) -> "WaitingTask":
        self._heartbeat_s = heartbeat_seconds
        self._listens_since = self._first_unheard_at = self._clock.monotonic()
        return self

    def clear_and_wait(self) -> bool:
        """False where no heartbeat and no answer came in time."""
        self._listens_since = self._clock.monotonic()
        heard = self._heard.wait(self._heartbeat_s)
        self._heard.clear()
        if not heard:
            self.interrupt_all()
        return heard or self.get_outcome() is not None


class Callbacks(callback.CallbackPoolManager):  # type: ignore[misc] # moto has no types
    """The tokens of one execution, past ones too, and the account's executions, by ARN, of which it
    may wait for one."""

    executions: Mapping[str, Any] = MappingProxyType({})

    def add(self, callback_id: str) -> WaitingTask:
        return self.keep(WaitingTask(callback_id))

    def keep(self, task: WaitingTask) -> WaitingTask:
        self._pool[task.callback_id] = task
        return task

    def add_activity_task(
        self, callback_id: str, activity_arn: str, activity_input: str
    ) -> WaitingTask:
        """The token is known before a worker can see it."""
        activity = self._activity_store.get(activity_arn)
        if activity is None:
            raise ActivityDoesNotExist(f"Activity Does Not Exist: '{activity_arn}'")
        task = self.add(callback_id)
        activity.queue.put((callback_id, activity_input))
        return task

    def tokens(self) -> list[str]:
        return list(self._pool)

    def interrupt(self) -> None:
        """Let every thread that waits for an answer go: the execution was stopped."""
        for task in list(self._pool.values()):
            task.interrupt_all()
            task.start(None)


class TaskQueue(Activity):  # type: ignore[misc] # moto has no types
    """An activity whose workers wait for tasks instead of asking every second."""

    def __init__(self, arn: str, name: str) -> None:
        super().__init__(arn, name)
        self.queue: SimpleQueue[tuple[str, str]] = SimpleQueue()

    def take(self, timeout_s: float, *, wanted: Callable[[], bool]) -> tuple[str, str] | None:
        """The token and input of the oldest task, None where none came or it isn't wanted."""
        until = monotonic() + timeout_s
        while wanted() and (left_s := until - monotonic()) > 0:
            with suppress(Empty):
                task = self.queue.get(timeout=min(left_s, _LOOKS_EVERY_S))
                if wanted():
                    return task
                self.queue.put(task)  # another worker's
        return None
