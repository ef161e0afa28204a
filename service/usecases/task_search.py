"""Finds the tasks that wait for somebody, over all executions, as far as this process knows.

AWS has no such list. What is watched is known; of the rest, running executions are listed and their
histories read, after everything else that is read and only while somebody asks. What that found is
remembered, and told with how old it is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from handrail.clock import Clock, within
from handrail.core.errors import ExecutionNotFound, InvalidRequest, ServiceError
from handrail.core.history.facts import PendingTask
from handrail.core.history.outcomes import TaskKey
from handrail.core.listing import ListedTask, SearchedMachine, Unlisted, WaitingListing
from handrail.core.models import Execution, ExecutionId, ExecutionStatus, MachineType, StateMachine
from handrail.core.ports import AppliedSettlements
from handrail.core.read_queue import Urgency
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.in_memory import keep_newest
from handrail.usecases.live import Hub, Watcher
from handrail.usecases.live.list_pages import ListedPage, ListPages, PageKey

AGAIN_S = 20.0  # before an execution is read again, for each thousand events of its history
YOUNG_S = 60.0  # so long after its start it is read again sooner
YOUNG_AGAIN_S = 3.0
LISTED_GOOD_S = 60.0  # a search that relies on an older list isn't complete
GOOD_S = 300.0  # nor one that relies on an older read
REMEMBERED_S = 600.0
MOST_KEPT = 5_000
MOST_READS = 50  # for one answer, of executions that were never read
MOST_AGAIN = 20  # and of others
MOST_LISTS = 20
AT_ONCE = 4
PAGE = 1_000

NO_QUALIFIER = "Tasks wait by state machine: name it without a version or an alias."


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """In these state machines, or in all; `may_list` says which may be searched, `may_read` which
    executions be told of. `partial` where that are single ones, which no list shows."""

    may_list: Callable[[str], bool]
    may_read: Callable[[ExecutionId], bool]
    machines: Sequence[str] = ()
    limit: int = 100
    partial: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """One execution as its history told at `as_of`, `at` in monotonic seconds."""

    epoch: int
    tasks: tuple[PendingTask, ...]
    as_of: datetime
    at: float
    again_s: float
    has_children: bool  # that run on their own, and may wait


@dataclass(slots=True, repr=False)
class TaskSearch:
    """Of one process."""

    hub: Hub
    pages: ListPages
    catalogue: Catalogue
    applied: AppliedSettlements
    clock: Clock
    _seen: dict[ExecutionId, _Seen] = field(init=False, default_factory=dict)
    _nudged: dict[ExecutionId, float] = field(init=False, default_factory=dict)
    _failed: dict[str, ServiceError] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.pages.nudges.listen(self._changed)

    async def search(self, wanted: WaitingRequest, *, patience_s: float) -> WaitingListing:
        """What is known after at most so many seconds of reading. Raises StateMachineNotFound, and
        what listing the state machines raises."""
        machines = await self._machines(wanted)
        if patience_s > 0:
            with suppress(TimeoutError):
                async with within(self.clock, patience_s):
                    await self._read_on(machines)
        return await self._listing(machines, wanted)

    async def _machines(self, wanted: WaitingRequest) -> Sequence[StateMachine]:
        """Those whose tasks can wait: Express has no callbacks and no activities."""
        if wanted.machines:
            found = [await self.catalogue.resolve(name) for name in wanted.machines]
        else:
            listed = [machine for machine, _ in await self.catalogue.list_all()]
            found = [machine for machine in listed if wanted.may_list(machine.name)]
        if any(machine.qualifier for machine in found):
            raise InvalidRequest(NO_QUALIFIER)
        once = {machine.arn: machine for machine in found}.values()
        return [machine for machine in once if machine.type is not MachineType.EXPRESS]

    async def _read_on(self, machines: Sequence[StateMachine]) -> None:
        """First what is known to run, while lists are read for more."""
        now = self.clock.monotonic()
        lists = [key for key in map(_running, machines) if self._list_is_due(key, now)]
        lists = sorted(lists, key=self.pages.asked_at)[:MOST_LISTS]
        await asyncio.gather(_in_order(self._list(key) for key in lists), self._read_some(machines))
        await self._read_some(machines)

    async def _list(self, key: PageKey) -> None:
        try:
            await self.pages.page(key, Urgency.IDLE, self.clock.monotonic())
        except ServiceError as error:
            self._failed[key.machine] = error
        else:
            self._failed.pop(key.machine, None)

    def _list_is_due(self, key: PageKey, now: float) -> bool:
        page = self._whole_page(key)
        return page is None or now - page.asked_at >= AGAIN_S or self.pages.outdated(page, key)

    async def _read_some(self, machines: Iterable[StateMachine]) -> None:
        """The executions that were never read first, then those read the longest ago."""
        self._see_watched()
        running = [each for machine in machines for each in self._running_in(machine)]
        due = [each.id for each in running if self._read_is_due(each)]
        new = [id for id in due if id not in self._seen][:MOST_READS]
        again = sorted((id for id in due if id in self._seen), key=lambda id: self._seen[id].at)
        reads = (self._read(id) for id in (*new, *again[:MOST_AGAIN]))
        await asyncio.gather(*(_in_order(reads) for _ in range(AT_ONCE)))

    def _read_is_due(self, execution: Execution) -> bool:
        seen = self._seen.get(execution.id)
        if seen is None or self._nudged.get(execution.id, seen.at) > seen.at:
            return True
        young = self.clock.now() - execution.started_at < timedelta(seconds=YOUNG_S)
        again_s = YOUNG_AGAIN_S if young else seen.again_s
        return self.clock.monotonic() - seen.at >= again_s

    async def _read(self, id: ExecutionId) -> None:
        """One that can't be read now is tried again by who asks next."""
        at, as_of = self.clock.monotonic(), self.clock.now()
        try:
            async with self.hub.watching(str(id), lagging=True, urgency=Urgency.IDLE) as watcher:
                self._see(watcher)
        except ExecutionNotFound:  # AWS keeps it no more
            self._keep(id, _Seen(0, (), as_of, at, AGAIN_S, has_children=False))
        except ServiceError as error:
            self._failed[id.machine] = error

    def _see_watched(self) -> None:
        for watcher in self.hub.read_watchers:
            if watcher.in_use:
                self._see(watcher)

    def _see(self, watcher: Watcher) -> None:
        feed, now = watcher.require_feed(), self.clock.monotonic()
        over = feed.ended or feed.early_end is not None
        states = feed.projection.states.values()
        has_children = any(
            state["running"] and state["items"] and state["items"]["total"] is None
            for state in states
        )
        self._keep(
            watcher.id,
            _Seen(
                feed.epoch,
                () if over else feed.projection.tasks,
                self.clock.now() - timedelta(seconds=now - watcher.read_at),
                watcher.read_at,
                AGAIN_S * (1 + feed.position // PAGE),
                has_children=has_children and not over,
            ),
        )

    def _keep(self, id: ExecutionId, seen: _Seen) -> None:
        self._seen.pop(id, None)
        self._seen[id] = seen
        keep_newest(self._seen, MOST_KEPT)

    def _changed(self, id: ExecutionId) -> None:
        self._nudged.pop(id, None)
        self._nudged[id] = self.clock.monotonic()
        keep_newest(self._nudged, MOST_KEPT)

    def _whole_page(self, key: PageKey) -> ListedPage | None:
        """The newest page known that has every running execution of the state machine."""
        known = [self.pages.known(key), self.pages.known(PageKey(key.machine_arn))]
        whole = [page for page in known if page is not None and page.next_token is None]
        return max(whole, key=lambda page: page.asked_at, default=None)

    def _running_in(self, machine: StateMachine) -> Sequence[Execution]:
        """As far as is known."""
        key = _running(machine)
        known = (self.pages.known(key), self.pages.known(PageKey.of(machine)))
        found = dict[ExecutionId, Execution]()
        for page in sorted((page for page in known if page), key=lambda page: page.asked_at):
            if page.next_token is None:
                found.clear()
            found |= {each.id: each for each in page.executions}
        return [each for each in found.values() if each.status is ExecutionStatus.RUNNING]

    async def _listing(
        self, machines: Sequence[StateMachine], wanted: WaitingRequest
    ) -> WaitingListing:
        self._see_watched()
        searched = [self._searched(machine) for machine in machines]
        known = [*self._waiting(machines, wanted)]
        tasks = [each for each in known if not await self._settled(each)]
        tasks.sort(key=lambda each: each.task.scheduled_at, reverse=True)
        times = [each.as_of for each in searched if each.as_of] + [each.as_of for each in tasks]
        return WaitingListing(
            tasks[: wanted.limit],
            len(tasks),
            min(times, default=self.clock.now()),
            not wanted.partial and all(each.complete for each in searched),
            searched,
            [
                Unlisted(each.name, self._failed[each.name])
                for each in searched
                if each.name in self._failed and not each.complete
            ],
        )

    def _searched(self, machine: StateMachine) -> SearchedMachine:
        page, now = self._whole_page(_running(machine)), self.clock.monotonic()
        running = self._running_in(machine)
        seen = [found for each in running if (found := self._seen.get(each.id)) is not None]
        good = [each for each in seen if now - each.at < max(GOOD_S, each.again_s)]
        listed = page is not None and now - page.asked_at < LISTED_GOOD_S
        whole = listed and len(good) == len(running) and not any(e.has_children for e in good)
        as_of = min([page.as_of, *(each.as_of for each in good)]) if page is not None else None
        return SearchedMachine(
            machine.name, as_of, len(running) if page is not None else None, len(good), whole
        )

    def _waiting(
        self, machines: Sequence[StateMachine], wanted: WaitingRequest
    ) -> Iterator[ListedTask]:
        now, names = self.clock.monotonic(), {machine.name for machine in machines}
        ended = self._ended(machines)
        for id, seen in self._seen.items():
            named = id.machine in names or not wanted.machines
            if now - seen.at > REMEMBERED_S or id in ended or not (named and wanted.may_read(id)):
                continue
            for task in seen.tasks:
                yield ListedTask(id, task, seen.as_of)

    def _ended(self, machines: Iterable[StateMachine]) -> frozenset[ExecutionId]:
        """Those that a newer list shows no longer running."""
        pages = {machine.name: self._whole_page(_running(machine)) for machine in machines}
        running = {each.id for machine in machines for each in self._running_in(machine)}
        return frozenset(
            id
            for id, seen in self._seen.items()
            if (page := pages.get(id.machine)) is not None
            and not id.label
            and page.asked_at >= seen.at
            and id not in running
        )

    async def _settled(self, waiting: ListedTask) -> bool:
        """By this service, a while ago at most: what is read may lag. Whoever settles nudges."""
        id, now = waiting.execution, self.clock.monotonic()
        seen, nudged_at = self._seen.get(id), self._nudged.get(id)
        if seen is None or nudged_at is None or now - nudged_at > LISTED_GOOD_S:
            return False
        return await self.applied.find(TaskKey(id, seen.epoch, waiting.task.event_id)) is not None


def _running(machine: StateMachine) -> PageKey:
    return PageKey.of(machine, ExecutionStatus.RUNNING)


async def _in_order(work: Iterator[Awaitable[None]]) -> None:
    """One after another; several may share one iterator."""
    for each in work:
        await each
