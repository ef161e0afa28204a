"""Settles what a queue's messages say, and decides what becomes of each: it is done with, or left
for later. What can't be settled is put into the dead-letter queue first.

A message may come twice, to this process or to another, whatever was done with it before. By
execution and event, what was settled is a replay then. By token alone no history tells: a process
knows what it settled itself, and otherwise the message goes to the dead-letter queue."""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakValueDictionary

import structlog
from structlog.contextvars import bound_contextvars

from handrail.core.callback_messages import (
    CallbackMessage,
    CallbackQueue,
    QueuedMessage,
    parse_callback,
)
from handrail.core.errors import (
    Draining,
    ExecutionEnded,
    NotFound,
    RepetitionRefused,
    ServiceError,
    TaskAlreadySettled,
    TaskNotFound,
    TaskTimedOut,
    Throttled,
    Unavailable,
    UpstreamRefused,
)
from handrail.core.history.outcomes import NOBODY, Answerer, TaskAnswer
from handrail.core.models import ExecutionId
from handrail.core.pacing import backoff
from handrail.core.trace_context import TraceContext

from .catalogue import Catalogue
from .in_memory import keep_newest
from .tasks import TaskService, failure, success

log = structlog.get_logger(__name__)

LATER_S, MOST_LATER_S = 15.0, 900.0
STUCK_S, MOST_STUCK_S = 60.0, 3600.0
TOKENS_KEPT = 10_000
MAYBE_OURS = (
    "AWS knows no task that still waits by this token. An earlier delivery of this message may have"
    " settled it: by a token alone nobody can tell."
)
SETTLED, HEARTBEAT = "task settled", "task heartbeat"  # as the audit lines of REST have it


class CallbackMeter(Protocol):
    def callback(self, outcome: str) -> None:
        """Counts a message by what became of it: `settled`, `replayed`, `heartbeat`, `late` (a
        heartbeat of a task that is over), `dead_lettered`, `left`, `undeliverable` (left, as there
        is no dead-letter queue that takes it)."""


@dataclass(frozen=True, slots=True)
class Done:
    """The message is to be deleted."""


@dataclass(frozen=True, slots=True)
class Left:
    """The message is to be seen again after so many seconds. Who can hold it meanwhile, so that its
    receipts don't count, had better do so where it is `passing`: AWS is throttling or away."""

    after_s: int
    passing: bool = False


Verdict = Done | Left


@dataclass(frozen=True, slots=True, repr=False)
class QueuedCallbacks:
    """`working` is around the work on each message, in the trace that it came with."""

    tasks: TaskService
    queue: CallbackQueue
    catalogue: Catalogue
    meter: CallbackMeter
    working: Callable[[TraceContext | None], AbstractContextManager[object]] = nullcontext
    _taken: dict[bytes, None] = field(init=False, default_factory=dict)
    _lost: dict[str, None] = field(init=False, default_factory=dict)
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(
        init=False, default_factory=WeakValueDictionary
    )

    async def answer(self, message: QueuedMessage) -> Verdict:
        """Settles what the message says; repeated, it changes nothing more. Raises nothing that a
        message could bring about."""
        lock = self._locks.setdefault(message.id, asyncio.Lock())
        with bound_contextvars(queue=self.queue.name, message_id=message.id):
            async with lock:  # a second receipt of the same
                try:
                    with self.working(message.trace):
                        return await self._settled(message)
                except ServiceError as error:
                    return await self._failed(message, error)
                except Exception:
                    log.exception("callback failed")
                    self.meter.callback("left")
                    return Left(_later(message))

    async def _settled(self, message: QueuedMessage) -> Verdict:
        read = parse_callback(message.body)
        try:
            if read.outcome == "heartbeat":
                await self._beat(read, message)
            elif read.token is not None:
                await self._settle_token(read, read.token, message)
            else:
                await self._settle(read, message)
        except ServiceError as error:
            self._audit_failure(read, error, message)
            over = isinstance(error, TaskTimedOut | TaskAlreadySettled | ExecutionEnded)
            if read.outcome == "heartbeat" and over:
                self.meter.callback("late")  # it was only to keep the task alive
                return Done()
            raise
        return Done()

    async def _settle(self, read: CallbackMessage, message: QueuedMessage) -> None:
        by = Answerer(message.sender) if message.sender else NOBODY
        execution, event_id = str(read.execution), read.event_id or 0
        settled = await self.tasks.settle(execution, event_id, _answer(read), by=by)
        facts = {"event_id": settled.event_id, "task_outcome": settled.outcome.value}
        outcome = "repeated" if settled.replayed else "done"
        self._audit(SETTLED, message, settled.execution, outcome=outcome, **facts)
        self.meter.callback("replayed" if settled.replayed else "settled")

    async def _settle_token(
        self, read: CallbackMessage, token: str, message: QueuedMessage
    ) -> None:
        answer = _answer(read)
        key = hashlib.blake2b(token.encode(errors="replace"), key=answer.fingerprint()).digest()
        replayed = key in self._taken
        if not replayed:
            try:
                await self.tasks.settle_token(token, answer)
            except Throttled:
                raise
            except Unavailable:
                self._lost[message.id] = None  # maybe applied, and the answer lost
                keep_newest(self._lost, TOKENS_KEPT)
                raise
            except (TaskTimedOut, TaskNotFound) as error:  # the latter is an emulator's word for it
                again = message.received > 1 or message.id in self._lost
                if again or isinstance(error, RepetitionRefused):
                    raise type(error)(MAYBE_OURS) from error
                raise
            self._taken[key] = None
            keep_newest(self._taken, TOKENS_KEPT)
        outcome, told = "repeated" if replayed else "done", answer.outcome.value
        self._audit(SETTLED, message, outcome=outcome, by_token=True, task_outcome=told)
        self.meter.callback("replayed" if replayed else "settled")

    async def _beat(self, read: CallbackMessage, message: QueuedMessage) -> None:
        if read.token is not None:
            await self.tasks.heartbeat_token(read.token)
            self._audit(HEARTBEAT, message, outcome="done", by_token=True)
        else:
            id = await self.tasks.heartbeat(str(read.execution), read.event_id or 0)
            self._audit(HEARTBEAT, message, id, outcome="done", event_id=read.event_id)
        self.meter.callback("heartbeat")

    async def _failed(self, message: QueuedMessage, error: ServiceError) -> Verdict:
        if isinstance(error, Draining):
            self.meter.callback("left")
            return Left(0)
        if error.retryable or isinstance(error, UpstreamRefused):
            log.warning("callback left for later", code=error.code, received=message.received)
            self.meter.callback("left")
            return Left(_later(message), error.retryable)
        return await self._bury(message, error)

    async def _bury(self, message: QueuedMessage, problem: ServiceError) -> Verdict:
        """What is undeliverable is never deleted before the dead-letter queue has it."""
        try:
            buried = await self.queue.bury(message, problem)
        except (Unavailable, UpstreamRefused) as error:
            log.warning("dead-letter queue takes nothing", code=error.code, problem=problem.code)
            self.meter.callback("left")
            return Left(_later(message), error.retryable)
        except ServiceError as error:  # maybe there is no room in it for the problem
            log.warning("dead-letter queue refuses", code=error.code, problem=problem.code)
            buried = False
        if buried:
            log.warning("callback dead-lettered", problem=problem.code)
            self.meter.callback("dead_lettered")
            return Done()
        log.error("callback undeliverable", problem=problem.code, received=message.received)
        self.meter.callback("undeliverable")
        return Left(_stuck(message))

    def _audit_failure(
        self, read: CallbackMessage, error: ServiceError, message: QueuedMessage
    ) -> None:
        action = "heartbeat" if read.outcome == "heartbeat" else "settle"
        named, facts = self._named(read, error), {"event_id": read.event_id, "status": error.status}
        self._audit(f"{action} failed", message, named, outcome=error.code, **facts)

    def _audit(
        self, event: str, message: QueuedMessage, id: ExecutionId | None = None, **facts: object
    ) -> None:
        """As the audit lines of requests. Where it came from is the queue, and who sent it."""
        action = "heartbeat" if "heartbeat" in event else "settle"
        account = self.catalogue.known_account()
        if id is not None:
            facts["execution"] = str(id)
            facts["execution_arn"] = account.execution_arn(id) if account is not None else None
        facts |= {"action": action, "via": "queue", "principal": message.sender}
        known = {name: fact for name, fact in facts.items() if fact is not None}
        log.info(event, audit=True, **known)

    def _named(self, read: CallbackMessage, error: ServiceError) -> ExecutionId | None:
        """What the message names, and may be told: anything may stand where an id should."""
        if read.execution is None or isinstance(error, NotFound):
            return None
        try:
            id = ExecutionId.parse(read.execution)
        except ServiceError:
            return None
        return id if self.catalogue.known_name(id.machine) is not None else None


def _answer(read: CallbackMessage) -> TaskAnswer:
    """Raises InvalidOutput, InvalidRequest."""
    return success(read.output) if read.outcome == "success" else failure(read.error, read.cause)


def _later(message: QueuedMessage) -> int:
    return int(backoff(message.received, first_s=LATER_S, max_s=MOST_LATER_S))


def _stuck(message: QueuedMessage) -> int:
    return int(backoff(message.received, first_s=STUCK_S, max_s=MOST_STUCK_S))
