"""Runs one task of a worker: the handler and the heartbeats beside each other, then the answer.

Whatever happens the task ends in one of four ways: settled, handed back, gone (AWS waits no longer)
or, where AWS can't be reached for too long, left to its heartbeat timeout.
"""

import asyncio
import inspect
import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from handrail.core.errors import NotFound, ServiceError, TaskTimedOut
from handrail.core.history.outcomes import Outcome, TaskAnswer
from handrail.core.models import ActivityTask, Json

from . import handler_results
from .activity_handlers import Registration, Task
from .answer_delivery import TaskDependencies, deliver
from .heartbeat_pace import HeartbeatPace
from .threads import call_in_thread

CLEAN_UP_S = 1.0
"""How long a cancelled handler has for its `finally` before its task is handed back without it."""

log = structlog.get_logger("worker")


@dataclass(eq=False, slots=True)
class TaskRun:
    """One task. `release` is called once nothing of the handler runs any more, which for a plain
    function may be after the task. `worker` is the worker's name."""

    got: ActivityTask
    registration: Registration
    pace: HeartbeatPace
    using: TaskDependencies
    worker: str
    release: Callable[[], None]
    _users: int = field(default=1, init=False)
    _handling: asyncio.Task[TaskAnswer] | None = field(default=None, init=False)
    _handled: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _next: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _gone: bool = field(default=False, init=False)
    _stopped: bool = field(default=False, init=False)
    _task: Task | None = field(default=None, init=False)
    _heard_at: float = field(init=False)
    _log: Any = field(init=False)

    def __post_init__(self) -> None:
        self._heard_at = self.using.clock.monotonic()
        self._log = log.bind(activity=self.registration.activity)

    async def run(self) -> None:
        """From here to the task's end. Cancelled, it settles nothing."""
        try:
            async with asyncio.TaskGroup() as group:
                self._handling = group.create_task(self._handle())
                self._handling.add_done_callback(self._end)
                if self._stopped:
                    self._handling.cancel()
                beating = group.create_task(self._keep_beating())
                await self._next.wait()
                if self._stopped:
                    await self.using.clock.wait(self._handled, CLEAN_UP_S)
                if not self._gone:
                    answer, token = self._answer(self._handling), self.got.token
                    await deliver(answer, token, self.using, log=self._log, lost=self._lost)
                beating.cancel()
        finally:
            self._done_with()

    def hand_back(self) -> None:
        """Stop the handler and give the task to another worker; an answer that is being sent goes
        on being sent."""
        if self._busy:
            self._stopped = True
            self._give_up()

    def _lost(self) -> bool:
        """Whether AWS waits no longer, or must be taken to: it heard nothing for too long."""
        unheard_s = self.using.clock.monotonic() - self._heard_at
        return self._gone or unheard_s >= self.pace.window_s

    @property
    def _busy(self) -> bool:
        return self._handling is None or not self._handling.done()

    async def _handle(self) -> TaskAnswer:
        registration, handler = self.registration, self.registration.handler
        try:
            input: Json = json.loads(self.got.input)
            execution = handler_results.execution_of(input)
            self._task = task = Task(registration.activity, self.worker, execution)
            if execution:
                self._log = self._log.bind(execution=execution)
            self._log.info("task started")
            arguments = (input, task) if registration.takes_task else (input,)
            if registration.is_async:
                result = handler(*arguments)
            else:
                self._users += 1
                result = await call_in_thread(handler, *arguments, done=self._done_with)
            if inspect.isawaitable(result):
                result = await result
            return handler_results.succeeded(result)
        except asyncio.CancelledError as error:
            if self._handling is None or self._handling.cancelling():
                raise
            return self._failed(error)  # the handler's own doing: nobody cancelled us
        except (Exception, SystemExit) as error:
            return self._failed(error)

    def _failed(self, error: BaseException) -> TaskAnswer:
        """The log says where; the message may quote the input, and goes to AWS alone."""
        frames = traceback.extract_tb(error.__traceback__)
        at = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
        self._log.warning("handler failed", error=type(error).__name__, at=at)
        return handler_results.failed(error)

    def _answer(self, handling: asyncio.Task[TaskAnswer]) -> TaskAnswer:
        """A handler that uses its last moments to finish has finished."""
        if handling.done() and not handling.cancelled():
            answer = handling.result()
            if answer.outcome is Outcome.SUCCESS or not self._stopped:
                return answer
        return handler_results.stopped()

    async def _keep_beating(self) -> None:
        """Send heartbeats until AWS says that nobody waits."""
        using, pace, failures = self.using, self.pace, 0
        while True:
            await using.clock.sleep(pace.delay_s(failures=failures, jitter=using.random()))
            try:
                await using.tasks.heartbeat(self.got.token)
            except (TaskTimedOut, NotFound):
                self._gone = True
                if self._busy:  # else the answer's own call tells better what became of it
                    self._log.warning("task is gone, its handler is cancelled")
                    self._give_up()
                return
            except ServiceError as error:
                failures += 1
                if failures == 1:
                    self._log.warning("heartbeats fail", code=error.code)
            else:
                if failures:
                    self._log.info("heartbeats go on", failed=failures)
                failures, self._heard_at = 0, using.clock.monotonic()

    def _give_up(self) -> None:
        if self._task is not None:
            self._task._over.set()
        if self._handling is not None:
            self._handling.cancel()
        self._next.set()

    def _end(self, _: asyncio.Task[TaskAnswer]) -> None:
        self._handled.set()
        self._next.set()

    def _done_with(self) -> None:
        self._users -= 1
        if not self._users:
            self.release()
