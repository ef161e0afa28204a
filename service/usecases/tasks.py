"""Settles waiting tasks, by the event that scheduled them or by raw token.

By event, the history decides what happened: the same outcome again is a replay, another one a
conflict. What AWS took a moment ago is remembered, as its reads lag its writes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar
from weakref import WeakValueDictionary

from handrail.clock import Clock
from handrail.core import limits
from handrail.core.definition.answered_by import with_answerer
from handrail.core.errors import (
    Draining,
    ExecutionEnded,
    RepetitionRefused,
    ServiceError,
    TaskAlreadySettled,
    TaskNotFound,
    TaskTimedOut,
    Throttled,
    TokenUnavailable,
    Unavailable,
)
from handrail.core.history.facts import PendingTask
from handrail.core.history.outcomes import (
    NOBODY,
    Answerer,
    Outcome,
    Settlement,
    TaskAnswer,
    TaskKey,
)
from handrail.core.json_text import text_of
from handrail.core.models import Cursor, ExecutionId, Json, rfc3339
from handrail.core.ports import AppliedSettlements, Tasks
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.lag import REQUEST_S, STREAM_S, looked_for, not_shown
from handrail.usecases.live import Hub, Watcher

RAW_ROUTE = "Whoever holds the raw token can use POST /v1/task-tokens."
TOKEN_MISSING = f"The history doesn't hold this task's token whole. {RAW_ROUTE}"
TOKEN_WRONG = f"What looks like this task's token in the history isn't it. {RAW_ROUTE}"
ACTIVITY = f"An activity's token is given to its worker alone. {RAW_ROUTE}"

KEPT_ANSWER = 1024  # characters; a longer one is read off the history

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Settled:
    """A task that is settled with the outcome asked for, by this `answer`. `replayed` where it was
    before. What is read up to `cursor` doesn't show it waiting, unless others went on meanwhile."""

    execution: ExecutionId
    event_id: int
    state: str
    outcome: Outcome
    at: datetime
    cursor: Cursor
    replayed: bool
    answer: TaskAnswer = field(repr=False)


def success(output: Json) -> TaskAnswer:
    """Passed on as written where it is a JsonText. Raises InvalidOutput where AWS would not take
    it."""
    return TaskAnswer(Outcome.SUCCESS, output=limits.check_payload("output", text_of(output)))


def failure(error: str | None, cause: str | None) -> TaskAnswer:
    """Raises InvalidRequest where AWS would not take it."""
    limits.check_failure(error, cause)
    return TaskAnswer(Outcome.FAILURE, error=error or "", cause=cause or "")


@dataclass(frozen=True, slots=True, repr=False)
class TaskService:
    hub: Hub
    tasks: Tasks
    catalogue: Catalogue
    applied: AppliedSettlements
    clock: Clock
    _locks: WeakValueDictionary[TaskKey, asyncio.Lock] = field(
        init=False, default_factory=WeakValueDictionary
    )

    async def settle(
        self,
        execution: str,
        event_id: int,
        answer: TaskAnswer,
        *,
        by: Answerer = NOBODY,
        after: Cursor | None = None,
        there: bool = False,
    ) -> Settled:
        """Settle the task that this event scheduled. The caller has seen `after`; that there is
        such an event is sure where it is `there`. Where the state machine's author asks for it, the
        output is told who answered. Raises TaskAlreadySettled (another outcome),
        TaskTimedOut, ExecutionEnded, TaskNotFound, ExecutionNotFound, TokenUnavailable,
        InvalidOutput, InvalidRequest, NotShownYet."""
        watching = self.hub.watching(execution, fresh=False, lagging=True, after=after)
        async with watching as watcher:
            await self.seen(watcher, event_id, there=there)
            lock = self._locks.setdefault(_key(watcher, event_id), asyncio.Lock())
            async with lock:
                before = await self.settlement(watcher, event_id)
                task = before or pending(watcher, event_id)
                asked = self.catalogue.question(watcher.id.machine, task.state).callback
                answer = with_answerer(answer, asked.answered_by, by)
                if not isinstance(task, PendingTask):
                    return _settled(watcher, task, answer, replayed=True)
                if answer.outcome is Outcome.SUCCESS:
                    machine = watcher.id.machine
                    await self.catalogue.check_output(machine, task.state, answer.output)
                applied = await self._apply(watcher, task, answer, by)
            if isinstance(applied, Settlement):
                return _settled(watcher, applied, answer, replayed=False)
            found = await self._truth(watcher, event_id, applied)
            settled = _settled(watcher, found, answer, replayed=True)
            # An answer that was lost on its way back is ours where nobody else sent the same.
            before = await self.applied.add_if_absent(_key(watcher, event_id), found)
            lost = isinstance(applied, Unavailable | RepetitionRefused)
            return replace(settled, replayed=not lost or before is not None)

    async def settlement(self, watcher: Watcher, event_id: int) -> Settlement | None:
        """The settlement of a task as far as is known; None while it waits, or if it never did. The
        history says when; what was answered is what AWS took, as an emulator may round it."""
        settled = watcher.require_feed().projection.settled.get(event_id)
        applied = await self.applied.find(_key(watcher, event_id))
        if settled is None or applied is None or settled.outcome is not applied.outcome:
            return settled or applied
        return replace(settled, fingerprint=applied.fingerprint, by=applied.by)

    async def waiting(
        self, watcher: Watcher, event_id: int, *, there: bool = False
    ) -> tuple[PendingTask, str]:
        """The task and its token. Raises as `seen`, TaskAlreadySettled, TaskTimedOut,
        ExecutionEnded, TaskNotFound, TokenUnavailable."""
        await self.seen(watcher, event_id, there=there)
        if (settlement := await self.settlement(watcher, event_id)) is not None:
            raise _over(watcher, settlement)
        task = pending(watcher, event_id)
        return task, await _token_of(watcher, task)

    async def heartbeat(
        self, execution: str, event_id: int, *, after: Cursor | None = None
    ) -> ExecutionId:
        """Raises as `waiting` does."""
        watching = self.hub.watching(execution, fresh=False, lagging=True, after=after)
        async with watching as watcher:
            _, token = await self.waiting(watcher, event_id)
            try:
                await self.tasks.heartbeat(token)
            except (TaskTimedOut, TaskNotFound) as refusal:
                raise _over(watcher, await self._truth(watcher, event_id, refusal)) from refusal
            return watcher.id

    async def settle_token(self, token: str, answer: TaskAnswer) -> None:
        """By raw token, without a look at the history. Raises TaskNotFound, TaskTimedOut."""
        limits.check_token(token)
        await self._send(token, answer)

    async def heartbeat_token(self, token: str) -> None:
        """Raises TaskNotFound, TaskTimedOut."""
        limits.check_token(token)
        await self.tasks.heartbeat(token)

    async def seen(self, watcher: Watcher, event_id: int, *, there: bool = False) -> None:
        """Read on where the event isn't known yet: it may have been shown by another replica. It is
        sure to be `there`, or else is missing soon. Raises NotShownYet."""

        async def look() -> bool:
            feed = watcher.require_feed()
            return event_id <= feed.position or feed.ended

        within_s = REQUEST_S if there else self.hub.looked_for_s
        if not await self._looked(watcher, look, within_s) and there:
            raise not_shown()

    async def _apply(
        self, watcher: Watcher, task: PendingTask, answer: TaskAnswer, by: Answerer
    ) -> Settlement | ServiceError:
        """The settlement where AWS took the answer, else what AWS said; it may yet be applied."""
        token = await _token_of(watcher, task)
        try:
            await self._send(token, answer)
        except Throttled:
            raise
        except (TaskTimedOut, TaskNotFound, Unavailable) as refusal:
            return refusal
        shown = _in_history(watcher, answer)
        settlement = Settlement(
            task.event_id,
            task.state,
            answer.outcome,
            self.clock.now(),
            shown.fingerprint(),
            by=by.name,
            answer=shown if len(shown.output) + len(shown.cause) <= KEPT_ANSWER else None,
        )
        await self.applied.add_if_absent(_key(watcher, task.event_id), settlement)
        await self.hub.nudge(watcher.id)
        return settlement

    async def _send(self, token: str, answer: TaskAnswer) -> None:
        if answer.outcome is Outcome.SUCCESS:
            await self.tasks.succeed(token, output=answer.output)
        else:
            await self.tasks.fail(token, error=answer.error, cause=answer.cause)
        self.hub.own.settled(token)

    async def _truth(self, watcher: Watcher, event_id: int, refusal: ServiceError) -> Settlement:
        """The settlement in the history. Raises the refusal where it doesn't show one in time: what
        AWS calls over is awaited for as long as its reads may lag."""

        async def look() -> Settlement | None:
            return await self.settlement(watcher, event_id)

        within_s = STREAM_S if isinstance(refusal, TaskTimedOut) else REQUEST_S
        if (settlement := await self._looked(watcher, look, within_s)) is not None:
            return settlement
        if isinstance(refusal, TaskNotFound):
            raise TokenUnavailable(TOKEN_WRONG) from refusal
        raise refusal

    async def _looked(
        self, watcher: Watcher, look: Callable[[], Awaitable[Found]], within_s: float
    ) -> Found:
        """What is found first, after as many more reads as it takes; or nothing in that time."""

        async def read_on() -> Found:
            try:
                await watcher.fresh()
            except Unavailable as error:  # the next look may do
                if isinstance(error, Draining):
                    raise
            return await look()

        return await look() or await looked_for(self.clock, read_on, within_s)


def _key(watcher: Watcher, event_id: int) -> TaskKey:
    return TaskKey(watcher.id, watcher.require_feed().epoch, event_id)


def _in_history(watcher: Watcher, answer: TaskAnswer) -> TaskAnswer:
    """The answer as the history will show it, tokens redacted."""
    clean = watcher.history.clean_text
    output, error, cause = clean(answer.output), clean(answer.error), clean(answer.cause)
    return TaskAnswer(answer.outcome, output, error, cause)


def _settled(watcher: Watcher, found: Settlement, answer: TaskAnswer, *, replayed: bool) -> Settled:
    """The caller's outcome stands. Raises what it is where another one does."""
    same = found.outcome is answer.outcome
    if not same or found.fingerprint != _in_history(watcher, answer).fingerprint():
        raise _over(watcher, found)
    feed = watcher.require_feed()
    unseen = found.event_id not in feed.projection.settled
    cursor = feed.cursor(feed.position + unseen)
    return Settled(
        watcher.id, found.event_id, found.state, found.outcome, found.at, cursor, replayed, answer
    )


def _over(watcher: Watcher, settlement: Settlement) -> ServiceError:
    """The error of a task that is settled."""
    facts = {"outcome": settlement.outcome.value, "at": rfc3339(settlement.at)}
    if settlement.outcome is Outcome.TIMED_OUT:
        return TaskTimedOut("The task timed out before it was settled.", facts=facts)
    if settlement.outcome is not Outcome.STOPPED:
        return TaskAlreadySettled("The task is settled and takes no other answer.", facts=facts)
    if watcher.require_feed().ended:
        return ExecutionEnded("The task was stopped with its execution.", facts=facts)
    return TaskAlreadySettled("The task was stopped with the state around it.", facts=facts)


def pending(watcher: Watcher, event_id: int) -> PendingTask:
    """Raises TaskNotFound."""
    for task in watcher.require_feed().projection.tasks:
        if task.event_id == event_id:
            return task
    raise TaskNotFound("No task that waits was scheduled by this event.")


async def _token_of(watcher: Watcher, task: PendingTask) -> str:
    """Raises TokenUnavailable, and what reading raises."""
    if task.resource.startswith("activity:"):
        raise TokenUnavailable(ACTIVITY)
    await watcher.shared.learn_tokens()
    if (token := watcher.history.token(task)) is None:
        raise TokenUnavailable(TOKEN_MISSING)
    return token
