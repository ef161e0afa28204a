"""Shows when an execution was in which state, visit by visit. The history is folded again for each
page, since the projection keeps sums alone."""

import asyncio
from dataclasses import dataclass
from itertools import islice

from handrail.core.errors import CursorUnknown
from handrail.core.history.timeline_log import TimelineLog, TimelineVisit
from handrail.core.models import Cursor
from handrail.core.page_tokens import page_position, page_token
from handrail.core.protocol import page_shapes
from handrail.core.protocol.page_documents import timeline_visit_document
from handrail.usecases.live import Hub
from handrail.usecases.live.watcher import Watcher

from .state_pages import HistoryFolding

PAGE = 1_000
POSITION = {"epoch": (int,), "entered": (int,)}


@dataclass(frozen=True, slots=True)
class TimelineRequest:
    """A `page` of the execution's visits, the first where None; those that began or changed behind
    the cursor `since`, all where None. It is read up to the cursor `after` at least, of the
    principal's share."""

    execution: str
    page: str | None = None
    since: Cursor | None = None
    after: Cursor | None = None
    principal: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Timelines:
    hub: Hub
    folding: HistoryFolding

    async def page(self, asked: TimelineRequest) -> page_shapes.TimelineDocument:
        """In the order of entry. Raises CursorUnknown for a page or a `since` of an earlier
        execution of the name, InvalidRequest for no page of it, and what `Hub.watching` does."""
        watching = self.hub.watching(asked.execution, after=asked.after, principal=asked.principal)
        async with watching as watcher:
            feed = watcher.require_feed()
            of, cursor = f"timeline {watcher.id} {asked.since}", feed.cursor(feed.position)
            begin = _begin(asked, of, cursor)
            log = await self._folded(watcher, asked)
            left = (each for each in log.changed if each.entered > begin)
            shown = [*islice(left, PAGE + 1)]
            then = None
            if len(shown) > PAGE:
                shown = shown[:PAGE]
                then = page_token(of, {"epoch": feed.epoch, "entered": shown[-1].entered})
            drawn = await _drawn(shown)
        return {
            "visits": drawn,
            "total": len(log.visits),
            "next_page": then,
            "cursor": str(cursor),
        }

    async def _folded(self, watcher: Watcher, asked: TimelineRequest) -> TimelineLog:
        log = TimelineLog(asked.since.event_id if asked.since is not None else 0)
        await self.folding.fold(watcher, asked.principal, log.fold)
        return log


def _begin(asked: TimelineRequest, of: str, cursor: Cursor) -> int:
    """The event that entered the last visit of the page before, 0 for the first page."""
    if asked.since is not None and not asked.since.belongs_to(cursor.epoch):
        raise CursorUnknown("This cursor belongs to an earlier execution of the same name.")
    if asked.page is None:
        return 0
    position = page_position(asked.page, of, POSITION)
    if not Cursor(position["epoch"], 0).belongs_to(cursor.epoch):
        raise CursorUnknown("This page belongs to an earlier execution of the same name.")
    return int(position["entered"])


async def _drawn(visits: list[TimelineVisit]) -> list[page_shapes.TimelineVisitDocument]:
    drawn = []
    for number, visit in enumerate(visits):
        drawn.append(timeline_visit_document(visit))
        if number % 200 == 0:
            await asyncio.sleep(0)
    return drawn
