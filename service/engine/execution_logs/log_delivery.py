"""Delivers log lines to moto's CloudWatch Logs, whose subscriptions pass them on to Kinesis, and
status changes to Kinesis: in batches, a moment later, on a thread of its own."""

import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Condition, Thread
from typing import Any
from uuid import uuid4

import structlog
from moto.kinesis.models import kinesis_backends
from moto.logs.models import logs_backends

from handrail.core.partitions import partition_of

from .log_lines import OVERHEAD_BYTES, LogDestination, line_of
from .status_changes import status_change

log = structlog.get_logger(__name__)

DELAY_S = 0.1
"""AWS takes some seconds, at times minutes."""

MOST_KEPT = 2_000
"""Lines of a log stream, and records of a shard."""

BATCH_BYTES = 1024 * 1024
FILTER = "handrail"
_ROLE = "handrail-logs"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to be delivered. `described` is what DescribeExecution says where the event changes
    the execution's status."""

    event: Mapping[str, Any]
    execution_arn: str
    redrives: int
    machine: str
    destination: LogDestination | None
    described: Mapping[str, Any] | None


class LogDelivery:
    """Of one account and region. The first event starts the thread, which `close` ends."""

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id, self._region = account_id, region
        self._stream: Any = None
        self._subscribed: set[str] = set()
        self._entries: list[Entry] = []
        self._changed = Condition()
        self._thread: Thread | None = None
        self._closed = False
        self._named = f"{datetime.now(UTC):%Y-%m-%d-%H-%M}/{uuid4().hex[:8]}"

    def push_to(self, stream: str) -> None:
        """From now on, put status changes into this Kinesis stream, which is made unless it is
        there, and subscribe it to each log group that is written to."""
        backend = kinesis_backends[self._account_id][self._region]
        if stream not in backend.streams:
            made = backend.create_stream(stream, shard_count=1)
            for shard in made.shards.values():
                shard.records = _Records()
        self._stream = backend.streams[stream]

    @property
    def pushes(self) -> bool:
        return self._stream is not None

    def add(self, entry: Entry) -> None:
        """Never waits for anything slow."""
        with self._changed:
            if self._closed:
                return
            self._entries.append(entry)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = Thread(target=self._run, name="execution logs", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """What wasn't delivered is forgotten, as the whole account is."""
        with self._changed:
            self._closed = True
            self._entries.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while entries := self._next_entries():
            self._deliver(entries)

    def _next_entries(self) -> list[Entry]:
        """Those of the last moment, once there are some; none when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._entries)
            self._changed.wait_for(lambda: self._closed, timeout=DELAY_S)
            entries, self._entries = self._entries, []
            return entries

    def _deliver(self, entries: Sequence[Entry]) -> None:
        for (group, machine), lines in _batches(entries):
            try:
                self._put(group, f"states/{machine}/{self._named}", lines)
            except Exception as error:  # moto's; what comes next may well be delivered
                log.error("execution logs lost", log_group=group, error=type(error).__name__)
        if self._stream is None:
            return
        for entry in entries:
            if entry.described is not None:
                at = datetime.fromisoformat(entry.event["timestamp"])
                data = status_change(entry.described, at).encode()
                self._stream.put_record(uuid4().hex, "", b64encode(data).decode())

    def _put(self, group: str, stream: str, lines: Sequence[str]) -> None:
        now = int(time.time() * 1000)
        backend = logs_backends[self._account_id][self._region]
        found = self._ready(backend, group, stream)
        events = [{"timestamp": now, "message": line} for line in lines]
        backend.put_log_events(group, stream, events)
        del found.events[:-MOST_KEPT]

    def _ready(self, backend: Any, group: str, stream: str) -> Any:
        """The log stream, made and subscribed to unless it was before."""
        if group not in backend.groups:
            backend.create_log_group(group, {})
            self._subscribed.discard(group)
        if self._stream is not None and group not in self._subscribed:
            self._subscribed.add(group)
            self._subscribe(backend, group)
        backend.ensure_log_stream(group, stream)
        return backend.groups[group].streams[stream]

    def _subscribe(self, backend: Any, group: str) -> None:
        role = f"arn:{partition_of(self._region)}:iam::{self._account_id}:role/{_ROLE}"
        try:
            backend.put_subscription_filter(group, FILTER, "", self._stream.arn, role)
        except Exception as error:  # moto's: two subscriptions are the most
            problem = type(error).__name__
            log.error("log group not subscribed", log_group=group, error=problem)


def _batches(entries: Sequence[Entry]) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """By log group and state machine: the lines in the order of their events, as many at once as
    PutLogEvents takes."""
    gathered: dict[tuple[str, str], list[str]] = {}
    room: dict[tuple[str, str], int] = {}
    for entry in entries:
        if (to := entry.destination) is None or not to.wants(entry.event["type"]):
            continue
        line = line_of(entry.event, entry.execution_arn, entry.redrives, data=to.data)
        key, size = (to.group, entry.machine), len(line.encode()) + OVERHEAD_BYTES
        if room.setdefault(key, BATCH_BYTES) < size:
            yield key, gathered.pop(key)
            room[key] = BATCH_BYTES
        gathered.setdefault(key, []).append(line)
        room[key] -= size
    yield from gathered.items()


class _Records(dict[int, Any]):
    """A shard's records, the newest of them. moto iterates over them while others are added, and
    numbers those of each stream from 1. On Kinesis numbers grow with time: a place in a stream of
    this name that was there before, like that of an engine that was restarted, is before all of
    these; else a reader that goes on from it would be told nothing."""

    _newest = 0

    def __setitem__(self, number: int, record: Any) -> None:
        if not self._newest:
            number = record.sequence_number = time.time_ns() // 1000
        super().__setitem__(number, record)
        self._newest = number
        while len(self) > MOST_KEPT:
            del self[next(iter(self))]

    def items(self) -> Any:
        return list(super().items())

    def __reversed__(self) -> Iterator[int]:
        """All that moto asks is the newest."""
        return iter((self._newest,))
