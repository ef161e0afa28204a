"""Follows lists of executions for whoever subscribed to them: one list of each state machine and
status, read for all who follow it."""

import asyncio
import contextvars
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from heapq import merge
from itertools import islice

import structlog

from handrail.clock import Clock
from handrail.core.errors import (
    InvalidRequest,
    Overloaded,
    ServiceError,
    TooManyWatches,
    Unavailable,
    UnsupportedByType,
)
from handrail.core.listing import ExecutionListing, ListFilter, Unlisted
from handrail.core.models import Execution, MachineType, StateMachine, to_ms
from handrail.core.protocol.paths import Addresses
from handrail.core.shares import Shares
from handrail.usecases.catalogue import Catalogue

from .followed_list import FollowedList
from .list_pages import ListPages, PageKey
from .list_subscription import ListSubscription
from .source import EXPRESS_HAS_NO_HISTORY

log = structlog.get_logger(__name__)

FIRST_S = 3.0  # for so long the first message waits for all its state machines
LATE_S = 0.5  # for each list that a principal follows, its reads are due so much later
AGAIN_S = 5.0  # before the catalogue is asked again where that failed
CATALOGUE_S = 60.0  # how soon a new state machine is in a list of all
MOST_MACHINES = 100

NOT_ALL = f"A list has {MOST_MACHINES} state machines at most: name this one in a list of its own."
NOT_YET = "AWS allows few lists a second: this one is still to come."


@dataclass(eq=False, slots=True, repr=False)
class MergedList:
    """The newest `limit` executions of the lists that one subscriber follows. With `partly` those
    that weren't read yet are told as missing."""

    limit: int
    clock: Clock
    parts: Sequence[FollowedList] = ()
    unlisted: Sequence[Unlisted] = ()
    partly: bool = False
    begun: bool = False

    def listing(self) -> ExecutionListing | None:
        """None before all could be shown for the first time."""
        if not self.begun or not (self.partly or all(part.answered for part in self.parts)):
            return None
        shown = [part for part in self.parts if part.page is not None]
        heads = [islice(part.page.executions, self.limit) for part in shown if part.page]
        executions = tuple(islice(merge(*heads, key=_newest_first), self.limit))
        machines = [part.listed for part in shown if part.listed is not None]
        missing = [
            Unlisted(part.key.reference, part.error or Overloaded(NOT_YET))
            for part in self.parts
            if part.error is not None or part.page is None
        ]
        as_of = min((part.as_of for part in machines), default=self.clock.now())
        return ExecutionListing(executions, as_of, machines, [*self.unlisted, *missing])


@dataclass(frozen=True, slots=True, repr=False)
class LiveLists:
    """Of one process. `shares` are of how many lists a principal may follow at once."""

    catalogue: Catalogue
    pages: ListPages
    clock: Clock
    addresses: Addresses
    shares: Shares
    _followed: dict[PageKey, FollowedList] = field(init=False, default_factory=dict)
    _tasks: dict[object, asyncio.Task[None]] = field(init=False, default_factory=dict)
    _parts: Counter[str | None] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        self.pages.listen(self._told)

    def subscribe(
        self,
        wanted: ListFilter,
        *,
        id: str,
        may_read: Callable[[str], bool],
        wake: Callable[[], None],
        principal: str | None = None,
    ) -> ListSubscription:
        """Follow the executions of the named state machines, or of all that `may_read` lets
        through; messages come through `wake` and `next_message`. Raises TooManyWatches."""
        if principal is not None and not self.shares.take(principal):
            raise TooManyWatches("You follow as many lists as one may.", retry_after_s=AGAIN_S)
        merged = MergedList(wanted.limit, self.clock)
        subscription = ListSubscription(id, wanted, self.addresses, wake, merged.listing, principal)
        subscription.left = partial(self._left, subscription, principal)
        self._start(subscription, self._attend(subscription, merged, may_read))
        return subscription

    @property
    def tasks(self) -> frozenset[asyncio.Task[None]]:
        return frozenset(self._tasks.values())

    async def close(self) -> None:
        """Stop following. Nothing is told: the sockets are closed first."""
        while tasks := self.tasks:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)  # each is forgotten once its own callback has run

    async def _attend(
        self, subscription: ListSubscription, merged: MergedList, may_read: Callable[[str], bool]
    ) -> None:
        """Keep it in the lists of its state machines, new ones too, until it leaves."""
        try:
            while await self._joined(subscription, merged, may_read):
                await self.clock.sleep(FIRST_S)
                if not merged.partly:
                    merged.partly = True
                    subscription.wake()
                await self.clock.sleep(CATALOGUE_S - FIRST_S)
        except Exception:
            log.exception("list failed")
            subscription.fail(Unavailable("This list failed; subscribe again."))
        finally:
            self._part(subscription, merged.parts)

    async def _joined(
        self, subscription: ListSubscription, merged: MergedList, may_read: Callable[[str], bool]
    ) -> bool:
        """Follow what there is by now. False where it can't be, and the subscription has failed.
        Of failures in a row each kind is told once."""
        told = set[str]()
        while True:
            try:
                machines = await self._machines(subscription.wanted, may_read)
            except ServiceError as error:
                if not (error.retryable or merged.begun):
                    subscription.fail(error)
                    return False
                if error.code not in told:
                    told.add(error.code)
                    subscription.notify(error)
                await self.clock.sleep(AGAIN_S)
            else:
                self._join(subscription, merged, machines)
                return True

    async def _machines(
        self, wanted: ListFilter, may_read: Callable[[str], bool]
    ) -> Sequence[StateMachine]:
        """Raises StateMachineNotFound, and UnsupportedByType where it is the only one."""
        if not wanted.machines:
            found = [machine for machine, _ in await self.catalogue.list_all()]
            return [machine for machine in found if may_read(machine.name)]
        named = [await self.catalogue.resolve(name) for name in wanted.machines]
        if all(machine.type is MachineType.EXPRESS for machine in named):
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        return list({PageKey.of(machine): machine for machine in named}.values())

    def _join(
        self,
        subscription: ListSubscription,
        merged: MergedList,
        machines: Sequence[StateMachine],
    ) -> None:
        listable = [each for each in machines if each.type is not MachineType.EXPRESS]
        keys = [PageKey.of(each, subscription.wanted.status) for each in listable]
        express = [PageKey.of(each).reference for each in machines if each not in listable]
        before = merged.parts
        merged.parts = [self._follow(key, subscription) for key in keys[:MOST_MACHINES]]
        self._part(subscription, [part for part in before if part not in merged.parts])
        merged.unlisted = [
            *(Unlisted(name, UnsupportedByType(EXPRESS_HAS_NO_HISTORY)) for name in express),
            *(Unlisted(key.reference, InvalidRequest(NOT_ALL)) for key in keys[MOST_MACHINES:]),
        ]
        merged.begun = True
        subscription.wake()

    def _follow(self, key: PageKey, subscription: ListSubscription) -> FollowedList:
        if (followed := self._followed.get(key)) is None:
            followed = FollowedList(key, self.pages, self.clock, self._late_s)
            self._followed[key] = followed
            self._start(followed, followed.run())
        if subscription not in followed.followers:
            followed.followers[subscription] = subscription.principal
            self._parts[subscription.principal] += 1
        return followed

    def _late_s(self, principals: Iterable[str | None]) -> float:
        """Whoever follows many lists waits behind who follows few."""
        return LATE_S * min((self._parts[name] for name in principals), default=0)

    def _part(self, subscription: ListSubscription, parts: Sequence[FollowedList]) -> None:
        for followed in parts:
            if subscription in followed.followers:
                del followed.followers[subscription]
                self._parts[subscription.principal] -= 1
                if not self._parts[subscription.principal]:
                    del self._parts[subscription.principal]
            if not followed.followers and self._followed.get(followed.key) is followed:
                del self._followed[followed.key]
                self._tasks[followed].cancel()

    def _left(self, subscription: ListSubscription, principal: str | None) -> None:
        if principal is not None:
            self.shares.give_back(principal)
        if (task := self._tasks.get(subscription)) is not None:
            task.cancel()

    def _told(self, machine: str) -> None:
        for key, followed in self._followed.items():
            if key.machine == machine:
                followed.poked.set()

    def _start(self, owner: object, work: Coroutine[object, object, None]) -> None:
        context = contextvars.Context()  # not the first request's: its id is logged
        task = asyncio.get_running_loop().create_task(work, context=context)
        self._tasks[owner] = task
        task.add_done_callback(partial(self._ended, owner), context=context)

    def _ended(self, owner: object, task: asyncio.Task[None]) -> None:
        if self._tasks.get(owner) is task:
            del self._tasks[owner]


def _newest_first(execution: Execution) -> int:
    return -to_ms(execution.started_at)
