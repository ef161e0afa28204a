"""Keeps the newest executions of each state machine, as ListExecutions lists them, for whoever asks
next: one call answers all who wait for it.

What this process knows better than the list, since AWS's lists lag (a start it made, an end that
somebody watched), is noted and shown in it for a while.
"""

import asyncio
import contextvars
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from typing import Self

from handrail.clock import Clock
from handrail.core.models import (
    Cursor,
    Execution,
    ExecutionId,
    ExecutionStatus,
    StateMachine,
    to_ms,
)
from handrail.core.ports import Executions, NudgeChannel
from handrail.core.read_queue import Urgency, Waiter
from handrail.usecases.catalogue import naming
from handrail.usecases.in_memory import keep_newest

from .read_budget import PacedCalls

PAGE = 1000
"""The most that ListExecutions gives at once: a smaller page costs the same."""

FRESH_S = 1.0
NOTED_S = 20.0  # AWS's lists show any change after so long
NOTES = 1024  # of one state machine
NOTED_MACHINES = 256
CHANGED_MACHINES = 10_000  # AWS lets an account have so many
MOST_KEPT = 50_000  # executions, about 30 MB


@dataclass(frozen=True, slots=True)
class PageKey:
    """One page of a state machine's executions; the ARN may be that of a version or an alias."""

    machine_arn: str
    status: ExecutionStatus | None = None
    token: str | None = None

    @classmethod
    def of(cls, machine: StateMachine, status: ExecutionStatus | None = None) -> Self:
        """The first page."""
        return cls(machine.qualified_arn, status)

    @property
    def reference(self) -> str:
        """The state machine's name, with the version or alias behind it."""
        return self.machine_arn.split(":", 6)[6]

    @property
    def machine(self) -> str:
        return self.reference.partition(":")[0]


@dataclass(frozen=True, slots=True)
class ListedPage:
    """Asked for at `as_of` by our clock, `asked_at` in monotonic seconds, when `changes` was the
    number of the state machine's last change."""

    executions: tuple[Execution, ...]
    next_token: str | None
    as_of: datetime
    asked_at: float
    changes: int = 0


@dataclass(slots=True)
class _Reading:
    waiter: Waiter
    task: asyncio.Task[ListedPage]
    wanted: int = 0


@dataclass(slots=True, repr=False)
class ListPages:
    """Of one process. A nudge of an execution has its state machine listed anew. `seen` is told of
    all that is read."""

    executions: Executions
    calls: PacedCalls
    clock: Clock
    nudges: NudgeChannel
    seen: Callable[[Execution], None] = lambda _: None
    _told: list[Callable[[str], None]] = field(init=False, default_factory=list)
    _pages: dict[PageKey, ListedPage] = field(init=False, default_factory=dict)
    _readings: dict[PageKey, _Reading] = field(init=False, default_factory=dict)
    _change: int = field(init=False, default=0)
    _changes: dict[str, int] = field(init=False, default_factory=dict)
    """The last change of each state machine, by number; of what is forgotten, `_forgotten` or an
    earlier one."""
    _forgotten: int = field(init=False, default=0)
    _notes: dict[str, dict[ExecutionId, tuple[Execution, float]]] = field(
        init=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self.nudges.listen(self.changed)

    def listen(self, told: Callable[[str], None]) -> None:
        """Call this with the name of every state machine of which something changed."""
        self._told.append(told)

    async def announce(self, execution: Execution) -> None:
        """This has started here: lists show it, and other processes list anew."""
        self.note(execution)
        await self.nudges.send(execution.id)

    def changed(self, id: ExecutionId) -> None:
        """Something may have happened to this execution: its state machine is listed anew."""
        self._changes.pop(id.machine, None)
        self._changes[id.machine] = self._change = self._change + 1
        while len(self._changes) > CHANGED_MACHINES:
            self._forgotten = self._changes.pop(next(iter(self._changes)))
        self._tell(id.machine)

    def note(self, execution: Execution) -> None:
        """This is known of an execution, whatever lists show. Older news changes nothing."""
        id = execution.id
        if id.express or id.label:  # neither is ever listed
            return
        notes = self._notes.pop(id.machine, {})
        known, _ = notes.pop(id, (None, 0.0))
        listed = replace(execution, input=None, output=None, error=None, cause=None)
        news = listed if known is None else newest(known, listed)
        notes[id] = news, self.clock.monotonic()
        keep_newest(notes, NOTES)
        self._notes[id.machine] = notes
        keep_newest(self._notes, NOTED_MACHINES)
        if news is not known:
            self._tell(id.machine)

    async def page(self, key: PageKey, urgency: Urgency, due_at: float) -> ListedPage:
        """No older than a moment, nor than the last change that is known of by now. Raises what
        listing raises; waits for its turn as long as it takes."""
        changes = self._changes.get(key.machine, self._forgotten)
        listed = self._kept(key, changes)
        while listed is None or listed.changes < changes:
            listed = await self._shared(key, urgency, due_at)
        return self._with_notes(key, listed)

    def known(self, key: PageKey) -> ListedPage | None:
        """The page as it was last read, whenever that was."""
        page = self._pages.get(key)
        return self._with_notes(key, page) if page is not None else None

    def outdated(self, page: ListedPage, key: PageKey) -> bool:
        """Whether something has changed since it was asked for."""
        return page.changes < self._changes.get(key.machine, self._forgotten)

    def asked_at(self, key: PageKey) -> float:
        """When the page was last read; before all times where it wasn't, or is forgotten."""
        page = self._pages.get(key)
        return page.asked_at if page is not None else -inf

    async def close(self) -> None:
        tasks = [reading.task for reading in self._readings.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _kept(self, key: PageKey, changes: int) -> ListedPage | None:
        """The page if it is young and read since this change, or a whole list of all that is."""
        oldest = self.clock.monotonic() - FRESH_S

        def young(page: ListedPage | None) -> bool:
            return page is not None and page.asked_at >= oldest and page.changes >= changes

        if young(page := self._pages.get(key)):
            return page
        whole = self._pages.get(PageKey(key.machine_arn))
        if key.token or whole is None or whole.next_token is not None or not young(whole):
            return None
        shown = tuple(item for item in whole.executions if item.status is key.status)
        return replace(whole, executions=shown)

    async def _shared(self, key: PageKey, urgency: Urgency, due_at: float) -> ListedPage:
        reading = self._readings.get(key)
        if reading is None:
            reading = self._begin(key, Waiter(urgency, due_at))
        else:
            self.calls.hasten(reading.waiter, urgency, due_at)
        reading.wanted += 1
        try:
            return await asyncio.shield(reading.task)
        finally:
            reading.wanted -= 1
            if not (reading.wanted or reading.task.done()):
                self._forget(key, reading)
                reading.task.cancel()  # nobody is left: the turn goes to somebody else

    def _tell(self, machine: str) -> None:
        for told in self._told:
            told(machine)

    def _begin(self, key: PageKey, waiter: Waiter) -> _Reading:
        context = contextvars.Context()  # not the first request's: its id is logged
        task = asyncio.get_running_loop().create_task(self._read(key, waiter), context=context)
        reading = self._readings[key] = _Reading(waiter, task)
        task.add_done_callback(lambda _: self._forget(key, reading), context=context)
        return reading

    def _forget(self, key: PageKey, reading: _Reading) -> None:
        if self._readings.get(key) is reading:
            del self._readings[key]
        if reading.task.done() and not reading.task.cancelled():
            reading.task.exception()  # whoever waits has it; nobody may be left to

    async def _read(self, key: PageKey, waiter: Waiter) -> ListedPage:
        async with self.calls.turn(waiter):
            asked_at, as_of = self.clock.monotonic(), self.clock.now()
            changes = self._changes.get(key.machine, self._forgotten)
            with naming(key.reference):
                found = await self.executions.list_page(
                    key.machine_arn, status=key.status, limit=PAGE, token=key.token
                )
        self._pages.pop(key, None)
        page = ListedPage(found.items, found.next_token, as_of, asked_at, changes)
        notes = self._notes.get(key.machine, {})
        for listed in found.items:
            self.seen(listed)
            if listed.id in notes:
                note, at = notes[listed.id]
                notes[listed.id] = newest(note, listed), at
        self._pages[key] = page
        kept = sum(1 + len(each.executions) for each in self._pages.values())
        while kept > MOST_KEPT and len(self._pages) > 1:
            kept -= 1 + len(self._pages.pop(next(iter(self._pages))).executions)
        return page

    def _with_notes(self, key: PageKey, page: ListedPage) -> ListedPage:
        """The page with what is known better. Only to the first page of all a state machine's
        executions something is added: what is missing in a list of one status may have gone on, and
        which version or alias an execution ran by isn't noted."""
        oldest = self.clock.monotonic() - NOTED_S
        noted = self._notes.get(key.machine, {})
        notes = {id: note for id, (note, at) in noted.items() if at >= oldest}
        if not notes:
            return page
        shown = [
            newest(each, notes.pop(each.id)) if each.id in notes else each
            for each in page.executions
        ]
        if key.token is None and key.status is None and ":" not in key.reference:
            last = page.executions[-1].started_at if page.next_token else None
            for note in notes.values():
                if last is None or note.started_at >= last:
                    shown.insert(_place(shown, note), note)
        fitting = (each for each in shown if key.status in {None, each.status})
        return replace(page, executions=tuple(fitting))


def newest(listed: Execution, known: Execution) -> Execution:
    """The listed one as whichever of the two has seen more of it says."""
    if not Cursor(to_ms(listed.started_at), 0).belongs_to(to_ms(known.started_at)):
        return max(listed, known, key=lambda each: each.started_at)  # the name was used again
    if (known.redrive_count, known.status.terminal) <= (
        listed.redrive_count,
        listed.status.terminal,
    ):
        return listed
    return replace(
        listed,
        status=known.status,
        stopped_at=known.stopped_at,
        redrive_count=known.redrive_count,
    )


def _place(shown: Sequence[Execution], note: Execution) -> int:
    """Before the first that is no newer."""
    older = (place for place, each in enumerate(shown) if each.started_at <= note.started_at)
    return next(older, len(shown))
