"""What replicas share of watches, over Valkey or Redis and in the twin that other tests use."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from handrail.bus import Bus
from handrail.bus.announcements import Announcements
from handrail.bus.watch_streams import BusWatches
from handrail.core.errors import Unavailable
from handrail.core.history.shared_events import SharedEvent
from handrail.core.models import ExecutionId, HistoryEvent
from handrail.core.reader_lease import LEASE_S
from handrail.core.watch_bus import Attendance, Attended, WatchBus, WatchWrite
from tests.bus_server import BusServer
from tests.fakes import FakeClock
from tests.watch_bus import WatchServer

from .conftest import OpenBus

ONE, TWO = ExecutionId.parse("orders:one"), ExecutionId.parse("orders:zwei ü")
EPOCH = 1_795_336_005_310
STREAM_BYTES = 20_000
PATIENCE = 10
Answer = TypeVar("Answer")


@dataclass
class Heard:
    """What one replica is told. `found` finds a server again that was slow to answer."""

    bus: WatchBus
    found: Callable[[], Awaitable[bool]] | None = None
    moved: "asyncio.Queue[tuple[ExecutionId, int]]" = field(default_factory=asyncio.Queue)
    asked: "asyncio.Queue[ExecutionId]" = field(default_factory=asyncio.Queue)
    missed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.bus.listen(
            lambda id, last: self.moved.put_nowait((id, last)),
            self.asked.put_nowait,
            self.missed.set,
        )

    async def attended(
        self, id: ExecutionId = ONE, *, after: int = 0, wants: bool = True
    ) -> Attended:
        (answer,) = await self._patiently(lambda: self.bus.attend([Attendance(id, after, wants)]))
        return answer

    async def wrote(self, *ids: int, **options: Any) -> int:
        (last,) = await self._patiently(lambda: self.bus.append([write(*ids, **options)]))
        return last

    async def _patiently(self, ask: Callable[[], Awaitable[Sequence[Answer]]]) -> Sequence[Answer]:
        """Each of these may be asked twice. The machine of the tests may be busy for a second."""
        for _ in range(PATIENCE):
            try:
                return await ask()
            except Unavailable:
                if self.found is None:
                    raise
                await self.found()
        return await ask()


@pytest.fixture(params=["twin", "bus_server", "bus_cluster"])
async def replicas(request: pytest.FixtureRequest, replica: OpenBus) -> AsyncIterator[list[Heard]]:
    """Two of them."""
    if request.param == "twin":
        twins = WatchServer(FakeClock(), most_bytes=STREAM_BYTES)
        yield [Heard(twins.replica()) for _ in range(2)]
        return
    server: BusServer = request.getfixturevalue(request.param)
    heard = []
    for _ in range(2):
        announcements = Announcements(await replica(server))
        watches = BusWatches(announcements, stream_bytes=STREAM_BYTES)
        heard.append(Heard(watches, announcements.bus.beat))
        announcements.bus.spawn(announcements.hear())
        await heard[-1].missed.wait()
    yield heard


def event(id: int, **details: Any) -> HistoryEvent:
    at = datetime(2026, 11, 22, 7, 40, 49, 620_123, tzinfo=UTC)
    key = "stateEnteredEventDetails" if details else None
    return HistoryEvent(id, id - 1, "TaskStateEntered", at, details, key)


def write(
    *ids: int, id: ExecutionId = ONE, size: int = 10, epoch: int = EPOCH, **options: Any
) -> WatchWrite:
    events = [SharedEvent(event(each, input="x" * size)) for each in ids]
    return WatchWrite(id, epoch, events, **options)


def ids_of(answer: Attended) -> list[int]:
    return [shared.event.id for shared in answer.events]


async def test_one_alone_reads_until_it_gives_up(replicas: list[Heard]) -> None:
    first, second = replicas
    assert (await first.attended()).leads
    waits = await second.attended()
    assert not waits.leads
    assert 0 < waits.left_s <= LEASE_S
    assert (await first.attended()).leads
    assert not (await first.attended(wants=False)).leads
    assert (await second.attended()).leads
    assert not (await first.attended(wants=False)).leads, "what isn't its own it doesn't give up"
    assert (await second.attended(wants=False)).left_s == 0


async def test_events_come_as_they_were_written(replicas: list[Heard]) -> None:
    first, second = replicas
    details = {"input": '{"a": 1.10, "ü": "\\ud83d"}', "inputDetails": {"truncated": False}}
    counts = {"total": 3, "running": 0, "succeeded": 2, "failed": 1, "aborted": 0}
    written = [SharedEvent(event(1, **details)), SharedEvent(event(2), counts)]  # type: ignore[arg-type]
    await first.bus.append([WatchWrite(TWO, EPOCH, written, promise_s=1.5)])
    answer = await second.attended(TWO, wants=False)
    assert [(each.event, each.counts) for each in answer.events] == [
        (each.event, each.counts) for each in written
    ]
    assert (answer.last, answer.epoch) == (2, EPOCH)
    assert ids_of(await second.attended(TWO, after=1)) == [2]
    assert ids_of(await second.attended(TWO, after=2)) == []


async def test_what_is_there_isnt_written_again(replicas: list[Heard]) -> None:
    first, second = replicas
    assert await first.wrote(1, 2, 3) == 3
    assert await second.wrote(2, 3, 4) == 4
    assert await first.wrote(1) == 4
    assert ids_of(await first.attended()) == [1, 2, 3, 4]


async def test_a_hole_is_never_written(replicas: list[Heard]) -> None:
    first, second = replicas
    await first.attended()
    await first.wrote(1, 2)
    assert await first.wrote(4, 5) == 2
    assert await second.wrote(4, 5, anew=True) == 2, "it doesn't read for all"
    assert ids_of(await first.attended()) == [1, 2]
    assert await first.wrote(4, 5, anew=True) == 5
    assert ids_of(await first.attended()) == [4, 5]


async def test_an_execution_that_has_the_name_now_starts_over(replicas: list[Heard]) -> None:
    first, second = replicas
    await first.wrote(1, 2, 3)
    assert await second.wrote(1, 2, epoch=EPOCH + 9_000) == 3, "dates differ a little"
    assert await second.wrote(1, epoch=EPOCH + 60_000) == 1
    assert await first.wrote(4, epoch=EPOCH) == -1
    answer = await first.attended()
    assert (ids_of(answer), answer.epoch) == ([1], EPOCH + 60_000)


async def test_a_watch_keeps_so_many_bytes_the_newest(replicas: list[Heard]) -> None:
    first, _ = replicas
    last = 0
    for _ in range(12):
        last = await first.wrote(last + 1, last + 2, size=1000)
    answer = await first.attended()
    kept = ids_of(answer)
    assert kept == list(range(kept[0], 25))
    assert 5 < len(kept) < 20
    assert await first.wrote(25, size=3 * STREAM_BYTES) == 25
    assert ids_of(await first.attended()) == [25]
    assert await first.wrote(26) == 26


async def test_when_it_was_read_is_known_and_only_goes_on(replicas: list[Heard]) -> None:
    first, second = replicas
    assert (await first.attended()).read_at is None
    now = (await first.attended()).now
    await first.wrote(1, read_at=now - 1, promise_s=2.0)
    await second.wrote(read_at=now - 5, promise_s=30.0)
    answer = await second.attended()
    assert answer.read_at == pytest.approx(now - 1, abs=0.002)
    assert answer.promise_s == 2.0


async def test_whoever_holds_the_lease_may_promise_otherwise_without_another_read(
    replicas: list[Heard],
) -> None:
    first, second = replicas
    now = (await first.attended()).now
    await first.wrote(1, read_at=now - 1, promise_s=2.0)
    await first.wrote(read_at=now - 1.5, promise_s=30.0)
    answer = await second.attended()
    assert answer.promise_s == 30.0
    assert answer.read_at == pytest.approx(now - 1, abs=0.002)


async def test_all_but_the_writer_hear_what_moved(replicas: list[Heard]) -> None:
    first, second = replicas
    await first.bus.append([write(1, 2), write(1, id=TWO)])
    assert [await second.moved.get(), await second.moved.get()] == [(ONE, 2), (TWO, 1)]
    await second.bus.ask(TWO)
    assert await first.asked.get() == TWO
    assert first.moved.empty()


async def test_many_watches_are_asked_for_at_once(replicas: list[Heard]) -> None:
    first, second = replicas
    ids = [ExecutionId.parse(f"orders:{number}") for number in range(250)]
    await first.bus.append([write(1, 2, id=id) for id in ids])
    answers = await second.bus.attend([Attendance(id, 1, wants=True) for id in ids])
    assert all(answer.leads and ids_of(answer) == [2] for answer in answers)


async def test_a_long_history_comes_in_pieces(bus_server: BusServer, replica: OpenBus) -> None:
    heard = Heard(BusWatches(Announcements(await replica(bus_server))))
    for at in range(10):
        await heard.wrote(*range(30 * at + 1, 30 * at + 31), size=10_000)
    after, pieces = 0, 0
    while after < 300:
        answer = await heard.attended(after=after)
        assert ids_of(answer) == list(range(after + 1, after + 1 + len(answer.events)))
        after, pieces = ids_of(answer)[-1], pieces + 1
    assert 2 <= pieces <= 5


async def test_an_emptied_server_learns_the_scripts_again(
    new_bus_server: Callable[..., BusServer], replica: OpenBus
) -> None:
    server = new_bus_server()
    heard = Heard(BusWatches(Announcements(await replica(server))))
    await heard.wrote(1)
    with server.blocking() as client:
        client.flushall()
        client.script_flush()
    assert (await heard.attended()).last == 0
    assert await heard.wrote(1, 2) == 2


async def test_nothing_is_kept_for_ever(bus_server: BusServer, replica: OpenBus) -> None:
    bus: Bus = await replica(bus_server)
    heard = Heard(BusWatches(Announcements(bus)))
    await heard.attended()
    await heard.wrote(1)
    keys = [bus.key(str(ONE), part) for part in ("reader", "events", "about")]
    assert all([0 < await bus.command("PTTL", key) <= 900_000 for key in keys])


async def test_what_another_version_wrote_ends_what_can_be_read(
    bus_server: BusServer, replica: OpenBus
) -> None:
    bus: Bus = await replica(bus_server)
    heard = Heard(BusWatches(Announcements(bus)))
    await heard.wrote(1)
    await bus.command("XADD", bus.key(str(ONE), "events"), "2-0", "e", b"{}")
    await heard.wrote(3)
    answer = await heard.attended()
    assert (ids_of(answer), answer.last) == ([1], 3)


async def test_a_bus_that_doesnt_answer_says_so(
    new_bus_server: Callable[..., BusServer], replica: OpenBus
) -> None:
    server = new_bus_server()
    heard = Heard(BusWatches(Announcements(await replica(server))))
    server.kill()
    for ask in (heard.attended, heard.wrote, lambda: heard.bus.ask(ONE)):
        with pytest.raises(Unavailable):
            await ask()


async def test_a_stream_that_was_evicted_is_begun_anew(
    new_bus_server: Callable[..., BusServer], replica: OpenBus
) -> None:
    """Its size goes with it, or the server would look for events to drop without end."""
    server = new_bus_server()
    bus = await replica(server)
    heard = Heard(BusWatches(Announcements(bus), stream_bytes=STREAM_BYTES), bus.beat)
    assert await heard.wrote(*range(1, 16), size=1000) == 15
    with server.blocking() as client:
        client.delete(bus.key(str(ONE), "events"))
    assert await heard.wrote(1, size=6000) == 1
    assert await heard.wrote(2) == 2
