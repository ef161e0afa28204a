"""Settling waiting tasks: by where they stand, or by raw token.

By position, the history decides what happened: the same outcome again is a replay, another one a
conflict. Nothing is stored for that; what this process applied a moment ago is remembered only
because AWS's reads lag its writes. A task that is known to wait is answered without another read:
AWS takes one answer of many, and the history is asked where it didn't take ours.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from weakref import WeakValueDictionary

from pydantic_core import to_json

from service.core import limits
from service.core.errors import (
    Draining,
    ExecutionEnded,
    InvalidOutput,
    RepetitionRefused,
    ServiceError,
    TaskAlreadySettled,
    TaskNotFound,
    TaskTimedOut,
    Throttled,
    TokenUnavailable,
    Unavailable,
)
from service.core.models import ExecutionId, Json, rfc3339
from service.core.ports import Tasks
from service.core.projection.facts import PendingTask
from service.core.settling import Outcome, Settlement, TaskAnswer
from service.usecases.catalogue import Catalogue
from service.usecases.clock import Clock
from service.usecases.executions import only_finite
from service.usecases.live import Feed, Hub, Watcher

REMEMBERED = 10_000
LOOKS_S = (0.0, 0.1, 0.2, 0.4, 0.8)
"""Before each look for an outcome that AWS says exists and its reads don't show yet: 1.5 s."""

UNSEEN_LOOKS_S = LOOKS_S[:3]
"""Before each look for an event that another replica's reads may have shown already."""

RAW_ROUTE = "Whoever holds the raw token can use POST /v1/task-tokens."
TOKEN_MISSING = f"The history doesn't hold this task's token whole. {RAW_ROUTE}"
TOKEN_WRONG = f"What looks like this task's token in the history isn't it. {RAW_ROUTE}"
ACTIVITY = f"An activity's token is given to its worker alone. {RAW_ROUTE}"


class Place(NamedTuple):
    """Where a task stands. The epoch is the execution's start: a name can be reused."""

    execution: ExecutionId
    epoch: int
    event_id: int


@dataclass(frozen=True, slots=True)
class Settled:
    """A task that is settled with the outcome asked for. `replayed` where it was before."""

    execution: ExecutionId
    event_id: int
    state: str
    outcome: Outcome
    at: datetime
    replayed: bool


def success(output: Json) -> TaskAnswer:
    """Raises InvalidOutput where AWS would not take it."""
    text = to_json(output, inf_nan_mode="constants").decode()
    if "Infinity" in text and not only_finite(output):
        raise InvalidOutput("A number in the output is too large: JSON's are doubles at most.")
    limits.check_output(text)
    return TaskAnswer(Outcome.SUCCESS, output=text)


def failure(error: str | None, cause: str | None) -> TaskAnswer:
    """Raises InvalidRequest where AWS would not take it."""
    limits.check_failure(error, cause)
    return TaskAnswer(Outcome.FAILURE, error=error or "", cause=cause or "")


class TaskService:
    """The use-cases around waiting tasks."""

    def __init__(self, hub: Hub, tasks: Tasks, catalogue: Catalogue, clock: Clock) -> None:
        self._hub = hub
        self._tasks = tasks
        self._catalogue = catalogue
        self._clock = clock
        self._locks: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()
        self._applied: OrderedDict[Place, Settlement] = OrderedDict()

    async def settle(self, execution: str, event_id: int, answer: TaskAnswer) -> Settled:
        """Settle the task that this event scheduled.

        Raises TaskAlreadySettled (another outcome), TaskTimedOut, ExecutionEnded, TaskNotFound,
        ExecutionNotFound, TokenUnavailable, InvalidOutput, InvalidRequest."""
        async with self._hub.held(execution, fresh=False, lagging=True) as watcher:
            await self.seen(watcher, event_id)
            place = placed(watcher, event_id)
            lock = self._locks.setdefault(place, asyncio.Lock())
            async with lock:
                if (before := self._known(watcher, place)) is not None:
                    return concluded(watcher, before, answer, replayed=True)
                task = pending(watcher, event_id)
                self._check_output(watcher.id, task, answer)
                refusal = await self._sent(watcher, task, answer)
            if refusal is None:
                return concluded(watcher, self._applied[place], answer, replayed=False)
            return await self._found(watcher, place, answer, refusal)

    def settlement(self, watcher: Watcher, event_id: int) -> Settlement | None:
        """What became of a task, as far as is known; None while it waits, or if it never did."""
        return self._known(watcher, placed(watcher, event_id))

    async def heartbeat(self, execution: str, event_id: int) -> ExecutionId:
        """Raises TaskTimedOut, TaskAlreadySettled, ExecutionEnded, TaskNotFound,
        TokenUnavailable."""
        async with self._hub.held(execution, fresh=False, lagging=True) as watcher:
            await self.seen(watcher, event_id)
            place = placed(watcher, event_id)
            if (settlement := self._known(watcher, place)) is None:
                token = token_of(watcher, pending(watcher, event_id))
                try:
                    await self._tasks.heartbeat(token)
                except (TaskTimedOut, TaskNotFound) as refusal:
                    settlement = await self._truth(watcher, place, refusal)
                else:
                    return watcher.id
            raise over(settlement, ended=watcher.known().ended)

    async def settle_token(self, token: str, answer: TaskAnswer) -> None:
        """By raw token, without a look at the history. Raises TaskNotFound, TaskTimedOut."""
        limits.check_token(token)
        await self._send(token, answer)

    async def heartbeat_token(self, token: str) -> None:
        """Raises TaskNotFound, TaskTimedOut."""
        limits.check_token(token)
        await self._tasks.heartbeat(token)

    async def seen(self, watcher: Watcher, event_id: int) -> None:
        """Read on where the event isn't known yet: it may have been shown by another replica."""
        await self._look(
            watcher, UNSEEN_LOOKS_S, lambda feed: event_id <= feed.position or feed.ended
        )

    def _known(self, watcher: Watcher, place: Place) -> Settlement | None:
        settled = watcher.known().projection.settled
        return settled.get(place.event_id) or self._applied.get(place)

    def _check_output(self, id: ExecutionId, task: PendingTask, answer: TaskAnswer) -> None:
        if answer.outcome is Outcome.SUCCESS:
            self._catalogue.check_output(id.machine, task.state, answer.output)

    async def _sent(
        self, watcher: Watcher, task: PendingTask, answer: TaskAnswer
    ) -> ServiceError | None:
        """None where AWS took the answer, else what it said; the answer may yet be applied."""
        token = token_of(watcher, task)
        try:
            await self._send(token, answer)
        except Throttled:
            raise
        except (TaskTimedOut, TaskNotFound, Unavailable) as refusal:
            return refusal
        fingerprint = in_history(watcher, answer)
        self._remember(
            placed(watcher, task.event_id),
            Settlement(task.event_id, task.state, answer.outcome, self._clock.now(), fingerprint),
        )
        watcher.nudge()
        return None

    async def _send(self, token: str, answer: TaskAnswer) -> None:
        if answer.outcome is Outcome.SUCCESS:
            await self._tasks.succeed(token, output=answer.output)
        else:
            await self._tasks.fail(token, error=answer.error, cause=answer.cause)

    async def _found(
        self, watcher: Watcher, place: Place, answer: TaskAnswer, refusal: ServiceError
    ) -> Settled:
        """What the history says of a task whose answer AWS didn't acknowledge. Where nobody else
        here sent the same, an answer that was lost on its way back is ours."""
        settlement = await self._truth(watcher, place, refusal)
        lost = isinstance(refusal, Unavailable | RepetitionRefused)
        ours = lost and place not in self._applied
        settled = concluded(watcher, settlement, answer, replayed=not ours)
        self._remember(place, settlement)
        return settled

    async def _truth(self, watcher: Watcher, place: Place, refusal: ServiceError) -> Settlement:
        """How the task ended. Raises the refusal where the history doesn't say so in time."""
        await self._look(watcher, LOOKS_S, lambda _: self._known(watcher, place) is not None)
        if (settlement := self._known(watcher, place)) is not None:
            return settlement
        if isinstance(refusal, TaskNotFound):
            raise TokenUnavailable(TOKEN_WRONG) from refusal
        raise refusal

    async def _look(
        self, watcher: Watcher, waits_s: Iterable[float], done: Callable[[Feed], bool]
    ) -> None:
        """Read until it is done, at most once a wait."""
        for wait_s in waits_s:
            if done(watcher.known()):
                return
            if wait_s:
                await self._clock.sleep(wait_s)
            try:
                await watcher.fresh()
            except Draining:
                raise
            except Unavailable:
                continue  # the next look may do

    def _remember(self, place: Place, settlement: Settlement) -> None:
        self._applied[place] = settlement
        while len(self._applied) > REMEMBERED:
            self._applied.popitem(last=False)


def placed(watcher: Watcher, event_id: int) -> Place:
    return Place(watcher.id, watcher.known().epoch, event_id)


def in_history(watcher: Watcher, answer: TaskAnswer) -> bytes:
    """The answer's fingerprint as the history will show it, tokens redacted."""
    clean = watcher.clean_text
    return TaskAnswer(
        answer.outcome,
        output=clean(answer.output),
        error=clean(answer.error),
        cause=clean(answer.cause),
    ).fingerprint()


def concluded(
    watcher: Watcher, settlement: Settlement, answer: TaskAnswer, *, replayed: bool
) -> Settled:
    """The caller's outcome stands. Raises what it is where another one does."""
    if settlement.outcome is not answer.outcome or (
        settlement.fingerprint != in_history(watcher, answer)
    ):
        raise over(settlement, ended=watcher.known().ended)
    return Settled(
        watcher.id,
        settlement.event_id,
        settlement.state,
        settlement.outcome,
        settlement.at,
        replayed,
    )


def over(settlement: Settlement, *, ended: bool = True) -> ServiceError:
    """Why a settled task takes no other answer. `ended` says whether its execution has, too."""
    facts = {"outcome": settlement.outcome.value, "at": rfc3339(settlement.at)}
    if settlement.outcome is Outcome.TIMED_OUT:
        return TaskTimedOut("The task timed out before it was settled.", facts=facts)
    if settlement.outcome is not Outcome.STOPPED:
        return TaskAlreadySettled("The task is settled and takes no other answer.", facts=facts)
    if ended:
        return ExecutionEnded("The task was stopped with its execution.", facts=facts)
    return TaskAlreadySettled("The task was stopped with the state around it.", facts=facts)


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
