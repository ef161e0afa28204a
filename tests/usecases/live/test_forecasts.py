"""What is expected of executions is asked for once a state machine in minutes."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from handrail.core.errors import Throttled, Unavailable, UpstreamRefused
from handrail.core.models import ExecutionId, ExecutionStatus
from handrail.usecases.live.definition_cache import Definitions
from handrail.usecases.live.forecasts import FEW_S, KEPT_S, LATER_S, Forecasts
from handrail.usecases.live.read_budget import read_budget
from tests.core.definitions import task
from tests.fakes import (
    ACCOUNT,
    BEGIN,
    FakeClock,
    FakeExecutions,
    FakeStateMachines,
    machine,
    machine_arn,
    run_until_idle,
)

DEFINITION = json.dumps({"StartAt": "A", "States": {"A": task(Next="B"), "B": task()}})


class Setting:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.machines = FakeStateMachines(machine("orders"))
        self.machines.definitions["orders"] = DEFINITION
        self.executions = FakeExecutions(self.clock)
        budget = read_budget(self.clock, reads_per_s=1000, burst=10_000)
        definitions = Definitions(self.machines, budget)
        self.forecasts = Forecasts(definitions, self.executions, budget.lists, self.clock)

    def took(self, *seconds: float, version: str | None = None) -> None:
        for each in seconds:
            self.executions.add(f"orders:{each}-{version}", status=ExecutionStatus.SUCCEEDED)
            arn = arn_of(f"orders:{each}-{version}")
            stopped_at = BEGIN + timedelta(seconds=each)
            found = self.executions.executions[arn]
            self.executions.executions[arn] = replace(found, stopped_at=stopped_at, version=version)

    async def typical_s(self, id: str = "orders:one", version: str | None = None) -> float | None:
        return await self.forecasts.typical_s(ExecutionId.parse(id), arn_of(id), version)

    @property
    def lists(self) -> int:
        return self.executions.count("list_page")


def arn_of(id: str) -> str:
    return ACCOUNT.execution_arn(ExecutionId.parse(id))


@pytest.fixture
def setting() -> Setting:
    return Setting()


async def test_the_median_is_of_those_that_succeeded(setting: Setting) -> None:
    setting.took(10, 20, 90)
    setting.executions.add("orders:failed", status=ExecutionStatus.FAILED)
    setting.executions.add("orders:running")
    assert await setting.typical_s() == 20


async def test_a_version_s_own_count_where_they_are_enough(setting: Setting) -> None:
    setting.took(10, 20, 30, version="2")
    setting.took(500, 600)
    assert await setting.typical_s(version=f"{machine_arn('orders')}:2") == 20
    assert await setting.typical_s() == 30


async def test_a_state_machine_is_listed_once_in_minutes(setting: Setting) -> None:
    setting.took(10, 20, 90)
    found = await asyncio.gather(*(setting.typical_s(f"orders:{n}") for n in range(50)))
    assert set(found) == {20}
    assert setting.lists == 1
    setting.took(30, 40)
    await setting.clock.advance(KEPT_S - 1)
    assert await setting.typical_s() == 20
    await setting.clock.advance(1)
    assert await setting.typical_s() == 30
    assert setting.lists == 2


@pytest.mark.parametrize("error", [Throttled("Slow down."), UpstreamRefused("No.")])
async def test_a_list_that_fails_is_left_for_a_minute(
    setting: Setting, error: Throttled | UpstreamRefused
) -> None:
    setting.took(10, 20, 90)
    setting.executions.fail("list_page", error)
    assert await setting.typical_s() is None
    assert await setting.typical_s() is None
    assert setting.lists == 1
    await setting.clock.advance(FEW_S)
    assert await setting.typical_s() == 20


async def test_too_few_are_listed_again_in_a_minute(setting: Setting) -> None:
    setting.took(10, 20)
    assert await setting.typical_s() is None
    setting.took(30)
    await setting.clock.advance(FEW_S - 1)
    assert await setting.typical_s() is None
    await setting.clock.advance(1)
    assert await setting.typical_s() == 20


async def test_none_at_all_is_soon_listed_as_seldom_as_many(setting: Setting) -> None:
    for _ in range(60):
        assert await setting.typical_s() is None
        await setting.clock.advance(KEPT_S / 5)
    assert setting.lists <= 60 / 5 + 3


async def test_a_list_that_is_long_in_coming_holds_nobody_up_again(setting: Setting) -> None:
    setting.took(10, 20, 90)
    setting.executions.hold()
    asking = asyncio.create_task(setting.typical_s())
    await run_until_idle()
    asking.cancel()
    await run_until_idle()
    assert asking.cancelled()
    assert await setting.typical_s() is None
    setting.executions.release()
    await setting.clock.advance(LATER_S)
    assert await setting.typical_s() == 20


async def test_what_aws_doesn_t_list_has_no_typical_time(setting: Setting) -> None:
    setting.took(10, 20, 90)
    assert await setting.typical_s("orders:one:run") is None
    assert await setting.typical_s("orders/Each:one") is None
    assert setting.lists == 0


async def test_a_definition_is_asked_for_once_a_minute_and_drawn_once(setting: Setting) -> None:
    found = []
    for second in range(60):
        at = BEGIN + timedelta(seconds=second)
        found.append(await setting.forecasts.paths(arn_of(f"orders:{second}"), at, None))
    assert found[0] is not None
    assert found[0].remaining == {"A": 1, "B": 0}
    assert all(paths is found[0] for paths in found)
    asked = setting.machines.count("describe") + setting.machines.count("describe_for_execution")
    assert asked <= 2


async def test_a_definition_that_isn_t_to_be_had_is_none(setting: Setting) -> None:
    setting.machines.fail("describe_for_execution", Unavailable("Not now."))
    assert await setting.forecasts.paths(arn_of("orders:one"), BEGIN, None) is None
    assert await setting.forecasts.paths(arn_of("orders:one"), BEGIN, None) is not None
