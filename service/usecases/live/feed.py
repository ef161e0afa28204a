"""What one watcher knows of its execution, and the messages drawn from it.

A message is drawn for a position (the event id a client is current to), not for a client: clients
at the same position share the same bytes. A client that falls behind is simply at an older
position, and the update drawn for it there carries everything since: nothing is queued for anybody.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from service.core import documents
from service.core.addresses import PATHS, Addresses
from service.core.events import event_document
from service.core.history import Projection
from service.core.messages import Message, addressed, body_of
from service.core.models import Cursor, ExecutionId, ExecutionStatus, HistoryEvent, rfc3339
from service.core.projection.facts import Change
from service.core.protocol import Level

from .event_log import EventLog

CACHED_BYTES = 1024 * 1024
"""How much of each kind is kept encoded for one position of the feed."""

Kept = TypeVar("Kept")


class Encoded(Generic[Kept]):
    """What was encoded since the last new event, as much of it as fits."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], Kept] = {}
        self._bytes = 0

    def get(self, key: tuple[object, ...]) -> Kept | None:
        return self._kept.get(key)

    def keep(self, key: tuple[object, ...], item: Kept, size: int) -> None:
        if self._bytes + size <= CACHED_BYTES:
            self._kept[key] = item
            self._bytes += size

    def clear(self) -> None:
        self._kept.clear()
        self._bytes = 0


@dataclass(frozen=True, slots=True)
class EarlyEnd:
    """An end that a list of executions shows before its events are read."""

    status: ExecutionStatus
    stopped_at: datetime | None


class Feed:
    """The projection of one execution, its newest events, and a cache of what was encoded.

    `stale_after_s` says within how many seconds a change is promised to be seen, None where
    nothing is promised."""

    def __init__(
        self,
        id: ExecutionId,
        epoch: int,
        *,
        log: EventLog,
        addresses: Addresses = PATHS,
    ) -> None:
        self.id = id
        self.epoch = epoch
        self.projection = Projection()
        self.log = log
        self.stale_after_s: float | None = None
        self.early_end: EarlyEnd | None = None
        self._addresses = addresses
        self._bodies: Encoded[bytes] = Encoded()
        self._messages: Encoded[Message] = Encoded()
        self._updates: Encoded[tuple[int, Message | None]] = Encoded()
        self.position = 0
        """The newest event id known."""
        self.ended = False

    def fold(self, events: Iterable[HistoryEvent]) -> Change:
        """Take in events read from the history, in any split or overlap."""
        change = self.projection.fold(events)
        if change.events:
            self.position = self.projection.cursor
            execution = self.projection.execution
            self.ended = execution is not None and execution.status.terminal
            if self.ended or "status" in change.execution:
                self.early_end = None
            self.log.append(change.events)
            self.forget_encoded()
        return change

    def promise(self, stale_after_s: float) -> bool:
        """Promise this from now on, where it is worse than what was promised or much better.
        Whether that is news."""
        before = self.stale_after_s
        if before is not None and before / 2 <= stale_after_s <= before:
            return False
        self.stale_after_s = stale_after_s
        self.forget_encoded()
        return True

    def show_end(self, end: EarlyEnd | None) -> bool:
        """Show this end until events tell; None takes it back. Whether that is news."""
        if self.ended or end == self.early_end:
            return False
        self.early_end = end
        self.forget_encoded()
        return True

    def forget_encoded(self) -> None:
        """Nothing is drawn from here for a while, or not the same again."""
        self._bodies.clear()
        self._messages.clear()
        self._updates.clear()

    def behind(self, cursor: Cursor | None) -> bool:
        """Whether whoever holds this cursor has seen more of the execution than was read here."""
        return (
            cursor is not None and cursor.belongs_to(self.epoch) and cursor.event_id > self.position
        )

    def knows(self, cursor: Cursor | None, level: Level) -> bool:
        """Whether a client at this cursor can be brought up to date by updates alone."""
        if cursor is None or not cursor.belongs_to(self.epoch) or self.behind(cursor):
            return False
        return level is not Level.EVENTS or self.log.covers(cursor.event_id)

    def cursor(self, position: int) -> Cursor:
        return Cursor(self.epoch, position)

    def snapshot(self) -> documents.Document:
        drawn = self._snapshot_of(self.projection, self.position)
        if self.early_end is not None:
            drawn |= {**self._shown_end(self.early_end), "tasks": []}
        return drawn

    def foreseen(self, *events: HistoryEvent, unseen: int = 0) -> documents.Document:
        """The snapshot as these next events will leave it, which AWS has taken on and reads don't
        show yet. `unseen` is how many others surely come before the last: the cursor stands behind
        them all, so that whoever comes back with it isn't told of less. The feed stays as it is."""
        projection = deepcopy(self.projection)
        projection.fold(events)
        return self._snapshot_of(projection, projection.cursor + unseen)

    def _snapshot_of(self, projection: Projection, position: int) -> documents.Document:
        return documents.snapshot(
            self.id,
            self.cursor(position),
            projection,
            self._addresses,
            stale_after_s=self.stale_after_s,
        )

    def tasks(self) -> list[documents.Document]:
        """The pending tasks."""
        return documents.tasks_document(self.id, self.projection.tasks, self._addresses)

    def subscribed(self, sub_id: str, *, position: int, recovered: bool) -> Message:
        """The answer to a subscription. The snapshot is the newest and stands under the cursor the
        client is to resume from, so that a cut right after it loses nothing."""
        return self._whole("subscribed", sub_id, position, {"recovered": recovered})

    def reset(self, sub_id: str, reason: str) -> Message:
        """Replace what you hold: the log no longer reaches back to where the client stands."""
        return self._whole("reset", sub_id, self.position, {"reason": reason})

    def update(
        self, sub_id: str, level: Level, since: int, *, promised_s: float | None = None
    ) -> tuple[int, Message | None]:
        """What changed after `since` and the position it leads to. No message where nothing of this
        level changed. At level events a chunk at a time, so the position may still be behind.

        `promised_s` is what the subscriber was told of `stale_after_s`: where that is another now,
        the update says so."""
        news = self.stale_after_s if self.stale_after_s != promised_s else None
        key = (sub_id, level.value, since, news)  # thousands ask: an enum's own hash is slow
        if (found := self._updates.get(key)) is None:
            found = self._update(sub_id, level, since, news)
            self._updates.keep(key, found, len(found[1].text) if found[1] else 0)
        return found

    def _update(
        self, sub_id: str, level: Level, since: int, promise: float | None
    ) -> tuple[int, Message | None]:
        events = self.log.after(since) if level is Level.EVENTS else []
        position = events[-1].id if events else self.position
        if level is not Level.EVENTS and not self._changed(level, since):
            return position, None
        key = ("update", level, since, promise)
        return position, self._drawn(
            sub_id, key, position, lambda: self._changes(level, since, promise)
        )

    def update_of_outlook(self, sub_id: str, level: Level) -> Message:
        """What is known besides the events: an end that a list showed or that was taken back, and
        what is promised now."""
        key = ("update", level, "outlook", self.stale_after_s, self.early_end)
        return self._drawn(sub_id, key, self.position, lambda: self._outlook(level))

    def complete(self, sub_id: str) -> Message:
        """How it ended. Only drawn for an execution that has."""
        return self._drawn(sub_id, ("complete",), self.position, self._outcome)

    def _changed(self, level: Level, since: int) -> bool:
        change = self.projection.changed_since(since)
        return bool(change.execution if level is Level.STATUS else change)

    def _whole(self, type: str, sub_id: str, position: int, extra: documents.Document) -> Message:
        key = (type, position, self.stale_after_s, *extra.values())
        cursor = {"cursor": str(self.cursor(position))}
        return self._drawn(
            sub_id, key, position, lambda: {**extra, "snapshot": {**self.snapshot(), **cursor}}
        )

    def _drawn(
        self,
        sub_id: str,
        key: tuple[object, ...],
        position: int,
        draw: Callable[[], documents.Document],
    ) -> Message:
        """The message of this key, whose type comes first: encoded once, addressed once an id."""
        if (message := self._messages.get((sub_id, *key))) is None:
            cursor = str(self.cursor(position))
            if (body := self._bodies.get(key)) is None:
                body = body_of({**draw(), "cursor": cursor})
                self._bodies.keep(key, body, len(body))
            message = addressed(str(key[0]), sub_id, body, cursor=cursor)
            self._messages.keep((sub_id, *key), message, 2 * len(message.text))
        return message

    def _outcome(self) -> documents.Document:
        fields = self.projection.execution
        assert fields is not None  # noqa: S101 - only an ended execution completes
        return documents.fields_document(fields, ("status", "output", "error", "cause"))

    def _outlook(self, level: Level) -> documents.Document:
        fields, end = self.projection.execution, self.early_end
        shown = documents.fields_document(fields, ("status", "stopped_at")) if fields else {}
        if end is not None:
            shown |= self._shown_end(end)
        shown["stale_after_s"] = self.stale_after_s
        if level is Level.STATUS:
            return {"execution": shown}
        return {"execution": shown, "states": [], "tasks": [] if end else self.tasks()}

    def _shown_end(self, end: EarlyEnd) -> documents.Document:
        stopped_at = rfc3339(end.stopped_at) if end.stopped_at else None
        return {"status": end.status.value, "stopped_at": stopped_at}

    def _changes(self, level: Level, since: int, promise: float | None) -> documents.Document:
        change, projection = self.projection.changed_since(since), self.projection
        fields = projection.execution
        drawn: documents.Document = {
            "execution": documents.fields_document(
                documents.dated(fields, self.epoch), change.execution
            )
            if fields
            else {}
        }
        if promise is not None:
            drawn["execution"] = {**drawn["execution"], "stale_after_s": promise}
        if level is not Level.STATUS:
            states = projection.states
            drawn["states"] = [
                documents.state_document(state)
                for name, state in states.items()
                if name in change.states
            ]
            drawn["tasks"] = self.tasks()
        if level is Level.EVENTS:
            drawn["events"] = [event_document(event) for event in self.log.after(since)]
        return drawn
