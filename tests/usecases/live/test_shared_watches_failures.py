"""Replicas that die, are cut off and come back; a bus that is emptied, trimmed, late or away."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from handrail.core.reader_lease import AGAIN_S, LEASE_S
from handrail.core.watch_bus import Attendance, Attended
from tests.core.histories import History
from tests.fakes import run_until_idle

from .fleet import THIS, Fleet, Follower, Replica
from .stage import ID, arn_of, truth


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet()
    yield fleet
    await fleet.close()


async def go_on(fleet: Fleet, history: History, seconds: float) -> None:
    """The execution moves each half second."""
    for _ in range(int(2 * seconds)):
        history.main.task("Charge")
        await fleet.clock.advance(0.5)


async def two(fleet: Fleet) -> tuple[History, Replica, Replica, Follower, Follower]:
    """The first reads for both."""
    history = fleet.stage.execution()
    first, second = fleet.replica(), fleet.replica()
    followers = [await replica.subscribed() for replica in (first, second)]
    assert fleet.server.reader_of(THIS) == first.bus.name
    return history, first, second, followers[0], followers[1]


def kept(fleet: Fleet) -> list[int]:
    return sorted(fleet.server.watches[THIS].events)


async def test_who_dies_is_followed_by_who_has_subscribers(fleet: Fleet) -> None:
    history, first, second, _, follower = await two(fleet)
    await first.killed()
    history.main.task("Charge")
    await fleet.clock.advance(LEASE_S + 0.5)
    assert fleet.server.reader_of(THIS) == second.bus.name
    assert follower.holds == truth(history.events)
    assert kept(fleet) == [event.id for event in history.events]


async def test_who_leaves_gives_up_the_lease_at_once(fleet: Fleet) -> None:
    history, _, second, leaving, follower = await two(fleet)
    await fleet.clock.advance(0.1)
    leaving.subscription.close()
    history.main.task("Charge")
    await fleet.clock.advance(0.3)
    assert fleet.server.reader_of(THIS) == second.bus.name
    assert follower.holds == truth(history.events)


@pytest.mark.parametrize("ends", [False, True])
async def test_who_leaves_tells_what_it_read_before(fleet: Fleet, ends: bool) -> None:
    history, first, second, leaving, follower = await two(fleet)
    await fleet.clock.advance(120.0)
    second.reads.refused = True
    ending: list[asyncio.Task[None]] = []

    def leave() -> None:
        """As soon as anything is told."""
        leaving.subscription.close()
        if ends:
            ending.append(asyncio.create_task(first.hub.close()))

    await first.hub.nudge(THIS)
    await run_until_idle()  # a round was a moment ago: the next isn't due yet
    leaving.subscription.wake = leave
    history.main.task("Charge")
    before = fleet.reads
    await first.hub.nudge(THIS)
    await run_until_idle()
    await asyncio.gather(*ending)
    await fleet.clock.advance(0.2)
    assert follower.holds == truth(history.events)
    assert fleet.reads == before + 1


async def test_a_replica_that_ends_gives_up_what_it_reads(fleet: Fleet) -> None:
    _, first, _, _, _ = await two(fleet)
    await first.hub.close()
    assert fleet.server.reader_of(THIS) is None


async def test_a_lease_that_comes_for_a_watch_that_has_ended_is_given_up(fleet: Fleet) -> None:
    fleet.stage.execution()
    first = fleet.replica()
    attend = first.bus.attend

    async def attended(asked: Sequence[Attendance]) -> Sequence[Attended]:
        answers = await attend(asked)
        for watcher in first.hub.all_watchers:
            watcher.shared.leave()
        return answers

    first.bus.attend = attended  # type: ignore[method-assign]
    await first.subscribed()
    await fleet.clock.advance(0.2)
    assert fleet.server.reader_of(THIS) is None


async def test_who_is_cut_off_reads_for_itself_and_follows_when_it_is_back(fleet: Fleet) -> None:
    history, first, second, own, follower = await two(fleet)
    first.bus.away = True
    await go_on(fleet, history, 2 * LEASE_S)
    assert fleet.server.reader_of(THIS) == second.bus.name
    first.bus.away = False
    await go_on(fleet, history, 3.0)
    before = fleet.reads
    for _ in range(10):
        history.main.task("Charge")
        await second.hub.nudge(THIS)
        await run_until_idle()
        await fleet.clock.advance(0.1)
    assert fleet.reads - before <= 14, "one of them reads"
    for each in (own, follower):
        assert each.holds == truth(history.events)


async def test_writes_that_come_late_change_nothing(fleet: Fleet) -> None:
    history, first, second, _, follower = await two(fleet)
    first.bus.late = []
    await go_on(fleet, history, 1.0)
    first.bus.away = True
    await go_on(fleet, history, 2 * LEASE_S)
    before = dict(fleet.server.watches[THIS].events)
    for late in first.bus.late:
        late()
    assert fleet.server.watches[THIS].events == before
    assert fleet.server.reader_of(THIS) == second.bus.name
    assert follower.holds == truth(history.events)


async def test_an_emptied_bus_is_filled_again_by_who_reads(fleet: Fleet) -> None:
    history, *_, follower = await two(fleet)
    await go_on(fleet, history, 2.0)
    fleet.server.flush()
    await go_on(fleet, history, 3.0)
    assert kept(fleet) == [event.id for event in history.events]
    newcomer, before = fleet.replica(), fleet.reads
    assert (await newcomer.subscribed()).holds == truth(history.events)
    assert fleet.reads == before
    assert follower.holds == truth(history.events)


async def test_whats_no_longer_kept_whole_is_read_once_by_who_comes(fleet: Fleet) -> None:
    fleet.server.most_bytes = 2_000
    history, *_, follower = await two(fleet)
    await go_on(fleet, history, 5.0)
    assert kept(fleet)[0] > 1
    before = fleet.reads
    newcomer = await fleet.replica().subscribed()
    assert newcomer.holds == truth(history.events)
    assert fleet.reads == before + 1
    await go_on(fleet, history, 5.0)
    for each in (newcomer, follower):
        assert each.holds == truth(history.events)


async def test_with_the_bus_away_each_reads_within_its_share(fleet: Fleet) -> None:
    history = fleet.stage.execution()
    replicas = [fleet.replica(reads_per_s=1.0, burst=1) for _ in range(3)]
    followers = [await replica.subscribed() for replica in replicas]
    for replica in replicas:
        replica.bus.away = True
    await fleet.clock.advance(LEASE_S)
    before = fleet.reads
    await go_on(fleet, history, 20.0)
    assert 20 < fleet.reads - before <= 63
    await fleet.clock.advance(3.0)
    assert all(follower.holds == truth(history.events) for follower in followers)
    for replica in replicas:
        replica.bus.away = False
    await fleet.clock.advance(AGAIN_S + 1.0)
    before = fleet.reads
    await go_on(fleet, history, 20.0)
    assert fleet.reads - before <= 21
    await fleet.clock.advance(3.0)
    assert all(follower.holds == truth(history.events) for follower in followers)


async def test_who_is_refused_by_aws_lets_another_read(fleet: Fleet) -> None:
    history, first, second, _, follower = await two(fleet)
    first.reads.refused = True
    history.main.task("Charge")
    await fleet.clock.advance(5.0)
    assert fleet.server.reader_of(THIS) == second.bus.name
    assert follower.holds == truth(history.events)


async def test_what_had_the_name_before_isnt_shown(fleet: Fleet) -> None:
    history, *_ = await two(fleet)
    await go_on(fleet, history, 1.0)
    again = History(begin=history.events[0].at + timedelta(hours=1))
    fleet.stage.histories.events[arn_of(ID)] = again.events
    newcomer = fleet.replica()
    await newcomer.recent.add(THIS, again.events[0].at)
    follower = await newcomer.subscribed()
    shown = follower.holds
    assert not shown["states"]
    assert shown["execution"]["status"] == "RUNNING"


@dataclass
class Chaos:
    """Replicas come, die, are cut off and return; the bus loses all, or some, or is late."""

    fleet: Fleet
    chance: random.Random
    followers: dict[Replica, Follower] = field(default_factory=dict)

    async def come(self) -> None:
        replica = self.fleet.replica()
        self.followers[replica] = await replica.subscribed()

    async def strike(self) -> None:
        replica, kinds = self.any, ("die", "late", "flush", "trim", "cut", "cut", "back", "back")
        kind = self.chance.choice((*kinds, "nothing"))
        if kind == "die":
            await self.come()
            del self.followers[replica]
            await replica.killed()
        elif kind == "late":
            late, replica.bus.late = replica.bus.late, [] if replica.bus.late is None else None
            for write in late or ():
                write()
        elif kind in {"cut", "back"}:
            replica.bus.away = kind == "cut"
        elif kind == "flush":
            self.fleet.server.flush()
        elif kind == "trim" and (known := self.fleet.server.watches.get(THIS)):
            for id in sorted(known.events)[: len(known.events) // 2]:
                del known.events[id]

    def calm(self) -> None:
        for replica in self.followers:
            replica.bus.away, replica.bus.late = False, None

    @property
    def any(self) -> Replica:
        return self.chance.choice([*self.followers])


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_happens_nobody_misses_anything(fleet: Fleet, seed: int) -> None:
    chance, history = random.Random(seed), fleet.stage.execution()  # noqa: S311 not a secret
    fleet.server.most_bytes = chance.choice([3_000, 10_000_000])
    chaos = Chaos(fleet, chance)
    for _ in range(3):
        await chaos.come()
    for _ in range(25):
        await chaos.strike()
        for _ in range(chance.randrange(4)):
            history.main.task(chance.choice(["Charge", "Pack", "Send"]))
        await fleet.clock.advance(chance.choice([0.1, 1.0, 5.0]))
        assert all(follower.holds for follower in chaos.followers.values())
    chaos.calm()
    await fleet.clock.advance(30.0)
    for follower in chaos.followers.values():
        assert follower.holds == truth(history.events)
    ids = kept(fleet)
    assert ids == list(range(ids[0], len(history.events) + 1)), "a hole is never written"
