"""Stops and redrives executions, and answers that as applied whatever AWS's reads show yet.

Where reads don't show in time what AWS took on, it is foreseen: folded into what is known, under a
cursor that only a read which has it comes up to.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from handrail.clock import Clock, within
from handrail.core import limits
from handrail.core.errors import ExecutionNotFound, ServiceError, UnsupportedByType
from handrail.core.models import (
    Cursor,
    Execution,
    ExecutionId,
    ExecutionStatus,
    HistoryEvent,
    Json,
    from_ms,
    reference,
    rfc3339,
    to_ms,
)
from handrail.core.ports import Executions, RecentStarts
from handrail.core.protocol import documents
from handrail.core.protocol.document_shapes import (
    ChangesDocument,
    SnapshotDocument,
    SteeredDocument,
)
from handrail.core.protocol.paths import Addresses
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.lag import REQUEST_S, STREAM_S, OwnWrite
from handrail.usecases.live import Feed, Hub, Watcher
from handrail.usecases.live.source import EXPRESS_HAS_NO_HISTORY

RUNNING = ExecutionStatus.RUNNING
STARTED_AND_ABORTED, STARTED_ENDED_AND_REDRIVEN = 2, 3  # events at least


def most_s(after: Cursor | None) -> float:
    """How long to wait for reads: for the first one, which reaches the cursor where the caller has
    one, and then for one that shows the change."""
    return (REQUEST_S if after is None else STREAM_S) + REQUEST_S


@dataclass(frozen=True, slots=True)
class Steered:
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
    with it nothing older is taken for how the execution stands, at any replica. The answer waits
    for `patience_s` at most, `most_s(after)` where there is the time."""

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
        patience_s: float | None = None,
    ) -> SnapshotDocument | SteeredDocument:
        """Abort it, before anything is read; one that has ended stays as it is. Raises
        ExecutionNotFound, UnsupportedByType, InvalidRequest."""
        limits.check_failure(error, cause)
        first_s, then_s = _shares(most_s(after) if patience_s is None else patience_s)
        id, arn = await self._located(execution)
        at = await self.executions.stop(arn, error=error, cause=cause)
        await self.hub.nudge(id)
        status, known = ExecutionStatus.ABORTED, ChangesDocument(error=error, cause=cause)
        known |= {"status": status.value, "stopped_at": rfc3339(at)}
        change = Steered(id, arn, "ExecutionAborted", at, status, known, after)
        async with self._read(id, after, first_s) as watcher:
            if watcher is None:
                return await self._unread(change, STARTED_AND_ABORTED)

            def over(feed: Feed) -> bool:
                return feed.ended and not (feed.behind(after) or self._own(id, feed))

            feed = await self.hub.wait_until(watcher, over, timeout_s=then_s)
            if over(feed):
                return self._shown(change, feed)
            given = {"error": error or "", "cause": cause or ""}.items()
            details = {name: watcher.history.clean_text(text) for name, text in given if text}
            return await self._foreseen(change, feed, details, unseen=0 if feed.position else 1)

    async def redrive(
        self,
        execution: str,
        *,
        after: Cursor | None = None,
        patience_s: float | None = None,
    ) -> SnapshotDocument | SteeredDocument:
        """Run it again from where it failed; how it ended is read first. Raises ExecutionNotFound,
        ExecutionNotRedrivable, UnsupportedByType."""
        first_s, then_s = _shares(most_s(after) if patience_s is None else patience_s)
        id, arn = await self._located(execution)
        async with self._read(id, after, first_s) as watcher:
            before = self._redrives(id, watcher.require_feed()) if watcher else 0
            at = await self.executions.redrive(arn)
            await self.hub.nudge(id)
            known: ChangesDocument = {"status": RUNNING.value}
            change = Steered(id, arn, "ExecutionRedriven", at, RUNNING, known, after)
            if watcher is None:
                return await self._unread(change, STARTED_ENDED_AND_REDRIVEN)

            def again(feed: Feed) -> bool:
                return _count(feed) > before and not feed.behind(after)

            feed = watcher.require_feed()
            if not feed.ended or self._own(id, feed) or feed.behind(after):  # nor even its end
                feed = await self.hub.wait_until(watcher, again, timeout_s=then_s)
            if again(feed):
                return self._shown(change, feed)
            ended = feed.ended and self._own(id, feed) is None
            details = {"redriveCount": before + 1}
            return await self._foreseen(change, feed, details, unseen=0 if ended else 1)

    def _own(self, id: ExecutionId, feed: Feed) -> OwnWrite | None:
        """What this process did to it before and reads don't show yet."""
        return self.hub.own.find(id, feed.epoch, feed.position)

    def _redrives(self, id: ExecutionId, feed: Feed) -> int:
        own = self._own(id, feed)
        return max(_count(feed), own.execution.redrive_count if own else 0)

    def _shown(self, change: Steered, feed: Feed) -> SnapshotDocument:
        """As the history has it, which lists may not show yet."""
        if (fields := feed.projection.execution) is not None:
            execution = Execution(
                change.id,
                change.arn,
                fields.status,
                from_ms(feed.epoch),
                fields.stopped_at,
                redrive_count=fields.redrive_count,
            )
            self.hub.own.add(OwnWrite(execution, feed.cursor(feed.position)))
        return feed.snapshot()

    async def _foreseen(
        self, change: Steered, feed: Feed, details: Mapping[str, Json], *, unseen: int
    ) -> SnapshotDocument | SteeredDocument:
        """As the change leaves it, behind what this process did before and what the caller has
        seen; `unseen` is how many other events surely come before it. Until reads show it, nobody
        here is shown what was before."""
        own, events = self._own(change.id, feed), tuple[HistoryEvent, ...]()
        if own is not None and own.events and own.events[0].id == feed.position + 1:
            events = own.events
        last = feed.position + len(events)
        cursors = (own.cursor if own is not None else None, change.after)
        seen = (each.event_id for each in cursors if each and each.belongs_to(feed.epoch))
        unseen += max(0, *(event_id - last for event_id in (*seen, 0)))
        events += (HistoryEvent(last + 1, last, change.type, change.at, details),)
        document = feed.foreseen(*events, unseen=unseen)
        cursor, kept = Cursor.parse(document["cursor"]), () if unseen else events
        await self._wrote(change, cursor, document["redrive_count"], kept)
        if feed.behind(change.after):  # how often it was redriven since isn't known
            return SteeredDocument({**document, "redrive_count": None})
        return document

    @asynccontextmanager
    async def _read(
        self, id: ExecutionId, after: Cursor | None, patience_s: float
    ) -> AsyncIterator[Watcher | None]:
        """Its watcher, read just now or else some time before; None where that took too long."""
        look = partial(self.hub.watching, str(id), lagging=True)
        tries = (
            (look(fresh=True, after=after, patience_s=patience_s), patience_s),
            (look(fresh=False), 0.0),
        )
        async with AsyncExitStack() as stack:
            watcher = None
            for watching, timeout_s in tries:
                with suppress(ServiceError, TimeoutError):
                    async with within(self.clock, timeout_s):
                        watcher = await stack.enter_async_context(watching)
                        break
            yield watcher

    async def _unread(self, change: Steered, events: int) -> SteeredDocument:
        start, epoch = await self.recent.find(change.id), None
        if change.after is not None:
            epoch, events = change.after.epoch, max(events, change.after.event_id + 1)
        elif start is not None:
            epoch = to_ms(start.started_at)
        if epoch is None:
            return documents.unread_document(change.id, None, change.known, self.addresses)
        own, again = self.hub.own.find(change.id, epoch, 0), change.status is RUNNING
        if own is not None:
            ended_since = again and not own.execution.status.terminal
            events = max(events, own.cursor.event_id + 1 + ended_since)
        count = (own.execution.redrive_count if own else 0) + again
        cursor = Cursor(epoch, events)
        await self._wrote(change, cursor, count)
        return documents.unread_document(change.id, cursor, change.known, self.addresses)

    async def _wrote(
        self, change: Steered, cursor: Cursor, count: int, events: tuple[HistoryEvent, ...] = ()
    ) -> None:
        started_at, status = from_ms(cursor.epoch), change.status
        stopped_at = change.at if status.terminal else None
        execution = Execution(
            change.id, change.arn, status, started_at, stopped_at, redrive_count=count
        )
        await self.hub.wrote(OwnWrite(execution, cursor, events))

    async def _located(self, execution: str) -> tuple[ExecutionId, str]:
        id, account = reference(execution)
        if id.express:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        here = await self.catalogue.account(id.machine)
        if account not in {None, here}:
            raise ExecutionNotFound("No such execution in this account and region.")
        return id, here.execution_arn(id)


def _shares(patience_s: float) -> tuple[float, float]:
    """Of the first read, and of one that shows the change."""
    then_s = min(patience_s / 2, REQUEST_S)
    return patience_s - then_s, then_s


def _count(feed: Feed) -> int:
    return feed.projection.execution.redrive_count if feed.projection.execution else 0
