"""Reads one shard of the stream, record by record, for as long as it has any."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from typing import Protocol

import structlog

from handrail.clock import Clock
from handrail.core.errors import InvalidRequest, NotFound, ServiceError, Throttled
from handrail.core.models import Account
from handrail.core.pacing import backoff
from handrail.core.ports import CallQuota, Checkpoints
from handrail.core.push_health import PushHealth
from handrail.core.pushes import Push, Unreadable, pushes_of, unpacked
from handrail.core.shards import EventShards, ShardStart, StreamRecord

log = structlog.get_logger(__name__)

READ_S = 0.25  # between two reads: a shard answers five a second, whoever asks
SLOWEST_READ_S = 1.0
FAILED_S, MOST_FAILED_S = 1.0, 30.0
CHECKPOINT_S = 1.0
UNREADABLE_S = 60.0

CLOCKS_APART = timedelta(minutes=1)  # at most: that of Kinesis and ours

SLICE_S = 0.005
"""So long records are read in one go; then others run."""

ANSWER_BYTES = 1024 * 1024
"""What a read is to bring at most: the client takes an answer in one go, about 10 ms for this."""

RECORD_BYTES = 4096  # taken for a record's size before one was read
MOST_RECORDS = 10_000  # that GetRecords takes for a limit
LARGE_BYTES = 64 * 1024
"""A record from that size on is unpacked in a thread."""


class PushTarget(Protocol):
    """Takes what is pushed, at once. What it makes of it is its own business."""

    def pushed(self, push: Push) -> None: ...

    def push_state(self, healthy: bool, behind_s: float) -> None:
        """Whether pushes arrive, and how late: infinitely so where they don't."""


class PushMeter(Protocol):
    """Counts `records`, the `events` in them, and what was `unreadable`, `foreign` (of another
    account or region) or `throttled`."""

    def push(self, kind: str, amount: int = 1) -> None: ...

    def push_behind(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, repr=False)
class StreamParts:
    """What the readers of one stream have in common. `account` is where executions are watched,
    None while that isn't known."""

    shards: EventShards
    target: PushTarget
    clock: Clock
    meter: PushMeter
    checkpoints: Checkpoints
    quota_of: Callable[[str], CallQuota]
    account: Callable[[], Account | None]
    health: PushHealth = field(default_factory=PushHealth)


@dataclass(slots=True, repr=False)
class ShardReader:
    """Reads a shard to its end. What fails is tried again from where it was: `start` goes along."""

    parts: StreamParts
    start: ShardStart
    interval_s: float = field(init=False, default=READ_S)
    failures: int = field(init=False, default=0)
    _iterator: str | None = field(init=False, default=None)
    _record_bytes: float = field(init=False, default=RECORD_BYTES)
    _checkpoint_at: float = field(init=False, default=-inf)
    _lost: bool = field(init=False, default=False)
    _unread: int = field(init=False, default=0)
    _log_unread_at: float = field(init=False, default=-inf)

    async def run(self) -> None:
        """Until the shard is read to its end. Raises NotFound where it isn't there any more."""
        quota, clock = self.parts.quota_of(self.start.shard), self.parts.clock
        while True:
            while (wait_s := await quota.claim(clock.monotonic())) > 0:
                await clock.sleep(wait_s)
            began = clock.monotonic()
            pause_s = await self._read_or_fail(began)
            if pause_s is None:
                return
            pause_s = max(pause_s, 1 / quota.rate_now)  # its part of the quota, not all there is
            await clock.sleep(max(0.0, began + pause_s - clock.monotonic()))

    async def _read_or_fail(self, now: float) -> float | None:
        """When to read again, in seconds from `now`; None at the shard's end."""
        renewed = self._iterator is None
        try:
            ended = await self._read(now)
        except NotFound:
            raise
        except Throttled:
            self.parts.meter.push("throttled")
            self.interval_s = min(SLOWEST_READ_S, self.interval_s * 2)
            return self.interval_s
        except InvalidRequest as error:
            refused = renewed and (self._iterator is not None or self.start.newest)
            if renewed and not refused:
                self._skip()
            self._iterator = None  # it has expired, or was never good
            return self._failed(error) if refused else self.interval_s
        except ServiceError as error:
            return self._failed(error)
        if self.failures:
            log.info("event stream read again", shard=self.start.shard, failures=self.failures)
        self.failures, self.interval_s = 0, max(READ_S, self.interval_s * 0.9)
        return None if ended else self.interval_s

    async def _read(self, now: float) -> bool:
        """Whether the shard is read to its end."""
        if self._iterator is None:
            self._iterator = await self.parts.shards.iterator(self.start)
            if self._lost:  # not before: what watchers read now, and what comes then, is all
                self._lost = False
                self.parts.target.push_state(False, inf)
        limit = limit_for(self._record_bytes)
        read = await self.parts.shards.read(self._iterator, limit=limit)
        await self._take(read.records)
        self._iterator = read.next_iterator
        if self.start.after is None and (self.start.newest or self.start.since):
            self.start = ShardStart(self.start.shard, since=self.parts.clock.now() - CLOCKS_APART)
        self.parts.health.read(self.start.shard, now, behind_s=read.behind_s)
        await self._note_position(now, ended=read.next_iterator is None)
        return read.next_iterator is None

    async def _take(self, records: Iterable[StreamRecord]) -> None:
        resting = self.parts.clock.monotonic() + SLICE_S
        for record in records:
            self.parts.meter.push("records")
            size = len(record.data)
            self._record_bytes += (size - self._record_bytes) / 16
            try:
                for text in await _texts_of(record):
                    for push in pushes_of(text):
                        self._pass_on(push)
                        if self.parts.clock.monotonic() >= resting:
                            await asyncio.sleep(0)
                            resting = self.parts.clock.monotonic() + SLICE_S
            except Unreadable as error:
                self._unreadable(record, error)
            self.start = ShardStart(self.start.shard, record.sequence_number)

    def _unreadable(self, record: StreamRecord, error: Unreadable) -> None:
        """Others may write into the stream too: one line a minute says so."""
        self.parts.meter.push("unreadable")
        self._unread += 1
        if (now := self.parts.clock.monotonic()) < self._log_unread_at:
            return
        number, size = record.sequence_number, len(record.data)
        told = log.bind(shard=self.start.shard, number=number, bytes=size, records=self._unread)
        told.warning("records unreadable", why=str(error))
        self._unread, self._log_unread_at = 0, now + UNREADABLE_S

    def _pass_on(self, push: Push | None) -> None:
        if push is None:
            return
        if self.parts.account() not in {None, push.account}:
            self.parts.meter.push("foreign")
            return
        self.parts.meter.push("events")
        try:
            self.parts.target.pushed(push)
        except Exception:
            log.exception("push not taken", execution=str(push.execution))

    async def _note_position(self, now: float, *, ended: bool) -> None:
        if self.start.after is None or (now - self._checkpoint_at < CHECKPOINT_S and not ended):
            return
        self._checkpoint_at = now
        await self.parts.checkpoints.put(self.start.shard, self.start.after)

    def _skip(self) -> None:
        """The place to go on from is none of this stream's: begin anew with what comes now. What
        came between is for the histories to tell."""
        log.warning("place in the event stream lost", shard=self.start.shard)
        self.start, self._lost = ShardStart(self.start.shard, newest=True), True

    def _failed(self, error: ServiceError) -> float:
        if not self.failures:
            log.error("event stream not read", shard=self.start.shard, code=error.code)
        self.failures += 1
        return backoff(self.failures, first_s=FAILED_S, max_s=MOST_FAILED_S)


async def _texts_of(record: StreamRecord) -> Iterable[bytes]:
    """Raises Unreadable, maybe as one goes on."""
    texts = unpacked(record.data)
    return await asyncio.to_thread(tuple, texts) if len(record.data) > LARGE_BYTES else texts


def limit_for(record_bytes: float) -> int:
    """So many records of that size make about ANSWER_BYTES; GetRecords takes 1 to 10,000."""
    return max(1, min(MOST_RECORDS, int(ANSWER_BYTES / max(1.0, record_bytes))))
