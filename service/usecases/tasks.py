"""Settling waiting tasks: by where they stand, or by raw token.

By position, the history decides what happened: the same outcome again is a replay, another one a
conflict. Nothing is stored for that; what this process applied a moment ago is remembered only
because AWS's reads lag its writes.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from pydantic_core import to_json

from service.core import limits
from service.core.errors import (
    ExecutionEnded,
    ServiceError,
    TaskAlreadySettled,
    TaskNotFound,
    TaskTimedOut,
    TokenUnavailable,
    Unavailable,
)
from service.core.history import PendingTask
from service.core.models import ExecutionId, Json, rfc3339
from service.core.ports import Tasks
from service.core.settling import Answer, Outcome, Settlement
from service.usecases.catalogue import Catalogue
from service.usecases.clock import Clock
from service.usecases.live import Hub, Watcher

REMEMBERED = 10_000
LOOKS = 8
LOOK_EVERY_S = 0.25
"""How long to look for an outcome that AWS says exists and its reads don't show yet: 2 s."""

RAW_ROUTE = "Whoever holds the raw token can use POST /v1/task-tokens."
TOKEN_MISSING = f"The history doesn't hold this task's token whole. {RAW_ROUTE}"
ACTIVITY = f"An activity's token is given to its worker alone. {RAW_ROUTE}"

Key = tuple[ExecutionId, int]


@dataclass(frozen=True, slots=True)
class Settled:
    """A task that is settled with the outcome asked for. `replayed` where it was before."""

    execution: ExecutionId
    event_id: int
    state: str
    outcome: Outcome
    at: datetime
    replayed: bool


def success(output: Json) -> Answer:
    """Raises InvalidRequest where AWS would not take it."""
    text = to_json(output, inf_nan_mode="constants").decode()
    limits.check_output(text)
    return Answer(Outcome.SUCCESS, output=text)


def failure(error: str | None, cause: str | None) -> Answer:
    """Raises InvalidRequest where AWS would not take it."""
    limits.check_failure(error, cause)
    return Answer(Outcome.FAILURE, error=error or "", cause=cause or "")


class TaskService:
    """The use-cases around waiting tasks."""

    def __init__(self, hub: Hub, tasks: Tasks, catalogue: Catalogue, clock: Clock) -> None:
        self._hub = hub
        self._tasks = tasks
        self._catalogue = catalogue
        self._clock = clock
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._applied: OrderedDict[Key, Settlement] = OrderedDict()

    async def settle(self, execution: str, event_id: int, answer: Answer) -> Settled:
        """Settle the task that this event scheduled.

        Raises TaskAlreadySettled (another outcome), TaskTimedOut, ExecutionEnded, TaskNotFound,
        ExecutionNotFound, TokenUnavailable, InvalidRequest."""
        async with self._hub.held(execution) as watcher:
            key = (watcher.id, event_id)
            lock = self._locks.setdefault(key, asyncio.Lock())
            async with lock:
                wanted = answer_in_history(watcher, answer)
                if (before := self._settlement(watcher, key)) is not None:
                    return concluded(watcher.id, before, wanted, replayed=True)
                task = pending(watcher, event_id)
                self._check_output(watcher.id, task, answer)
                settlement = await self._apply(watcher, task, answer, wanted)
                return concluded(watcher.id, settlement, wanted, replayed=False)

    async def heartbeat(self, execution: str, event_id: int) -> None:
        """Raises TaskTimedOut, TaskAlreadySettled, ExecutionEnded, TaskNotFound,
        TokenUnavailable."""
        async with self._hub.held(execution) as watcher:
            settlement = self._settlement(watcher, (watcher.id, event_id))
            if settlement is not None:
                raise over(settlement)
            await self._tasks.heartbeat(token_of(watcher, pending(watcher, event_id)))

    async def settle_token(self, token: str, answer: Answer) -> None:
        """By raw token, without a look at the history. Raises TaskNotFound, TaskTimedOut."""
        limits.check_token(token)
        await self._send(token, answer)

    async def heartbeat_token(self, token: str) -> None:
        """Raises TaskNotFound, TaskTimedOut."""
        limits.check_token(token)
        await self._tasks.heartbeat(token)

    def _settlement(self, watcher: Watcher, key: Key) -> Settlement | None:
        return watcher.known().projection.settled.get(key[1]) or self._applied.get(key)

    def _check_output(self, id: ExecutionId, task: PendingTask, answer: Answer) -> None:
        if answer.outcome is Outcome.SUCCESS:
            self._catalogue.check_output(id.machine, task.state, answer.output)

    async def _apply(
        self, watcher: Watcher, task: PendingTask, answer: Answer, wanted: bytes
    ) -> Settlement:
        token = token_of(watcher, task)
        try:
            await self._send(token, answer)
        except (TaskTimedOut, TaskNotFound, Unavailable) as error:
            return await self._truth(watcher, task, error)
        settlement = Settlement(
            task.event_id, task.state, answer.outcome, self._clock.now(), wanted
        )
        self._remember((watcher.id, task.event_id), settlement)
        watcher.nudge()
        return settlement

    async def _send(self, token: str, answer: Answer) -> None:
        if answer.outcome is Outcome.SUCCESS:
            await self._tasks.succeed(token, output=answer.output)
        else:
            await self._tasks.fail(token, error=answer.error, cause=answer.cause)

    async def _truth(self, watcher: Watcher, task: PendingTask, error: ServiceError) -> Settlement:
        """AWS didn't take the answer, or its answer was lost: what does the history say? An
        earlier attempt of the same call may have been applied."""
        for _ in range(LOOKS):
            feed = await watcher.fresh()
            if (settlement := feed.projection.settled.get(task.event_id)) is not None:
                return settlement
            await self._clock.sleep(LOOK_EVERY_S)
        raise error

    def _remember(self, key: Key, settlement: Settlement) -> None:
        self._applied[key] = settlement
        while len(self._applied) > REMEMBERED:
            self._applied.popitem(last=False)


def answer_in_history(watcher: Watcher, answer: Answer) -> bytes:
    """The answer's fingerprint as the history will show it, tokens redacted."""
    clean = watcher.clean_text
    return Answer(
        answer.outcome,
        output=clean(answer.output),
        error=clean(answer.error),
        cause=clean(answer.cause),
    ).fingerprint()


def concluded(id: ExecutionId, settlement: Settlement, wanted: bytes, *, replayed: bool) -> Settled:
    """The caller's outcome stands. Raises what it is where another one does."""
    if settlement.fingerprint != wanted or settlement.outcome not in {
        Outcome.SUCCESS,
        Outcome.FAILURE,
    }:
        raise over(settlement)
    return Settled(
        id, settlement.event_id, settlement.state, settlement.outcome, settlement.at, replayed
    )


def over(settlement: Settlement) -> ServiceError:
    """Why a settled task takes no other answer."""
    facts = {"outcome": settlement.outcome.value, "at": rfc3339(settlement.at)}
    if settlement.outcome is Outcome.TIMED_OUT:
        return TaskTimedOut("The task timed out before it was settled.", facts=facts)
    if settlement.outcome is Outcome.STOPPED:
        return ExecutionEnded("The task was stopped with what it belongs to.", facts=facts)
    return TaskAlreadySettled("The task was settled before, with another outcome.", facts=facts)


def pending(watcher: Watcher, event_id: int) -> PendingTask:
    """Raises TaskNotFound: no task that waits was scheduled by this event."""
    for task in watcher.known().projection.tasks:
        if task.event_id == event_id:
            return task
    raise TaskNotFound("No task that waits was scheduled by this event.")


def token_of(watcher: Watcher, task: PendingTask) -> str:
    """Raises TokenUnavailable."""
    if task.resource.startswith("activity:"):
        raise TokenUnavailable(ACTIVITY)
    if (token := watcher.token(task)) is None:
        raise TokenUnavailable(TOKEN_MISSING)
    return token
