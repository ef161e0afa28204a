"""Whether AWS answers, without every probe costing a call."""

import asyncio

import pytest

from handrail.core.errors import ServiceError, Unavailable, UnsupportedByEndpoint, UpstreamRefused
from handrail.usecases.reachability import BELIEVED_S, Reachability
from tests.fakes import FakeClock, FakeStateMachines, run_until_idle


class Setting:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.machines = FakeStateMachines()
        self.reachable = Reachability(self.machines, self.clock)


async def test_aws_is_reachable_while_it_answers() -> None:
    assert await Setting().reachable.check()


@pytest.mark.parametrize("error", [Unavailable("gone"), UpstreamRefused("no right to")])
async def test_aws_is_out_of_reach_while_it_fails(error: ServiceError) -> None:
    setting = Setting()
    setting.machines.fail("probe", error)
    assert not await setting.reachable.check()


async def test_an_endpoint_that_lacks_the_listing_answers_all_the_same() -> None:
    setting = Setting()
    setting.machines.fail("probe", UnsupportedByEndpoint("not here"))
    assert await setting.reachable.check()


async def test_an_answer_is_believed_for_a_while() -> None:
    setting = Setting()
    for _ in range(3):
        await setting.reachable.check()
        await setting.clock.advance(BELIEVED_S / 3 - 0.01)
    assert setting.machines.count("probe") == 1
    await setting.clock.advance(0.1)
    await setting.reachable.check()
    assert setting.machines.count("probe") == 2


async def test_a_failure_is_believed_no_longer_than_an_answer() -> None:
    setting = Setting()
    setting.machines.fail("probe", Unavailable("gone"))
    assert not await setting.reachable.check()
    assert not await setting.reachable.check()
    await setting.clock.advance(BELIEVED_S)
    assert await setting.reachable.check()


async def test_probes_at_the_same_time_share_one_call() -> None:
    setting = Setting()
    setting.machines.hold()
    checks = [asyncio.create_task(setting.reachable.check()) for _ in range(20)]
    await run_until_idle()
    setting.machines.release()
    assert await asyncio.gather(*checks) == [True] * 20
    assert setting.machines.count("probe") == 1


async def test_a_probe_that_is_given_up_doesnt_stand_in_the_way_of_the_next() -> None:
    setting = Setting()
    setting.machines.hold()
    first = asyncio.create_task(setting.reachable.check())
    await run_until_idle()
    first.cancel()
    await run_until_idle()
    setting.machines.release()
    assert await setting.reachable.check()


@pytest.mark.parametrize(("quiet_s", "asked"), [(BELIEVED_S - 0.1, 0), (BELIEVED_S, 1)])
async def test_aws_that_answers_others_isn_t_asked(quiet_s: float, asked: int) -> None:
    machines = FakeStateMachines()
    machines.fail("probe", Unavailable("only this one fails"))
    reachable = Reachability(machines, FakeClock(), quiet_s=lambda: quiet_s)
    assert await reachable.check() is (asked == 0)
    assert machines.count("probe") == asked


async def test_aws_that_never_answers_is_out_of_reach() -> None:
    machines = FakeStateMachines()
    machines.hold()
    assert not await Reachability(machines, FakeClock(), patience_s=0).check()
