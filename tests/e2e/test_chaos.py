"""A fleet on a bus, whose replicas, bus, stream and AWS fail at times that a seed draws: clients of
all transports are told all, and nothing that isn't so. `make bench ARGS="chaos 300"` has more."""

from benchmarks.chaos.fleet import fleet
from benchmarks.chaos.rounds import Played, Round
from tests.bus_server import BusServer

SEED = 56
KINDS = {"a replica is killed", "the bus is flushed", "the stream delivers otherwise"}


async def test_nothing_is_missed_nor_wrong_while_much_fails(bus_server: BusServer) -> None:
    played = Played()
    async with fleet(2) as running:
        await Round(running, SEED, 3, played, span_s=1.5, most_s=1.0).play()
    assert played.wrong == []
    assert set(played.faults) == KINDS
    assert played.messages > played.clients
