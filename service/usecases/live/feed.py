"""Draws messages from what a watcher knows of its execution.

A message is drawn for a position (the event id a client is current to): clients at the same
position share the same bytes, and the update for one that fell behind carries everything since.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from handrail.clock import SystemClock
from handrail.core.history.events import event_document
from handrail.core.history.facts import Change
from handrail.core.history.projection import Projection
from handrail.core.models import (
    Account,
    Cursor,
    Execution,
    ExecutionId,
    HistoryEvent,
    from_ms,
)
from handrail.core.protocol import documents
from handrail.core.protocol.client_messages import Level
from handrail.core.protocol.document_shapes import (
    ChangesDocument,
    ItemsDocument,
    SnapshotDocument,
    TaskDocument,
)
from handrail.core.protocol.encoded_messages import Message
from handrail.core.protocol.paths import PATHS, Addresses
from handrail.core.protocol.progress_shapes import ProgressDocument
from handrail.core.protocol.question_documents import Asking, nothing_asked
from handrail.core.protocol.server_messages import (
    CompleteBody,
    NewsBody,
    ResetBody,
    SubscribedBody,
    UpdateBody,
)
from handrail.usecases.lag import behind

from .early_end import EarlyEnd
from .encoded import Encoded, EncodedMessages
from .event_log import EventLog
from .feed_progress import FeedProgress


@dataclass(eq=False, slots=True, repr=False)
class Feed:
    """The projection of one execution, its newest events, and what was encoded of them. `position`
    is the newest event id; within `stale_after_s`, if any, a change is promised to be seen."""

    id: ExecutionId
    epoch: int
    log: EventLog
    addresses: Addresses = PATHS
    asking: Asking = nothing_asked
    now: Callable[[], datetime] = SystemClock().now
    projection: Projection = field(init=False, default_factory=Projection)
    position: int = field(init=False, default=0)
    ended: bool = field(init=False, default=False)
    stale_after_s: float | None = field(init=False, default=None)
    early_end: EarlyEnd | None = field(init=False, default=None)
    progress: FeedProgress = field(init=False)
    _messages: EncodedMessages = field(init=False, default_factory=EncodedMessages)
    _updates: Encoded[tuple[int, Message | None]] = field(init=False, default_factory=Encoded)

    def __post_init__(self) -> None:
        self.progress = FeedProgress(self.id.express, self.now)

    def fold(
        self, events: Iterable[HistoryEvent], counted: Mapping[int, ItemsDocument] | None = None
    ) -> Change:
        """Take in events read from the history, in any split or overlap; `counted` as by
        `Projection.fold`."""
        change = self.projection.fold(events, counted)
        if change.events:
            self.position = self.projection.cursor
            execution = self.projection.execution
            self.ended = execution is not None and execution.status.terminal
            if self.ended or "status" in change.execution:
                self.early_end = None
            self.log.append(change.events)
            self._changed()
        return change

    def promise(self, stale_after_s: float) -> bool:
        """Promise this, where it is worse or much better than before. Whether that is news. Of an
        execution that has ended nobody is told more, or it would look as if it went on."""
        before = self.stale_after_s
        if self.ended and before is not None:
            return False
        if before is not None and before / 2 <= stale_after_s <= before:
            return False
        self.stale_after_s = stale_after_s
        self._forget_encoded()
        return True

    def show_end(self, end: EarlyEnd | None) -> bool:
        """Show this end until events tell; None takes it back. Whether that is news."""
        if self.ended or end == self.early_end:
            return False
        self.early_end = end
        self._changed()
        return True

    def announce(self) -> bool:
        """Let those hear of its progress who are told of nothing else. Whether that is news."""
        return self.progress.announce(self.shown_progress())

    def shown_progress(self) -> ProgressDocument | None:
        """To the second; None before the first event."""
        drawn, anew = self.progress.now_of(self.projection, ended=self.early_end is not None)
        if anew:
            self._forget_encoded()
        return drawn

    def _changed(self) -> None:
        self.progress.outdated()
        self._forget_encoded()

    def _forget_encoded(self) -> None:
        self._messages.clear()
        self._updates.clear()

    def behind(self, cursor: Cursor | None) -> bool:
        """True if whoever holds this cursor has seen more of the execution than was read here."""
        return behind(self.epoch, self.position, cursor)

    def lacks(self, cursor: Cursor | None) -> bool:
        """True if events after this cursor came without payloads that are still to be read."""
        known = cursor is not None and cursor.belongs_to(self.epoch)
        return known and cursor is not None and self.log.lacks(cursor.event_id)

    def knows(self, cursor: Cursor | None, level: Level) -> bool:
        """True if a client at this cursor can be brought up to date by updates alone."""
        if cursor is None or not cursor.belongs_to(self.epoch) or self.behind(cursor):
            return False
        return level is not Level.EVENTS or self.log.covers(cursor.event_id)

    def cursor(self, position: int) -> Cursor:
        return Cursor(self.epoch, position)

    def execution(self, account: Account) -> Execution | None:
        """How its events leave it, as lists show it; None before the first."""
        if (fields := self.projection.execution) is None:
            return None
        return Execution(
            self.id,
            account.execution_arn(self.id),
            fields.status,
            from_ms(self.epoch),
            fields.stopped_at,
            redrive_count=fields.redrive_count,
            version=fields.version,
            alias=fields.alias,
        )

    def snapshot(self, *, position: int | None = None) -> SnapshotDocument:
        """`position` is what its cursor tells, the newest event's where it isn't given."""
        drawn = self._snapshot_of(self.projection, self.position if position is None else position)
        if (end := self.early_end) is not None:
            drawn["status"], drawn["stopped_at"], drawn["tasks"] = end.status, end.stopped_at, []
        return drawn

    def foreseen(self, *events: HistoryEvent, unseen: int = 0) -> SnapshotDocument:
        """The snapshot as these next events will leave it, which AWS took on and reads don't show
        yet. `unseen` is how many others surely come before the last: the cursor stands behind them
        all, so that whoever comes back with it isn't told of less."""
        projection = deepcopy(self.projection)
        projection.fold(events)
        return self._snapshot_of(projection, projection.cursor + unseen)

    def _snapshot_of(self, projection: Projection, position: int) -> SnapshotDocument:
        is_now = projection is self.projection
        return documents.snapshot(
            self.id,
            self.cursor(position),
            projection,
            self.addresses,
            stale_after_s=self.stale_after_s,
            progress=self.shown_progress() if is_now else self.progress.of(projection),
            asking=self.asking,
        )

    def tasks(self, *, room: int = documents.MESSAGE_ROOM) -> list[TaskDocument]:
        """The pending ones. `room` is for their parameters, as by `tasks_document`."""
        pending, at = self.projection.tasks, self.addresses
        return documents.tasks_document(self.id, pending, at, room=room, asking=self.asking)

    def subscribed(self, sub_id: str, *, position: int, recovered: bool) -> Message:
        """The answer to a subscription. The snapshot is the newest and stands under the cursor the
        client is to resume from: a cut right after it loses nothing."""
        self.shown_progress()
        key = ("subscribed", position, self.stale_after_s, recovered)
        return self._drawn(
            sub_id,
            key,
            position,
            lambda: SubscribedBody(recovered=recovered, snapshot=self.snapshot(position=position)),
        )

    def reset(self, sub_id: str, reason: str) -> Message:
        """A snapshot for a client so far behind that the log no longer reaches back to it."""
        key = ("reset", self.position, self.stale_after_s, reason)
        return self._drawn(
            sub_id, key, self.position, lambda: ResetBody(reason=reason, snapshot=self.snapshot())
        )

    def update(
        self, sub_id: str, level: Level, since: int, promised_s: float | None = None
    ) -> tuple[int, Message | None]:
        """The change after `since` and the position it leads to, at level events a chunk at a time.
        No message where nothing of this level changed. The subscriber was told of `promised_s`."""
        promise = self.stale_after_s if self.stale_after_s != promised_s else None
        asked = (sub_id, level.value, since, promise)  # thousands ask: an enum's own hash is slow
        if (found := self._updates.get(asked)) is not None:
            return found
        events = self.log.after(since) if level is Level.EVENTS else []
        position = events[-1].id if events else self.position
        change, message = self.projection.changed_since(since), None
        if level is Level.EVENTS or change.execution or (level is Level.STATES and change):
            key = ("update", level, since, promise)
            message = self._drawn(
                sub_id,
                key,
                position,
                lambda: self._changes(level, change, events, self._outlook(since, promise)),
            )
        self._updates.keep(asked, (position, message), len(message.text) if message else 0)
        return position, message

    def update_of_outlook(self, sub_id: str, level: Level) -> Message:
        """The news besides the events: an end that a list showed, or took back, and the promise."""
        fields, end = self.projection.execution, self.early_end

        def draw() -> UpdateBody:
            shown: ChangesDocument = {}
            if fields:
                shown = documents.fields_document(fields, ("status", "stopped_at"))
            if end is not None:
                shown["status"], shown["stopped_at"] = end.status, end.stopped_at
            if self.stale_after_s is not None:
                shown["stale_after_s"] = self.stale_after_s
            if (progress := self.shown_progress()) is not None:
                shown["progress"] = progress
            if level is Level.STATUS:
                return {"execution": shown}
            drawn: UpdateBody = {"execution": shown, "states": []}
            drawn["tasks"] = [] if end else self.tasks()
            if level is Level.EVENTS:
                drawn["events"] = []
            return drawn

        key = ("update", level, "outlook", self.stale_after_s, end)
        return self._drawn(sub_id, key, self.position, draw)

    def complete(self, sub_id: str) -> Message:
        """The end. Only drawn for an execution that has ended."""
        fields = self.projection.execution
        assert fields is not None  # noqa: S101 - only an ended execution completes
        status, error, cause = fields.status.value, fields.error, fields.cause

        def draw() -> CompleteBody:
            output = documents.value(fields.output)
            return {"status": status, "output": output, "error": error, "cause": cause}

        return self._drawn(sub_id, ("complete",), self.position, draw)

    def _drawn(
        self, sub_id: str, key: tuple[object, ...], position: int, draw: Callable[[], NewsBody]
    ) -> Message:
        return self._messages.message(sub_id, key, str(self.cursor(position)), draw)

    def _outlook(self, since: int, promise: float | None) -> ChangesDocument:
        told: ChangesDocument = {} if promise is None else {"stale_after_s": promise}
        if (progress := self.shown_progress()) is not None and since < self.progress.marked_at:
            told["progress"] = progress
        return told

    def _changes(
        self, level: Level, change: Change, events: Iterable[HistoryEvent], told: ChangesDocument
    ) -> UpdateBody:
        projection = self.projection
        execution: ChangesDocument = {}
        if projection.execution:
            fields = documents.dated(projection.execution, self.epoch)
            execution = documents.fields_document(fields, change.execution)
        drawn: UpdateBody = {"execution": {**execution, **told}}
        if level is not Level.STATUS:
            drawn["states"] = [
                state for name, state in projection.states.items() if name in change.states
            ]
            drawn["tasks"] = self.tasks()
        if level is Level.EVENTS:
            drawn["events"] = [event_document(event) for event in events]
        return drawn
