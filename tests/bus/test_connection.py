"""A bus that goes away in every way, and comes back."""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from handrail.bus import Bus, BusScript
from handrail.bus.connection import ANSWER_S, BEAT_S, CALLS_AT_ONCE, FAILURES
from handrail.core.errors import Unavailable
from tests.bus_server import HOST, BusServer
from tests.fakes import FakeClock, run_until_idle
from tests.server.free_port import free_port

from .conftest import OpenBus

NewServer = Callable[..., BusServer]


class Meter:
    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.up: list[bool] = []

    def bus_call(self, operation: str, outcome: str, elapsed_s: float) -> None:
        assert elapsed_s >= 0
        self.calls.append((operation, outcome))

    def bus_up(self, up: bool) -> None:
        self.up.append(up)


async def fails(bus: Bus) -> None:
    with pytest.raises(Unavailable, match="bus"):
        await bus.command("GET", bus.key("one"))


async def goes_away(bus: Bus) -> None:
    for _ in range(FAILURES):
        assert bus.up
        await fails(bus)
    assert not bus.up


async def comes_back(bus: Bus) -> None:
    while not await bus.beat():
        await run_until_idle()


async def test_a_server_that_is_killed_is_asked_no_more_and_found_again(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    server, meter, clock = new_bus_server(), Meter(), FakeClock()
    with capture_logs() as lines:
        bus = await replica(server, meter=meter, clock=clock)
        server.kill()
        await goes_away(bus)
        asked = len(meter.calls)
        await fails(bus)
        assert len(meter.calls) == asked, "it isn't asked while it is away"
        assert not await bus.beat()
        server.start()
        await comes_back(bus)
        assert await bus.command("GET", bus.key("one")) is None
    assert meter.up == [True, False, True]
    assert ("GET", "failed") in meter.calls
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("bus connected", "info"),
        ("bus away", "warning"),
        ("bus back", "warning"),
    ]
    assert lines[1]["reason"] == "ConnectionError"
    assert (lines[1]["host"], lines[1]["port"]) == (HOST, server.port)


async def test_a_server_that_answers_nothing_holds_nobody_up(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    server = new_bus_server()
    bus = await replica(server, clock=FakeClock(), answer_s=ANSWER_S)
    await bus.command("SET", bus.key("one"), "1")
    server.pause()
    await asyncio.gather(*(fails(bus) for _ in range(50)))
    assert not bus.up
    server.resume()
    await comes_back(bus)
    assert await bus.command("GET", bus.key("one")) == b"1"


async def test_nobody_queues_for_a_server_that_is_slow(
    bus_server: BusServer, replica: OpenBus
) -> None:
    bus = await replica(bus_server)
    answered = asyncio.Event()

    async def slow(_: object) -> bool:
        return await answered.wait()

    asked = [asyncio.ensure_future(bus.call("GET", slow)) for _ in range(CALLS_AT_ONCE)]
    await run_until_idle()
    bus.answer_s = 0.0
    await fails(bus)
    answered.set()
    assert all(await asyncio.gather(*asked))
    assert bus.up


async def test_its_heartbeat_finds_out_by_itself(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    server, clock, meter = new_bus_server(), FakeClock(), Meter()
    bus = await replica(server, clock=clock, meter=meter)
    server.kill()
    while bus.up:
        await clock.advance(BEAT_S)
        await asyncio.sleep(0.001)
    assert meter.calls.count(("SET", "failed")) == FAILURES
    server.start()
    while not bus.up:
        await clock.advance(BEAT_S)
        await asyncio.sleep(0.001)


async def test_a_server_that_was_never_there_keeps_nothing_from_starting(replica: OpenBus) -> None:
    with capture_logs() as lines:
        bus = await replica(f"redis://:s3cret@{HOST}:{free_port()}")
        await fails(bus)
        assert not await bus.beat()
    assert [line["event"] for line in lines] == ["bus away"]
    assert "s3cret" not in str(lines)


async def test_a_wrong_password_is_said_by_its_code_alone(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    server = new_bus_server("--requirepass", "s3cret")
    with capture_logs() as lines:
        bus = await replica(f"redis://:wr0ng@{HOST}:{server.port}")
    assert not bus.up
    assert lines[0]["reason"] == "WRONGPASS"
    assert "wr0ng" not in str(lines)


async def test_a_connection_that_was_closed_while_idle_is_opened_anew(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    server = new_bus_server()
    bus = await replica(server, clock=FakeClock())
    with server.blocking() as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    await run_until_idle()
    assert await bus.command("GET", bus.key("one")) is None


async def test_a_server_that_became_a_replica_is_left(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    """As after a failover: the name leads to the new primary then."""
    server = new_bus_server()
    bus = await replica(server, clock=FakeClock())
    with server.blocking() as client:
        client.execute_command("REPLICAOF", HOST, free_port())
    with pytest.raises(Unavailable):
        await bus.command("SET", bus.key("one"), "1")
    await run_until_idle()
    with server.blocking() as client:
        client.execute_command("REPLICAOF", "NO", "ONE")
    await comes_back(bus)
    assert await bus.command("SET", bus.key("one"), "1")


async def test_a_full_server_is_away(new_bus_server: NewServer, replica: OpenBus) -> None:
    server = new_bus_server("--maxmemory", "1")
    with capture_logs() as lines:
        assert not (await replica(server)).up
    assert lines[0]["reason"] == "OOM"


async def test_a_script_runs_though_the_server_forgot_it(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    server = new_bus_server()
    bus = await replica(server, clock=FakeClock())
    echo = BusScript("echo", "return {ARGV[1], redis.call('GET', KEYS[1])}")
    for _ in range(2):
        assert await bus.run(echo, [bus.key("one")], "x") == [b"x", None]
        with server.blocking() as client:
            client.script_flush()


async def test_whoever_is_cancelled_leaves_a_bus_that_works(
    new_bus_server: NewServer, replica: OpenBus
) -> None:
    server, meter = new_bus_server(), Meter()
    bus = await replica(server, meter=meter, clock=FakeClock())
    server.pause()
    asking = asyncio.ensure_future(bus.command("GET", bus.key("one")))
    while not asking.done() and not meter.calls[1:]:
        await asyncio.sleep(0.001)
        asking.cancel()
    server.resume()
    await bus.command("SET", bus.key("one"), "1")
    assert await bus.command("GET", bus.key("one")) == b"1"
    assert bus.up


async def test_a_task_that_fails_is_said(bus_server: BusServer, replica: OpenBus) -> None:
    bus, failed = await replica(bus_server), asyncio.Event()

    async def failing() -> None:
        failed.set()
        raise RuntimeError

    with capture_logs() as lines:
        bus.spawn(failing())
        await failed.wait()
        await run_until_idle()
    assert [line["event"] for line in lines] == ["bus task failed"]


async def test_what_fails_in_an_unknown_way_is_said_and_done_again(
    bus_server: BusServer, replica: OpenBus
) -> None:
    clock, done = FakeClock(), list[int]()
    bus = await replica(bus_server, clock=clock)

    async def failing() -> None:
        done.append(1)
        if len(done) < 3:
            raise RuntimeError
        await asyncio.Event().wait()

    async def unknown(_: object) -> None:
        raise RuntimeError

    with capture_logs() as lines:
        bus.spawn_forever(failing)
        await clock.advance(3 * BEAT_S)
        with pytest.raises(Unavailable):
            await bus.call("GET", unknown)
    assert len(done) == 3
    assert [line["event"] for line in lines] == ["bus task failed"] * 2 + ["bus call failed"]


async def test_deployments_on_one_server_share_nothing(
    bus_server: BusServer, replica: OpenBus
) -> None:
    bus = await replica(bus_server)
    other = Bus(bus.address, bus.clock, namespace="other")
    assert bus.key("one") != other.key("one")
    assert bus.channel("fleet") != other.channel("fleet")
