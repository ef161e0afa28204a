"""Stops and redrives executions, and answers that as applied whatever AWS's reads show yet.

Where reads don't show in time what AWS took on, it is foreseen: folded into what is known, under a
cursor that only a read which has it comes up to.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from service.clock import Clock, within
from service.core import limits
from service.core.errors import ExecutionNotFound, ServiceError, UnsupportedByType
from service.core.models import (
    Cursor,
    Execution,
    ExecutionId,
    ExecutionStatus,
    HistoryEvent,
    Json,
    from_ms,
    rfc3339,
    to_ms,
)
from service.core.ports import Executions, RecentStarts
from service.core.protocol import documents
from service.core.protocol.document_shapes import ChangesDocument, SnapshotDocument, SteeredDocument
from service.core.protocol.paths import Addresses
from service.usecases.catalogue import Catalogue
from service.usecases.lag import REQUEST_S, Write
from service.usecases.live import Feed, Hub, Watcher
from service.usecases.live.hub import reference
from service.usecases.live.source import EXPRESS_HAS_NO_HISTORY

PATIENCE_S = 2 * REQUEST_S  # half for the first read, half for one that shows the change
STARTED_AND_ABORTED, STARTED_ENDED_AND_REDRIVEN = 2, 3  # events at least


@dataclass(frozen=True, slots=True)
class Change:
    """What AWS took on: `type` is the event's that its history will show, `after` the cursor that
    the caller has seen, and `known` what it tells where nothing else can be read."""

    id: ExecutionId
    arn: str
    type: str
    at: datetime
    status: ExecutionStatus
    known: ChangesDocument
    after: Cursor | None


@dataclass(frozen=True, slots=True, repr=False)
class Steering:
    """Answers documents of the snapshot's shape. `after` is a cursor of what the caller has seen:
    with it nothing older is taken for how the execution stands, at any replica."""

    catalogue: Catalogue
    executions: Executions
    hub: Hub
    recent: RecentStarts
    clock: Clock
    addresses: Addresses

    async def stop(
        self,
        execution: str,
        error: str | None,
        cause: str | None,
        *,
        after: Cursor | None = None,
        patience_s: float = PATIENCE_S,
    ) -> SnapshotDocument | SteeredDocument:
        """Abort it, before anything is read; one that has ended stays as it is. Raises
        ExecutionNotFound, UnsupportedByType, InvalidRequest."""
        limits.check_failure(error, cause)
        id, arn = await self._located(execution)
        at = await self.executions.stop(arn, error=error, cause=cause)
        await self.hub.nudge(id)
        status, known = ExecutionStatus.ABORTED, ChangesDocument(error=error, cause=cause)
        known |= {"status": status.value, "stopped_at": rfc3339(at)}
        change = Change(id, arn, "ExecutionAborted", at, status, known, after)
        async with self._read(id, after, patience_s / 2) as watcher:
            if watcher is None:
                return await self._unread(change, STARTED_AND_ABORTED)

            def over(feed: Feed) -> bool:
                return feed.ended and not (feed.behind(after) or self._own(id, feed))

            feed = await self.hub.wait_until(watcher, over, timeout_s=patience_s / 2)
            if over(feed):
                return feed.snapshot()
            given = {"error": error or "", "cause": cause or ""}.items()
            details = {name: watcher.history.clean_text(text) for name, text in given if text}
            return await self._foreseen(change, feed, details, unseen=0 if feed.position else 1)

    async def redrive(
        self,
        execution: str,
        *,
        after: Cursor | None = None,
        patience_s: float = PATIENCE_S,
    ) -> SnapshotDocument | SteeredDocument:
        """Run it again from where it failed; how it ended is read first. Raises ExecutionNotFound,
        ExecutionNotRedrivable, UnsupportedByType."""
        id, arn = await self._located(execution)
        async with self._read(id, after, patience_s / 2) as watcher:
            before = self._redrives(id, watcher.require_feed()) if watcher else 0
            at = await self.executions.redrive(arn)
            await self.hub.nudge(id)
            status = ExecutionStatus.RUNNING
            known: ChangesDocument = {"status": status.value}
            change = Change(id, arn, "ExecutionRedriven", at, status, known, after)
            if watcher is None:
                return await self._unread(change, STARTED_ENDED_AND_REDRIVEN)

            def again(feed: Feed) -> bool:
                return _count(feed) > before and not feed.behind(after)

            feed = watcher.require_feed()
            if not feed.ended or self._own(id, feed) or feed.behind(after):  # nor even its end
                feed = await self.hub.wait_until(watcher, again, timeout_s=patience_s / 2)
            if again(feed):
                return feed.snapshot()
            ended = feed.ended and self._own(id, feed) is None
            details = {"redriveCount": before + 1}
            return await self._foreseen(change, feed, details, unseen=0 if ended else 1)

    def _own(self, id: ExecutionId, feed: Feed) -> Write | None:
        """What this process did to it before and reads don't show yet."""
        return self.hub.own.find(id, feed.epoch, feed.position)

    def _redrives(self, id: ExecutionId, feed: Feed) -> int:
        own = self._own(id, feed)
        return max(_count(feed), own.execution.redrive_count if own else 0)

    async def _foreseen(
        self, change: Change, feed: Feed, details: Mapping[str, Json], *, unseen: int
    ) -> SnapshotDocument | SteeredDocument:
        """As the change leaves it, behind what this process did before and what the caller has
        seen; `unseen` is how many other events surely come before it. Until reads show it, nobody
        here is shown what was before."""
        own, events = self._own(change.id, feed), tuple[HistoryEvent, ...]()
        if own is not None and own.events and own.events[0].id == feed.position + 1:
            events = own.events
        last = feed.position + len(events)
        seen = [cursor.event_id for cursor in (own and own.cursor, change.after) if cursor]
        unseen += max(0, *(event_id - last for event_id in (*seen, 0)))
        events += (HistoryEvent(last + 1, last, change.type, change.at, details),)
        document = feed.foreseen(*events, unseen=unseen)
        count = document["redrive_count"]
        execution = Execution(
            change.id,
            change.arn,
            change.status,
            from_ms(feed.epoch),
            stopped_at=change.at if change.status.terminal else None,
            redrive_count=count,
        )
        cursor = Cursor.parse(document["cursor"])
        kept = events if not unseen else ()
        await self.hub.wrote(Write(execution, cursor, kept))
        if feed.behind(change.after):  # how often it was redriven since isn't known
            return SteeredDocument({**document, "redrive_count": None})
        return document

    @asynccontextmanager
    async def _read(
        self, id: ExecutionId, after: Cursor | None, patience_s: float
    ) -> AsyncIterator[Watcher | None]:
        """Its watcher, read just now or else some time before; None where that took too long."""
        async with AsyncExitStack() as stack:
            watcher = None
            for fresh, timeout_s in ((True, patience_s), (False, 0.0)):
                with suppress(ServiceError, TimeoutError):
                    async with within(self.clock, timeout_s):
                        watching = self.hub.watching(
                            str(id), fresh=fresh, lagging=True, after=after if fresh else None
                        )
                        watcher = await stack.enter_async_context(watching)
                        break
            yield watcher

    async def _unread(self, change: Change, events: int) -> SteeredDocument:
        start, after = await self.recent.find(change.id), change.after
        cursor = Cursor(to_ms(start.started_at), events) if start else None
        if after is not None and (cursor is None or after.belongs_to(cursor.epoch)):
            most = max(after.event_id + 1, events)
            cursor = Cursor(after.epoch, most)
        return documents.unread_document(change.id, cursor, change.known, self.addresses)

    async def _located(self, execution: str) -> tuple[ExecutionId, str]:
        id, account = reference(execution)
        if id.express:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        here = await self.catalogue.account()
        if account not in {None, here}:
            raise ExecutionNotFound("No such execution in this account and region.")
        return id, here.execution_arn(id)


def _count(feed: Feed) -> int:
    return feed.projection.execution.redrive_count if feed.projection.execution else 0
