"""Keeps the spans that are being made of a history, and finishes them: when each ended and how."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from handrail.core.models import StateStatus
from handrail.core.trace_context import TraceContext

from .spans import (
    DROPPED,
    RUNNING,
    AttributeValue,
    Span,
    SpanKind,
    SpanLink,
    derived_span_id,
)
from .visits import BROKEN, Lane, Visit


@dataclass(eq=False, slots=True)
class SpanRecord:
    """A span that is being made, `of` a visit, of a lane, or of neither. `what` and the event that
    it begins with are what it is known by."""

    event_id: int
    what: str
    parent: "SpanRecord | None"
    name: str
    kind: SpanKind
    started_at: datetime
    of: Visit | Lane | None = None
    ended_at: datetime | None = None
    failed: bool = False
    error: str | None = None
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    links: list[SpanLink] = field(default_factory=list)

    def settle(self, run_ended_at: datetime | None) -> None:
        """Take over how its visit or lane stands, parents first. A branch ends with the last of
        what is in it."""
        if isinstance(self.of, Visit):
            self._settle_visit(self.of)
        elif isinstance(self.of, Lane) and self.what == "iteration":
            self.ended_at, self.failed = self.of.ended_at, self.of.ended == "failed"
            self.error = (self.of.failure or {"error": None})["error"] if self.failed else None
            if self.of.ended is not None:
                self.attributes["handrail.status"] = self.of.ended.upper()
        elif self.of is None and self.ended_at is None and self.parent is not None:
            self.ended_at = self.parent.ended_at
        if self.what != "branch":
            self.ended_at = self.ended_at or run_ended_at

    def _settle_visit(self, visit: Visit) -> None:
        self.ended_at, self.failed = visit.closed_at, visit.status in BROKEN
        told = self.failed or visit.status is StateStatus.CAUGHT
        self.error = visit.failure["error"] if told and visit.failure else None
        self.attributes["handrail.status"] = visit.status.value
        self.attributes["handrail.attempts"] = visit.attempts


@dataclass(slots=True)
class _Time:
    start: datetime
    end: datetime
    running: bool


@dataclass(frozen=True, slots=True)
class FinishedSpans:
    """Makes spans of records, the first of which is the execution itself: `most` at most. What goes
    on ends at `last_at`."""

    records: Sequence[SpanRecord]
    context: TraceContext
    arn: str
    last_at: datetime
    most: int

    def spans(self) -> tuple[Span, ...]:
        """Parents first; the first says how many are missing."""
        times, kept = _times(self.records, self.last_at), _kept(self.records, self.most)
        missing = len(self.records) - len(kept)
        return tuple(
            self._span(each, times[each], missing) for each in self.records if each in kept
        )

    def _span(self, record: SpanRecord, time: _Time, missing: int) -> Span:
        links, attributes = [*record.links], {**record.attributes}
        attributes["handrail.event_id"] = record.event_id
        root, parent_id = self.records[0], self.context.span_id
        if record.parent is not None:
            parent_id = self._id(record.parent)
        elif record is not root:
            links.append(SpanLink(self.context.trace_id, self._id(root)))
        elif missing:
            attributes[DROPPED] = missing
        if record.error is not None:
            attributes["error.type"] = record.error
        if time.running:
            attributes[RUNNING] = True
        return Span(
            self._id(record),
            parent_id,
            record.name,
            record.kind,
            time.start,
            time.end,
            record.failed,
            record.error,
            attributes,
            tuple(links),
        )

    def _id(self, record: SpanRecord) -> str:
        began = self.records[0].started_at
        return derived_span_id(self.arn, began, record.event_id, record.what)


def _times(records: Sequence[SpanRecord], last_at: datetime) -> dict[SpanRecord, _Time]:
    """No child is outside of its parent, though AWS's dates of interleaved events may be."""
    times = {
        each: _Time(
            each.started_at,
            max(each.ended_at or each.started_at, each.started_at),
            each.ended_at is None and each.what != "branch",
        )
        for each in records
    }
    for record in reversed(records):
        mine = times[record]
        if mine.running:
            mine.end = max(mine.end, last_at)
        if (parent := record.parent) is not None:
            around = times[parent]
            around.start, around.end = min(around.start, mine.start), max(around.end, mine.end)
            around.running |= mine.running
    return times


def _kept(records: Sequence[SpanRecord], most: int) -> Collection[SpanRecord]:
    """Of too many: those that failed first, each with all around it, then the oldest."""
    if len(records) <= most:
        return frozenset(records)
    kept = set[SpanRecord]()
    for record in (*(each for each in records if each.failed), *records):
        needed = {each for each in (record, *_around(record)) if each not in kept}
        if len(kept) + len(needed) <= most:
            kept |= needed
    return kept


def _around(record: SpanRecord) -> Iterable[SpanRecord]:
    while record.parent is not None:
        record = record.parent
        yield record
