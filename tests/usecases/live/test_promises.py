"""Each change is seen within what was promised when it happened, or whoever waits for it was told
before that it takes longer: at every replica of a fleet that has too few reads for all."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from typing import Any, cast

import pytest

from handrail.usecases.live import Level, Subscription
from handrail.usecases.live.promises import Promises
from tests.core.histories import History
from tests.fakes import FakeClock

from .fleet import Fleet, Replica
from .stage import ID, Stage, decoded

EXECUTIONS = 12
READS_PER_S = 0.5
ONCE_S = EXECUTIONS / READS_PER_S
"""So long it takes to read each once."""

FLOATS_S = 1e-6


@dataclass
class Change:
    """`promised_s` is what was promised when it happened, `told_s` the last before it was seen."""

    happened_at: float
    late_s: float
    promised_s: float | None
    told_s: float


@dataclass
class Playing:
    """Executions that change once a second. `times` are when their events came to be."""

    stage: Stage
    histories: dict[str, History] = field(default_factory=dict)
    times: dict[str, list[float]] = field(default_factory=dict)

    def begin(self, count: int) -> Sequence[str]:
        begun = []
        for number in range(len(self.histories), len(self.histories) + count):
            begun.append(id := f"orders:{number}")
            self.histories[id] = self.stage.execution(id)
            self.times[id] = [self.stage.clock.monotonic()]
        return begun

    def change(self) -> None:
        now = self.stage.clock.monotonic()
        for id, history in self.histories.items():
            before = len(history.events)
            history._begin = self.stage.clock.now() - timedelta(seconds=before / 10)
            history.main.visit("Pass", "Loop")
            self.times[id] += [now] * (len(history.events) - before)

    async def go_on(self, seconds: int) -> None:
        for _ in range(seconds):
            self.change()
            await self.stage.clock.advance(1.0)


class Onlooker:
    """One subscriber, which takes what it is told at once."""

    def __init__(self, playing: Playing, replica: Replica | Stage, id: str) -> None:
        self.clock, self.times = playing.stage.clock, playing.times[id]
        self.opened_at = self.clock.monotonic()
        self.promises: list[tuple[float, float]] = []
        self.changes: list[Change] = []
        self.known = 0
        self.subscription: Subscription | None = None
        self.subscription = replica.hub.subscribe(
            id, id="s1", after=None, level=Level.STATES, wake=self.take
        )
        self.take()

    def take(self) -> None:
        while self.subscription and (message := self.subscription.next_message()) is not None:
            self.hear(decoded(message))

    def hear(self, told: dict[str, Any]) -> None:
        now, position = self.clock.monotonic(), int(told["cursor"].split(":")[1])
        for event in range(self.known, position) if self.promises else ():
            at = max(self.times[event], self.opened_at)
            then = next((seconds for when, seconds in reversed(self.promises) if when <= at), None)
            self.changes.append(Change(at, now - at, then, self.promises[-1][1]))
        self.known = max(self.known, position)
        shown = told.get("snapshot") or told.get("execution", {})
        if "stale_after_s" in shown:
            self.promises.append((now, shown["stale_after_s"]))


def all_changes(onlookers: Sequence[Onlooker], since: float = 0.0) -> Sequence[Change]:
    found = [each for one in onlookers for each in one.changes if each.happened_at >= since]
    assert len(found) > len(onlookers)
    return found


def untold(onlookers: Sequence[Onlooker]) -> Sequence[Change]:
    """Seen later than was promised last."""
    changes = all_changes(onlookers)
    return [each for each in changes if each.late_s > each.told_s + FLOATS_S]


def broken(onlookers: Sequence[Onlooker], since: float) -> Sequence[Change]:
    """Seen later than was promised when they happened."""
    changes = all_changes(onlookers, since)
    return [each for each in changes if each.late_s > (each.promised_s or 0.0) + FLOATS_S]


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet(shared_per_s=READS_PER_S)
    yield fleet
    await fleet.close()


@pytest.fixture
def playing(fleet: Fleet) -> Playing:
    return Playing(fleet.stage)


async def watched(
    playing: Playing, replicas: Sequence[Replica], ids: Sequence[str]
) -> list[Onlooker]:
    """One onlooker at each replica, which come to each execution in another order: so some lead
    and some follow."""
    onlookers = []
    for number, id in enumerate(ids):
        for turn in range(len(replicas)):
            replica = replicas[(number + turn) % len(replicas)]
            onlookers.append(Onlooker(playing, replica, id))
            await playing.stage.clock.advance(0.1)
    return onlookers


async def test_in_a_fleet_each_change_is_seen_within_what_was_promised_when_it_happened(
    fleet: Fleet, playing: Playing
) -> None:
    onlookers = await watched(playing, [fleet.replica() for _ in range(3)], playing.begin(12))
    assert len({fleet.server.reader_of(id) for id in fleet.server.watches}) == 3
    await playing.go_on(80)
    assert broken(onlookers, since=ONCE_S) == []
    assert untold(onlookers) == []
    assert max(one.promises[-1][1] for one in onlookers) <= 2 * ONCE_S
    assert max(len(one.promises) for one in onlookers) <= 6


async def test_while_watches_arrive_a_worse_promise_is_told_before_one_is_broken(
    fleet: Fleet, playing: Playing
) -> None:
    replicas = [fleet.replica() for _ in range(2)]
    onlookers = []
    for _ in range(6):
        onlookers += await watched(playing, replicas, playing.begin(2))
        await playing.go_on(2)
    await playing.go_on(40)
    assert untold(onlookers) == []
    assert all(one.promises[0][1] < one.promises[-1][1] for one in onlookers[:4])


async def test_on_one_replica_too() -> None:
    stage = Stage(reads_per_s=READS_PER_S, burst=1)
    playing, onlookers = Playing(stage), list[Onlooker]()
    for _ in range(6):
        onlookers += [Onlooker(playing, stage, id) for id in playing.begin(2)]
        await playing.go_on(2)
    await playing.go_on(70)
    assert untold(onlookers) == []
    assert broken(onlookers, since=2 * ONCE_S) == []
    await stage.hub.close()


async def test_replicas_that_join_and_leave_break_no_promise(
    fleet: Fleet, playing: Playing
) -> None:
    first, second = fleet.replica(), fleet.replica()
    ids = playing.begin(8)
    leaving = await watched(playing, [first], ids)
    staying = await watched(playing, [second], ids)
    await playing.go_on(20)
    staying += await watched(playing, [fleet.replica()], ids)
    await playing.go_on(20)
    await first.hub.close()
    await playing.go_on(40)
    assert untold([*leaving, *staying]) == []


async def test_where_the_reader_of_many_dies_the_others_are_told_before(
    fleet: Fleet, playing: Playing
) -> None:
    first, second = fleet.replica(), fleet.replica()
    ids = playing.begin(8)
    await watched(playing, [first], ids)
    await playing.go_on(20)
    staying = await watched(playing, [second], ids)
    assert {fleet.server.reader_of(id) for id in fleet.server.watches} == {first.bus.name}
    await playing.go_on(10)
    await first.killed()
    await playing.go_on(60)
    assert untold(staying) == []
    assert {fleet.server.reader_of(id) for id in fleet.server.watches} == {second.bus.name}


async def test_a_reader_that_dies_is_told_of_by_a_worse_promise(
    fleet: Fleet, playing: Playing
) -> None:
    """Where reads are plenty a change is promised within less than a lease runs."""
    fleet.shared_per_s = 100.0
    first, second = fleet.replica(), fleet.replica()
    (id,) = playing.begin(1)
    await watched(playing, [first], [id])
    await playing.go_on(5)
    (follower,) = await watched(playing, [second], [id])
    await playing.go_on(5)
    assert [seconds for _, seconds in follower.promises] == [3]
    await first.killed()
    await playing.go_on(10)
    assert [seconds for _, seconds in follower.promises][:2] == [3, 5]
    assert untold([follower]) == []


async def test_a_read_that_hangs_is_told_of_by_a_worse_promise(stage: Stage) -> None:
    playing = Playing(stage)
    onlooker = Onlooker(playing, stage, *playing.begin(1))
    await playing.go_on(5)
    stage.histories.hold()
    await playing.go_on(20)
    stage.histories.release()
    await playing.go_on(5)
    assert untold([onlooker]) == []
    assert max(seconds for _, seconds in onlooker.promises) >= 20


async def test_the_first_snapshot_of_who_follows_says_what_is_promised(fleet: Fleet) -> None:
    fleet.stage.execution()
    followers = [await fleet.replica().subscribed() for _ in range(2)]
    await fleet.clock.advance(0.2)
    for follower in followers:
        snapshot = follower.client.take_all(follower.subscription)[0]["snapshot"]
        assert snapshot["stale_after_s"] == 3


async def test_who_asks_is_shown_what_is_promised_now() -> None:
    """Though nobody subscribes, whom else it would be told."""
    stage = Stage(reads_per_s=1, burst=3)
    stage.execution()
    async with stage.hub.watching(ID) as watcher:
        assert watcher.require_feed().stale_after_s == 2
        for number in range(30):
            stage.subscribe(f"orders:{number}")
        async with stage.hub.watching(ID, fresh=False):
            assert (watcher.require_feed().stale_after_s or 0) >= 30
    await stage.hub.close()


async def test_what_needs_no_look_any_more_holds_up_no_other() -> None:
    """It ended meanwhile, or is pushed now."""

    @dataclass
    class Promised:
        promise_due_at: float
        looks: list[float] = field(default_factory=list)
        subscriptions = True

        def promise_anew(self) -> None:
            self.looks.append(clock.monotonic())
            ending.promise_due_at = inf if self.looks[1:] else ending.promise_due_at

        def announce(self) -> None:
            pass

    clock = FakeClock()
    first, ending, last = each = [Promised(0.2), Promised(0.4), Promised(0.6)]
    promises = Promises(clock, cast("Any", lambda: each))
    promises.keep()
    await clock.advance(3.0)
    assert first.looks[:2] == [0.0, 0.2]
    assert last.looks[:2] == [0.0, 0.6]
    assert len(ending.looks) >= 3
    each.clear()
    await clock.advance(1.0)
    assert promises.task is not None
    assert promises.task.done()


async def test_promises_are_looked_at_while_somebody_subscribes(stage: Stage) -> None:
    stage.execution()
    subscription = await stage.subscribed()
    task = stage.hub._promises.task
    assert task is not None
    subscription.close()
    await stage.clock.advance(1.1)
    assert task.done()
    await stage.subscribed()
    assert stage.hub._promises.task is not task
