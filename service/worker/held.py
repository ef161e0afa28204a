"""One task in a worker's hands: the handler and the heartbeats beside each other, then the answer.

Whatever happens the task ends in one of four ways: settled, handed back, gone (AWS waits no longer)
or, where AWS can't be reached for too long, left to its heartbeat timeout.
"""

import asyncio
import inspect
import traceback
from collections.abc import Callable
from typing import Any

import structlog

from service.core.errors import NotFound, ServiceError, TaskTimedOut
from service.core.models import ActivityTask, Json
from service.core.settling import Outcome, TaskAnswer

from . import outcomes
from .delivery import Means, deliver
from .pacing import Beat
from .registry import Registration, Task
from .threads import call_in_thread

CLEAN_UP_S = 1.0
"""How long a cancelled handler has for its `finally` before its task is handed back without it."""

log = structlog.get_logger("worker")


class Held:
    """One task. `release` is called once nothing of the handler runs any more, which for a plain
    function may be after the task."""

    def __init__(
        self,
        got: ActivityTask,
        registration: Registration,
        beat: Beat,
        means: Means,
        *,
        told: Callable[[Json], Task],
        release: Callable[[], None],
    ) -> None:
        self._got = got
        self._registration = registration
        self._beat = beat
        self._means = means
        self._told = told
        self._release = release
        self._users = 1
        self._working: asyncio.Task[TaskAnswer] | None = None
        self._ended = asyncio.Event()
        self._next = asyncio.Event()
        self._gone = self._stopped = False
        self._task: Task | None = None
        self._log = log.bind(activity=registration.activity)
        self._heard_at = means.clock.monotonic()

    async def see_through(self) -> None:
        """From here to the task's end. Cancelled, it settles nothing."""
        try:
            async with asyncio.TaskGroup() as group:
                self._working = group.create_task(self._worked())
                self._working.add_done_callback(self._end)
                if self._stopped:
                    self._working.cancel()
                beating = group.create_task(self._keep_beating())
                await self._next.wait()
                if self._stopped:
                    await self._means.clock.wait(self._ended, CLEAN_UP_S)
                if not self._gone:
                    await deliver(self._answer(self._working), self._got.token, self)
                beating.cancel()
        finally:
            self._done_with()

    def hand_back(self) -> None:
        """Stop the handler and give the task to another worker; an answer that is being sent goes
        on being sent."""
        if self._busy:
            self._stopped = True
            self._give_up()

    # What delivering asks.

    @property
    def means(self) -> Means:
        return self._means

    @property
    def log(self) -> Any:
        """Bound to the activity and, where it is known, the execution."""
        return self._log

    @property
    def lost(self) -> bool:
        """Whether AWS waits no longer, or must be taken to: it heard nothing for too long."""
        unheard_s = self._means.clock.monotonic() - self._heard_at
        return self._gone or unheard_s >= self._beat.window_s

    # The handler.

    @property
    def _busy(self) -> bool:
        return self._working is None or not self._working.done()

    async def _worked(self) -> TaskAnswer:
        try:
            input = outcomes.read_input(self._got.input)
            self._task = task = self._told(input)
            if task.execution:
                self._log = self._log.bind(execution=task.execution)
            self._log.info("task started")
            return outcomes.succeeded(await self._call(input, task))
        except asyncio.CancelledError as error:
            current = asyncio.current_task()
            if current is None or current.cancelling():
                raise
            return self._failed(error)  # the handler's own doing: nobody cancelled us
        except (Exception, SystemExit) as error:
            return self._failed(error)

    async def _call(self, input: Json, task: Task) -> Any:
        registration = self._registration
        arguments = (input, task) if registration.takes_task else (input,)
        if registration.is_async:
            return await registration.handler(*arguments)
        self._users += 1
        result = await call_in_thread(registration.handler, *arguments, done=self._done_with)
        return await result if inspect.isawaitable(result) else result

    def _failed(self, error: BaseException) -> TaskAnswer:
        """The log says where; the message may quote the input, and goes to AWS alone."""
        frames = traceback.extract_tb(error.__traceback__)
        at = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
        self._log.warning("handler failed", error=type(error).__name__, at=at)
        return outcomes.failed(error)

    def _answer(self, working: asyncio.Task[TaskAnswer]) -> TaskAnswer:
        """A handler that uses its last moments to finish has finished."""
        answer = outcomes.stopped()
        if working.done() and not working.cancelled():
            answer = working.result()
        if self._stopped and answer.outcome is not Outcome.SUCCESS:
            return outcomes.stopped()
        return answer

    # The heartbeats.

    async def _keep_beating(self) -> None:
        """Until AWS says that nobody waits."""
        means, failures = self._means, 0
        delay_s = self._beat.delay_s(means.random())
        while True:
            await means.clock.sleep(delay_s)
            try:
                await means.tasks.heartbeat(self._got.token)
            except (TaskTimedOut, NotFound):
                return self._lose()
            except ServiceError as error:
                failures += 1
                if failures == 1:
                    self._log.warning("heartbeats fail", code=error.code)
                delay_s = self._beat.retry_s(failures=failures, jitter=means.random())
            else:
                if failures:
                    self._log.info("heartbeats go on", failed=failures)
                failures, self._heard_at = 0, means.clock.monotonic()
                delay_s = self._beat.delay_s(means.random())

    def _lose(self) -> None:
        """While the answer is under way, its own call tells better what became of it."""
        self._gone = True
        if self._busy:
            self._log.warning("task is gone, its handler is cancelled")
            self._give_up()

    def _give_up(self) -> None:
        if self._task is not None:
            self._task._over.set()
        if self._working is not None:
            self._working.cancel()
        self._next.set()

    def _end(self, _: asyncio.Task[TaskAnswer]) -> None:
        self._ended.set()
        self._next.set()

    def _done_with(self) -> None:
        self._users -= 1
        if not self._users:
            self._release()
