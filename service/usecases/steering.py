"""Stops and redrives executions, and answers that as applied whatever AWS's reads show yet.

Where reads don't show in time what AWS took on, it is foreseen: folded into what is known, under a
cursor that only a read which has it comes up to.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from service.clock import Clock, within
from service.core import limits
from service.core.errors import ExecutionNotFound, ServiceError, UnsupportedByType
from service.core.models import Cursor, ExecutionId, HistoryEvent, Json, rfc3339, to_ms
from service.core.ports import Executions, RecentStarts
from service.core.protocol import documents
from service.core.protocol.document_shapes import ChangesDocument, SnapshotDocument, SteeredDocument
from service.core.protocol.paths import Addresses
from service.usecases.catalogue import Catalogue
from service.usecases.in_memory import keep_newest
from service.usecases.live import Feed, Hub, Watcher
from service.usecases.live.hub import reference
from service.usecases.live.source import EXPRESS_HAS_NO_HISTORY

PATIENCE_S = 6.0  # of waiting for reads: half for the first, half for one that shows the change
STARTED_AND_ABORTED, STARTED_ENDED_AND_REDRIVEN = 2, 3  # events at least
REMEMBERED = 4096


@dataclass(frozen=True, slots=True, repr=False)
class Steering:
    """Answers documents of the snapshot's shape."""

    catalogue: Catalogue
    executions: Executions
    hub: Hub
    recent: RecentStarts
    clock: Clock
    addresses: Addresses
    _redriven: dict[ExecutionId, HistoryEvent] = field(init=False, default_factory=dict)

    async def stop(
        self,
        execution: str,
        error: str | None,
        cause: str | None,
        *,
        patience_s: float = PATIENCE_S,
    ) -> SnapshotDocument | SteeredDocument:
        """Abort it, before anything is read; one that has ended stays as it is. Raises
        ExecutionNotFound, UnsupportedByType, InvalidRequest."""
        limits.check_failure(error, cause)
        id, arn = await self._located(execution)
        at = await self.executions.stop(arn, error=error, cause=cause)
        await self.hub.nudge(id)
        redriven = self._redriven.get(id)

        def over(feed: Feed) -> bool:
            return feed.ended and (redriven is None or feed.position > redriven.id)

        async with self._read(id, patience_s / 2) as watcher:
            if watcher is None:
                known: ChangesDocument = {"status": "ABORTED", "stopped_at": rfc3339(at)}
                known |= {"error": error, "cause": cause}
                return await self._unread(id, STARTED_AND_ABORTED, known)
            feed = await self.hub.wait_until(watcher, over, timeout_s=patience_s / 2)
            if over(feed):
                return feed.snapshot()
            given = {"error": error or "", "cause": cause or ""}.items()
            details = {name: watcher.history.clean_text(text) for name, text in given if text}
            if redriven is not None and redriven.id == feed.position + 1:
                aborted = _next(feed, "ExecutionAborted", at, details, ahead=2)
                return self._expected(id, feed.foreseen(redriven, aborted))
            aborted = _next(feed, "ExecutionAborted", at, details)
            return self._expected(id, feed.foreseen(aborted, unseen=0 if feed.position else 1))

    async def redrive(
        self, execution: str, *, patience_s: float = PATIENCE_S
    ) -> SnapshotDocument | SteeredDocument:
        """Run it again from where it failed; how it ended is read first. Raises ExecutionNotFound,
        ExecutionNotRedrivable, UnsupportedByType."""
        id, arn = await self._located(execution)
        async with self._read(id, patience_s / 2) as watcher:
            known = self._redriven.get(id)
            before = known.details["redriveCount"] if known else 0
            before = max(_redrives(watcher.require_feed()), before) if watcher else 0
            at = await self.executions.redrive(arn)
            await self.hub.nudge(id)
            if watcher is None:
                return await self._unread(id, STARTED_ENDED_AND_REDRIVEN, {"status": "RUNNING"})
            if self._unseen(id, watcher.require_feed()):  # not even its end is read yet
                await self.hub.wait_until(
                    watcher, lambda feed: _redrives(feed) > before, timeout_s=patience_s / 2
                )
            feed = watcher.require_feed()
            if _redrives(feed) > before:
                return feed.snapshot()
            unseen, details = self._unseen(id, feed), {"redriveCount": before + 1}
            # For a stop that comes before reads show the redrive.
            self._redriven.pop(id, None)
            self._redriven[id] = _next(feed, "ExecutionRedriven", at, details, ahead=1 + unseen)
            keep_newest(self._redriven, REMEMBERED)
            event = _next(feed, "ExecutionRedriven", at, details)
            return self._expected(id, feed.foreseen(event, unseen=unseen))

    def _expected(self, id: ExecutionId, foreseen: SnapshotDocument) -> SnapshotDocument:
        """The same; until reads come up to it, nobody here is shown what was before."""
        self.hub.expect(id, Cursor.parse(foreseen["cursor"]))
        return foreseen

    def _unseen(self, id: ExecutionId, feed: Feed) -> int:
        """How many events come between what is read and the redrive, its end at least."""
        known = self._redriven.get(id)
        if known is not None and feed.position < known.id:
            return known.id + 1 - feed.position
        return 0 if feed.ended else 1

    @asynccontextmanager
    async def _read(self, id: ExecutionId, patience_s: float) -> AsyncIterator[Watcher | None]:
        """Its watcher, read just now or else some time before; None where that took too long."""
        async with AsyncExitStack() as stack:
            watcher = None
            for fresh, timeout_s in ((True, patience_s), (False, 0.0)):
                with suppress(ServiceError, TimeoutError):
                    async with within(self.clock, timeout_s):
                        watching = self.hub.watching(str(id), fresh=fresh, lagging=True)
                        watcher = await stack.enter_async_context(watching)
                        break
            yield watcher

    async def _unread(
        self, id: ExecutionId, events: int, known: ChangesDocument
    ) -> SteeredDocument:
        start = await self.recent.find(id)
        cursor = Cursor(to_ms(start.started_at), events) if start else None
        return documents.unread_document(id, cursor, known, self.addresses)

    async def _located(self, execution: str) -> tuple[ExecutionId, str]:
        id, account = reference(execution)
        if id.express:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        here = await self.catalogue.account()
        if account not in {None, here}:
            raise ExecutionNotFound("No such execution in this account and region.")
        return id, here.execution_arn(id)


def _redrives(feed: Feed) -> int:
    return feed.projection.execution.redrive_count if feed.projection.execution else 0


def _next(
    feed: Feed, type: str, at: datetime, details: Mapping[str, Json], *, ahead: int = 1
) -> HistoryEvent:
    id = feed.position + ahead
    return HistoryEvent(id, id - 1, type, at, details)
