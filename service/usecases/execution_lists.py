"""Lists executions, newest first, of one state machine or of many: merges the machines' own lists,
each of which is read by the page and shared with whoever else asks.

AWS allows an account few lists a second. What can't be read in time is named, with the reason, and
everything that is shown says how old it is.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from handrail.clock import Clock, within
from handrail.core.errors import (
    InvalidRequest,
    Overloaded,
    ServiceError,
    Throttled,
    UnsupportedByType,
)
from handrail.core.list_position import ListPosition, MachinePosition, asked_for, not_ours
from handrail.core.listing import (
    ExecutionListing,
    ListedMachine,
    StatusCounts,
    Unlisted,
    may_have_executions,
)
from handrail.core.models import Execution, ExecutionStatus, MachineType, StateMachine
from handrail.core.read_queue import Urgency
from handrail.core.shares import RateShares
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.list_merge import ListPart, newest_first
from handrail.usecases.live.list_pages import ListedPage, ListPages, PageKey
from handrail.usecases.live.source import EXPRESS_HAS_NO_HISTORY

PATIENCE_S = 6.0
MOST_MACHINES = 100  # in one list: each takes a call
MOST_FURTHER_CALLS = 10  # for one answer, where a machine's first page isn't enough
STALE_S = 60.0  # the oldest page that is shown where AWS allows no other now

NOT_ALL = f"One list has {MOST_MACHINES} state machines at most: name this one in `state_machine`."
LATE = "AWS allows few lists a second, and this one had no turn in time. Ask again."
LEFT_OUT = "It was left out when this list began. Ask for the first page again, or for it alone."


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Of these state machines; of all that `may_read` lets through where none is named. `page` is
    the `next_page` of the answer before; `payer` is whose share of the reads it takes from."""

    may_read: Callable[[str], bool]
    machines: Sequence[str] = ()
    status: ExecutionStatus | None = None
    limit: int = 50
    page: str | None = None
    payer: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ExecutionLists:
    catalogue: Catalogue
    pages: ListPages
    clock: Clock
    shares: RateShares

    async def list_page(
        self, wanted: ListRequest, *, patience_s: float = PATIENCE_S
    ) -> ExecutionListing:
        """What AWS lists, merged. A failure is raised where nothing else can be shown: of the one
        state machine that is named, or of all. Raises StateMachineNotFound, UnsupportedByType,
        InvalidRequest, and Overloaded where AWS's quota has no turn within `patience_s`."""
        asked, position = asked_for(wanted.machines), None
        if wanted.page is not None:
            position = ListPosition.parse(wanted.page, asked=asked, status=wanted.status)
        keys, unlisted = self._sorted(await self._machines(wanted), wanted, position)
        ends_at, parts = self.clock.monotonic() + patience_s, list[ListPart]()
        for key, found in await self._read(keys, wanted.payer, ends_at):
            if isinstance(found, ListedPage):
                parts.append(ListPart(key, keys[key], found))
            else:
                unlisted.append(Unlisted(key.reference, _of_a_page(found, key)))
        _check_anything_left(parts, unlisted, alone=len(wanted.machines) == 1)
        machines = [_counted(part, wanted.status, first=position is None) for part in parts]
        executions = await self._merged(parts, wanted, ends_at)
        rest = {part.key.reference: part.rest for part in parts}
        left = {reference: where for reference, where in rest.items() if where is not None}
        out = tuple(each.reference for each in unlisted)
        return ExecutionListing(
            executions,
            min((part.as_of for part in machines), default=self.clock.now()),
            machines,
            unlisted,
            ListPosition(asked, wanted.status, left, out).text(),
        )

    async def _machines(self, wanted: ListRequest) -> Sequence[StateMachine]:
        """Each once. Raises StateMachineNotFound for a name of none."""
        if not wanted.machines:
            found = [machine for machine, _ in await self.catalogue.list_all()]
            return [machine for machine in found if wanted.may_read(machine.name)]
        named = [await self.catalogue.resolve(name) for name in wanted.machines]
        return list({PageKey.of(machine): machine for machine in named}.values())

    def _sorted(
        self, machines: Sequence[StateMachine], wanted: ListRequest, position: ListPosition | None
    ) -> tuple[dict[PageKey, MachinePosition], list[Unlisted]]:
        """Where to go on in each, and those that can't be listed here."""
        keys, unlisted = dict[PageKey, MachinePosition](), list[Unlisted]()
        for machine in machines:
            key = PageKey.of(machine, wanted.status)
            reference = key.reference
            error: ServiceError | None = None
            at = position.machines.get(reference) if position else MachinePosition()
            if machine.type is MachineType.EXPRESS:
                error = UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
            elif position and reference in position.unlisted:
                error = Overloaded(LEFT_OUT)
            elif at and len(keys) >= MOST_MACHINES:
                error = InvalidRequest(NOT_ALL)
            if error is not None:
                unlisted.append(Unlisted(reference, error))
            elif at is not None:
                keys[replace(key, token=at.token)] = at
        return keys, unlisted

    async def _read(
        self, keys: Iterable[PageKey], payer: str | None, ends_at: float
    ) -> Sequence[tuple[PageKey, ListedPage | ServiceError]]:
        """In the order given. Those that were read the longest ago are asked for first: where there
        aren't turns for all, everybody's comes."""
        wanted = tuple(keys)
        order = sorted(wanted, key=self.pages.asked_at)
        pages = await asyncio.gather(*(self._page(key, payer, ends_at) for key in order))
        found = dict(zip(order, pages, strict=True))
        return [(key, found[key]) for key in wanted]

    async def _page(
        self, key: PageKey, payer: str | None, ends_at: float
    ) -> ListedPage | ServiceError:
        """As it was lately where AWS allows no other in time."""
        now, refused = self.clock.monotonic(), Overloaded(LATE, retry_after_s=1.0)
        due_at = now if payer is None else self.shares.due_at(payer, now)
        try:
            async with within(self.clock, max(0.0, ends_at - now)):
                return await self.pages.page(key, Urgency.REQUEST, due_at)
        except TimeoutError:
            error: ServiceError = refused
        except Throttled as throttled:
            error = throttled
        except ServiceError as failed:
            return failed
        known = self.pages.known(key)
        return known if known is not None and now - known.asked_at < STALE_S else error

    async def _merged(
        self, parts: Sequence[ListPart], wanted: ListRequest, ends_at: float
    ) -> Sequence[Execution]:
        """The newest of all that weren't shown yet. Fewer, even none, where going on takes too many
        calls, or fails: the next page then goes on there."""
        merged, calls = list[Execution](), MOST_FURTHER_CALLS
        while True:
            merged += newest_first(parts, wanted.limit - len(merged))
            short = {key: part for part in parts if (key := part.further) is not None}
            short = dict(islice(short.items(), calls))
            calls -= len(short)
            if not short or len(merged) == wanted.limit:
                return merged
            for key, found in await self._read(short, wanted.payer, ends_at):
                if isinstance(found, ListedPage):
                    short[key].go_on(key, found)
                elif merged:
                    return merged
                else:
                    raise _of_a_page(found, key)


def _counted(part: ListPart, status: ExecutionStatus | None, *, first: bool) -> ListedMachine:
    page = part.page
    more = page.next_token is not None
    counts = StatusCounts.of(page.executions, status, at_least=more) if first else None
    return ListedMachine(part.key.reference, page.as_of, counts)


def _of_a_page(error: ServiceError, key: PageKey) -> ServiceError:
    """AWS's refusal of a page token is the caller's: it stands in the caller's own."""
    refused = isinstance(error, InvalidRequest) and key.token is not None
    return not_ours() if refused else error


def _check_anything_left(
    parts: Sequence[ListPart], unlisted: Sequence[Unlisted], *, alone: bool
) -> None:
    """Raises what went wrong, where that is all there is to tell."""
    failed = [each.error for each in unlisted if alone or may_have_executions(each)]
    if failed and not parts:
        raise failed[0]
