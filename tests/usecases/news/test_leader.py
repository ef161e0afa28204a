"""Two replicas and an outbox that both ask: at any moment one of them works at most."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from handrail.core.errors import Unavailable
from handrail.usecases.news.leader import LEASE_S, RENEW_S, Leader
from tests.fakes import FakeClock, Port, run_until_idle


class Lease(Port):
    """The lease as a store keeps it, by the store's own time."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.holder, self.until, self._clock = "", 0.0, clock

    async def lead(self, holder: str, for_s: float) -> bool:
        await self._called(f"lead {holder}")
        if self.holder not in {"", holder} and self._clock.monotonic() < self.until:
            return False
        self.holder, self.until = holder, self._clock.monotonic() + for_s
        return True

    async def resign(self, holder: str) -> None:
        await self._called("resign")
        if self.holder == holder:
            self.holder = ""


@dataclass
class Replica:
    """Its way to the lease may be cut; its work says when it goes on."""

    name: str
    clock: FakeClock
    lease: Lease
    away: bool = False
    working: int = 0
    begun: int = 0
    failure: Exception | None = None
    leader: Leader = field(init=False)

    def __post_init__(self) -> None:
        self.leader = Leader(self, self.work, self.clock, self.name)

    async def lead(self, holder: str, for_s: float) -> bool:
        if self.away:
            raise Unavailable("It is out of reach.")
        return await self.lease.lead(holder, for_s)

    async def resign(self, holder: str) -> None:
        if self.away:
            raise Unavailable("It is out of reach.")
        await self.lease.resign(holder)

    async def work(self) -> None:
        self.working, self.begun = self.working + 1, self.begun + 1
        try:
            if self.failure is not None:
                raise self.failure
            await asyncio.Event().wait()
        finally:
            self.working -= 1


class Fleet:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.lease = Lease(self.clock)
        self.one, self.two = (Replica(name, self.clock, self.lease) for name in ("one", "two"))

    async def start(self) -> None:
        self.one.leader.start()
        await run_until_idle()
        self.two.leader.start()
        await run_until_idle()

    async def pass_time(self, seconds: float) -> None:
        """Looked at every half second: no two work at once."""
        for _ in range(int(seconds * 2)):
            await self.clock.advance(0.5)
            assert self.one.working + self.two.working <= 1


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet()
    async with AsyncExitStack() as stack:
        for each in (fleet.one, fleet.two):
            stack.push_async_callback(each.leader.close)
        yield fleet


async def test_one_of_a_fleet_works_and_the_others_only_ask(fleet: Fleet) -> None:
    await fleet.start()
    await fleet.pass_time(120)
    assert (fleet.one.begun, fleet.two.begun) == (1, 0)
    assert fleet.one.leader.leads
    assert not fleet.two.leader.leads
    assert fleet.lease.count("lead two") == 120 / RENEW_S + 1


async def test_who_ends_gives_the_lease_back_and_another_goes_on_at_its_next_question(
    fleet: Fleet,
) -> None:
    await fleet.start()
    await fleet.one.leader.close()
    assert (fleet.one.working, fleet.lease.holder) == (0, "")
    await fleet.pass_time(RENEW_S)
    assert fleet.two.working == 1


async def test_a_leader_that_loses_the_outbox_stops_before_another_begins(fleet: Fleet) -> None:
    await fleet.start()
    fleet.one.away = True
    await fleet.pass_time(LEASE_S - 3.5)
    assert fleet.one.working == 1
    await fleet.pass_time(1)
    assert (fleet.one.working, fleet.two.working) == (0, 0)
    await fleet.pass_time(RENEW_S + 3)
    assert fleet.two.working == 1
    fleet.one.away = False
    await fleet.pass_time(60)
    assert (fleet.one.begun, fleet.two.begun) == (1, 1)


async def test_an_outbox_that_only_hangs_is_the_same_as_one_that_is_away(fleet: Fleet) -> None:
    await fleet.start()
    fleet.lease.hold()
    await fleet.pass_time(LEASE_S)
    assert (fleet.one.working, fleet.two.working) == (0, 0)
    fleet.lease.release()
    await fleet.pass_time(LEASE_S)
    assert fleet.one.working + fleet.two.working == 1


async def test_an_outbox_that_is_away_for_a_moment_stops_nobody(fleet: Fleet) -> None:
    await fleet.start()
    fleet.lease.fail("lead one", Unavailable("Away."), Unavailable("Away."), Unavailable("Away."))
    await fleet.pass_time(60)
    assert (fleet.one.begun, fleet.two.begun) == (1, 0)


async def test_what_another_took_is_let_go_of_at_once(fleet: Fleet) -> None:
    await fleet.start()
    fleet.lease.holder, fleet.lease.until = "two", 60.0  # as after a freeze of one's
    await fleet.clock.advance(RENEW_S)
    assert fleet.one.working == 0


async def test_who_was_frozen_past_its_lease_asks_before_it_goes_on(fleet: Fleet) -> None:
    await fleet.start()
    fleet.one.away = True  # nothing of it runs meanwhile
    fleet.clock._elapsed += 60
    assert await fleet.lease.lead("two", 600)
    await run_until_idle()
    fleet.one.away = False
    await fleet.clock.advance(0.1)
    assert (fleet.one.working, fleet.one.begun) == (0, 1)
    await fleet.pass_time(30)
    assert fleet.one.begun == 1


async def test_work_that_fails_is_begun_anew(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.one.failure = RuntimeError("It broke.")
    await fleet.start()
    assert (fleet.one.begun, fleet.one.working) == (1, 0)
    fleet.one.failure = None
    await fleet.pass_time(RENEW_S + 1)
    assert (fleet.one.begun, fleet.one.working) == (2, 1)
    assert "news failed" in capsys.readouterr().out


async def test_a_lease_that_can_t_be_given_back_runs_out(fleet: Fleet) -> None:
    await fleet.start()
    fleet.lease.hold()
    closing = asyncio.ensure_future(fleet.one.leader.close())
    await fleet.clock.advance(3)
    assert closing.done()
    assert fleet.one.working == 0
    fleet.lease.release()
