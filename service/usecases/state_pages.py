"""Shows one state of an execution page by page: its visits, and a Map's items. The history is
folded again for each page, since the projection keeps sums alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from types import NoneType
from typing import Any

from handrail.core.definition.definition import Definition, State
from handrail.core.errors import (
    CursorUnknown,
    FieldError,
    InvalidRequest,
    NotFound,
    ServiceError,
    StateNotFound,
    UnsupportedByType,
)
from handrail.core.history.item_log import ItemLog, RecordedItem
from handrail.core.history.visit_log import Enclosing, VisitLog
from handrail.core.models import Cursor, ExecutionStatus, HistoryEvent
from handrail.core.page_tokens import page_position, page_token
from handrail.core.protocol import page_shapes
from handrail.core.protocol.page_documents import child_document, item_document, visit_document
from handrail.core.protocol.paths import Addresses
from handrail.usecases.live import Feed, Hub
from handrail.usecases.live.watcher import Watcher

from .map_run_items import ChildPage, ChildPosition, MapRunItems

PAGE = 50
PAGE_SIZE = 3 * 512 * 1024  # characters of payloads on a page: Lambda answers 6 MB at most
LONGEST_STATE_NAME = 80
NUMBER, TOKEN = (int,), (str, NoneType)
UNKNOWN_MAP_RUN = "AWS knows nothing of this Map Run any more."
EXPRESS_CHILDREN = "AWS lists no Express child executions: only their counts are known."


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A `page` of what `execution` says of this state, the first where None. It is read up to the
    cursor `after` at least, of the principal's share."""

    execution: str
    state: str
    page: str | None = None
    after: Cursor | None = None
    principal: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class _Opened:
    """The execution of a request, kept running. `entered` is the state's type, None before."""

    asked: PageRequest
    watcher: Watcher
    feed: Feed

    @property
    def entered(self) -> str | None:
        found = self.feed.projection.states.get(self.asked.state)
        return found["type"] if found is not None else None

    def position(self, of: str, shape: Mapping[str, Collection[type]]) -> dict[str, Any]:
        """Where the page begins, empty for the first. Raises InvalidRequest, CursorUnknown."""
        if self.asked.page is None:
            return {}
        shape = {"epoch": NUMBER, **shape}
        found = dict(page_position(self.asked.page, self._list(of), shape))
        if not Cursor(found.pop("epoch"), 0).belongs_to(self.feed.epoch):
            raise CursorUnknown("This page belongs to an earlier execution of the same name.")
        return found

    def token(self, of: str, **position: int | str | None) -> str:
        return page_token(self._list(of), {"epoch": self.feed.epoch, **position})

    def _list(self, of: str) -> str:
        return f"{of} {self.watcher.id} {self.asked.state}"


@dataclass(frozen=True, slots=True, repr=False)
class HistoryFolding:
    """Reads whole histories for pages: of however many at once, one in each turn of the loop."""

    hub: Hub
    _turn: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def fold(
        self,
        watcher: Watcher,
        principal: str | None,
        fold: Callable[[Sequence[HistoryEvent]], None],
    ) -> None:
        """Each read is of the principal's share. Raises what reading the history does."""
        due_at = partial(self.hub.due_at, principal)
        async with aclosing(watcher.history.whole(due_at)) as runs:
            async for events in runs:
                async with self._turn:
                    fold(events)
                    await asyncio.sleep(0)


@dataclass(frozen=True, slots=True, repr=False)
class StatePages:
    """Raises StateNotFound where the definition has no such state, CursorUnknown for a page of an
    earlier execution of the name, InvalidRequest, and what `Hub.watching` does."""

    hub: Hub
    children: MapRunItems
    addresses: Addresses
    folding: HistoryFolding

    async def visits(self, asked: PageRequest) -> page_shapes.VisitListDocument:
        """Newest first. Empty where the state wasn't entered yet."""
        async with self._opened(asked) as opened:
            before = opened.position("visits", {"before": NUMBER}).get("before")
            log = VisitLog(asked.state, before=before, most=PAGE, max_size=PAGE_SIZE)
            page = await self._page(opened)
            if opened.entered is not None:
                await self._fold(opened, log.fold)
            shown = log.visits
            definition = await _branches(opened, [visit.within for visit in shown])
            if log.older:
                page["next_page"] = opened.token("visits", before=shown[-1].entered.id)
            drawn = []
            for visit in shown:
                drawn.append(visit_document(visit, definition))
                await asyncio.sleep(0)  # two payloads may take some milliseconds
            return {**page, "visits": drawn}

    async def items(
        self, asked: PageRequest, status: ExecutionStatus | None
    ) -> page_shapes.MapItemListDocument:
        """Those in this status, any where None. Raises InvalidRequest too where the state is no
        Map, and UnsupportedByEndpoint where children can't be listed."""
        async with self._opened(asked) as opened:
            page = await self._page(opened, needs_map=True)
            log = ItemLog(asked.state)
            if opened.entered is not None:
                await self._fold(opened, log.fold)
            if log.runs:
                return await self._children(opened, page, log, status)
            return await self._iterations(opened, page, log, status)

    async def _iterations(
        self,
        opened: _Opened,
        page: page_shapes.PageDocument,
        log: ItemLog,
        status: ExecutionStatus | None,
    ) -> page_shapes.MapItemListDocument:
        of = _items(status)
        after = opened.position(of, {"map": NUMBER, "index": NUMBER})
        found = (item for item in log.items if status in {None, item.status})
        if after:
            place = -after["map"], after["index"]
            found = (item for item in found if _place(item) > place)
        shown = [*islice(found, PAGE + 1)]
        if len(shown) > PAGE:
            last = shown[PAGE - 1]
            page["next_page"] = opened.token(of, map=last.map.entered, index=last.index)
        shown = shown[:PAGE]
        state, known = opened.asked.state, opened.feed.projection.states.get(opened.asked.state)
        definition = await _branches(opened, [item.map.within for item in shown])
        return {
            **page,
            "items": [item_document(item, state, definition) for item in shown],
            "counts": known["items"] if known is not None else None,
            "unlisted": None,
        }

    async def _children(
        self,
        opened: _Opened,
        page: page_shapes.PageDocument,
        log: ItemLog,
        status: ExecutionStatus | None,
    ) -> page_shapes.MapItemListDocument:
        of, state, unlisted = _items(status), opened.asked.state, None
        after = opened.position(of, {"run": NUMBER, "token": TOKEN})
        at = ChildPosition(after["run"], after["token"]) if after else None
        definition = await opened.watcher.history.definition()
        found = ChildPage((), None)
        try:
            if definition is not None and _express_children(definition, state):
                raise UnsupportedByType(EXPRESS_CHILDREN)
            due_at = partial(self.hub.due_at, opened.asked.principal)
            found = await self.children.page(log.runs, at, status, most=PAGE, due_at=due_at)
        except UnsupportedByType:
            unlisted = EXPRESS_CHILDREN
        except NotFound:
            unlisted = UNKNOWN_MAP_RUN
        if (then := found.next) is not None:
            page["next_page"] = opened.token(of, run=then.started, token=then.token)
        children = [
            child_document(child, run.map, state, definition, self.addresses)
            for run, child in found.children
        ]
        counts = await self.children.counts(log.runs)
        return {**page, "items": children, "counts": counts, "unlisted": unlisted}

    @asynccontextmanager
    async def _opened(self, asked: PageRequest) -> AsyncIterator[_Opened]:
        watching = self.hub.watching(asked.execution, after=asked.after, principal=asked.principal)
        async with watching as watcher:
            yield _Opened(asked, watcher, watcher.require_feed())

    async def _page(self, opened: _Opened, *, needs_map: bool = False) -> page_shapes.PageDocument:
        """What all pages have in common, without a next one."""
        asked, feed, around = opened.asked, opened.feed, None
        type_ = opened.entered
        if type_ is None and (definition := await opened.watcher.history.definition()) is not None:
            if (found := definition.states.get(asked.state)) is None:
                named = asked.state[:LONGEST_STATE_NAME]
                raise StateNotFound(f"The definition has no state named {named}.")
            type_ = found.type
            if opened.watcher.id.label is None:  # in a child execution it is its own
                around = _distributed_map_around(definition, found)
        if needs_map and type_ not in {None, "Map"}:
            message = f"This state is a {type_}: only a Map has items."
            raise InvalidRequest(message, errors=[FieldError("state", message)])
        return {
            "state": asked.state,
            "child_executions_of": around,
            "next_page": None,
            "cursor": str(feed.cursor(feed.position)),
        }

    async def _fold(self, opened: _Opened, fold: Callable[[Sequence[HistoryEvent]], None]) -> None:
        await self.folding.fold(opened.watcher, opened.asked.principal, fold)


async def _branches(opened: _Opened, around: Iterable[Sequence[Enclosing]]) -> Definition | None:
    """The definition where it has something to tell of these, and can be read now."""
    if any(each.type == "Parallel" for within in around for each in within):
        with suppress(ServiceError):
            return await opened.watcher.history.definition()
    return None


def _items(status: ExecutionStatus | None) -> str:
    return f"items {status.value if status is not None else 'ANY'}"


def _place(item: RecordedItem) -> tuple[int, int]:
    return -item.map.entered, item.index


def _express_children(definition: Definition, state: str) -> bool:
    return state in definition.states and definition.states[state].express_children


def _distributed_map_around(definition: Definition, state: State) -> str | None:
    """The outermost one: this execution knows no more than its Map Runs."""
    found, parent = None, state.scope.parent
    while parent is not None:
        around = definition.states[parent]
        found = around.name if around.map_mode == "DISTRIBUTED" else found
        parent = around.scope.parent
    return found
