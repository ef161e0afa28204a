"""Twins of the bus's watches and lists in simulated time, to be cut off, held up and emptied."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from handrail.core.errors import Unavailable
from handrail.core.history.shared_events import decoded, encoded
from handrail.core.models import Execution, ExecutionId, Page
from handrail.core.reader_lease import LEASE_S
from handrail.core.watch_bus import Attendance, Attended, ListPage, WatchWrite
from tests.fakes import FakeClock

BUS_AHEAD_S = 7_000.0
"""The server's clock is another than the replicas'."""


@dataclass
class KeptWatch:
    reader: tuple[str, float] | None = None
    events: dict[int, bytes] = field(default_factory=dict)
    epoch: int | None = None
    read_at: float | None = None
    promise_s: float | None = None

    @property
    def last(self) -> int:
        return max(self.events, default=0)

    def trim(self, most_bytes: int) -> None:
        if sum(map(len, self.events.values())) <= most_bytes:
            return
        for id in sorted(self.events)[:-1]:
            if sum(map(len, self.events.values())) > most_bytes / 2:
                del self.events[id]


@dataclass
class WatchServer:
    """What all replicas of a test share."""

    clock: FakeClock
    most_bytes: int = 8 * 1024 * 1024
    watches: dict[ExecutionId, KeptWatch] = field(default_factory=dict)
    replicas: "list[ReplicaBus]" = field(default_factory=list)

    def replica(self) -> "ReplicaBus":
        bus = ReplicaBus(self, f"r{len(self.replicas)}")
        self.replicas.append(bus)
        return bus

    def flush(self) -> None:
        self.watches.clear()

    def reader_of(self, id: ExecutionId) -> str | None:
        kept = self.watches.get(id)
        if kept is None or kept.reader is None or kept.reader[1] <= self.clock.monotonic():
            return None
        return kept.reader[0]


@dataclass(eq=False)
class ReplicaBus:
    """`WatchBus` of one replica: `away` while it can't reach the server."""

    server: WatchServer
    name: str
    away: bool = False
    trips: int = 0
    late: list[Callable[[], object]] | None = None
    """Where it is a list, writes reach the server when the test has them do so."""

    _listeners: list[
        tuple[Callable[[ExecutionId, int], None], Callable[[ExecutionId], None], Callable[[], None]]
    ] = field(default_factory=list)

    async def attend(self, asked: Sequence[Attendance]) -> Sequence[Attended]:
        self._reach()
        return [self._attended(each) for each in asked]

    async def append(self, writes: Sequence[WatchWrite]) -> Sequence[int]:
        if self.late is not None:
            self.late.append(lambda: [self._appended(write) for write in writes])
            raise Unavailable("The bus doesn't answer.")
        self._reach()
        lasts = [self._appended(write) for write in writes]
        for write, last in zip(writes, lasts, strict=True):
            for other in self._others() if last > 0 else ():
                for moved, _, _ in other._listeners:
                    moved(write.id, last)
        return lasts

    async def ask(self, id: ExecutionId) -> None:
        self._reach()
        for other in self._others():
            for _, asked, _ in other._listeners:
                asked(id)

    def listen(
        self,
        moved: Callable[[ExecutionId, int], None],
        asked: Callable[[ExecutionId], None],
        missed: Callable[[], None],
    ) -> None:
        self._listeners.append((moved, asked, missed))

    def _reach(self) -> None:
        self.trips += 1
        if self.away:
            raise Unavailable("The bus doesn't answer.")

    def _others(self) -> "list[ReplicaBus]":
        return [other for other in self.server.replicas if other is not self and not other.away]

    def _attended(self, asked: Attendance) -> Attended:
        now, kept = self.server.clock.monotonic(), self._kept(asked.id)
        holder = self.server.reader_of(asked.id)
        if holder == self.name:
            kept.reader = (self.name, now + LEASE_S) if asked.wants else None
        elif holder is None and asked.wants:
            kept.reader = self.name, now + LEASE_S
        after = sorted(id for id in kept.events if id > asked.after)
        return Attended(
            now=now + BUS_AHEAD_S,
            leads=self.server.reader_of(asked.id) == self.name,
            left_s=kept.reader[1] - now if kept.reader and kept.reader[1] > now else 0.0,
            last=kept.last,
            events=tuple(decoded(kept.events[id]) for id in after[:200]),
            epoch=kept.epoch,
            read_at=kept.read_at,
            promise_s=kept.promise_s,
        )

    def _appended(self, write: WatchWrite) -> int:
        kept = self._kept(write.id)
        epoch = write.epoch if kept.epoch is None else kept.epoch
        if write.epoch < epoch - 10_000:
            return -1
        if write.epoch > epoch + 10_000:
            kept = self.server.watches[write.id] = KeptWatch(kept.reader)
        if write.events and kept.last < write.events[0].event.id - 1:
            if not write.anew or self.server.reader_of(write.id) != self.name:
                return kept.last
            kept.events = {}
        last = kept.last
        kept.events |= {
            each.event.id: encoded(each) for each in write.events if each.event.id > last
        }
        kept.epoch = write.epoch if kept.epoch is None else kept.epoch
        read_at, before = write.read_at or 0.0, kept.read_at or 0.0
        if read_at > before or (read_at and self.server.reader_of(write.id) == self.name):
            kept.read_at, kept.promise_s = max(read_at, before), write.promise_s
        kept.trim(self.server.most_bytes)
        return kept.last

    def _kept(self, id: ExecutionId) -> KeptWatch:
        return self.server.watches.setdefault(id, KeptWatch())


@dataclass
class KeptLists:
    """`SharedLists` of all replicas."""

    clock: FakeClock
    away: bool = False
    pages: dict[str | None, tuple[float, Page[Execution]]] = field(default_factory=dict)
    listing: set[str | None] = field(default_factory=set)

    async def find(self, machine_arn: str, *, token: str | None, young_s: float) -> ListPage:
        self._reach()
        at, page = self.pages.get(token, (0.0, None))
        if page is not None and self.clock.monotonic() - at <= young_s:
            return ListPage(page, mine=False)
        mine = token not in self.listing
        self.listing.add(token)
        return ListPage(None, mine)

    async def add(self, machine_arn: str, *, token: str | None, page: Page[Execution]) -> None:
        self._reach()
        self.pages[token] = self.clock.monotonic(), page
        self.listing.discard(token)

    def _reach(self) -> None:
        if self.away:
            raise Unavailable("The bus doesn't answer.")
