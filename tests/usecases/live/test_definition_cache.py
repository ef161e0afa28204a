"""The definitions of watched executions are read once a machine."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest

from handrail.core.definition.definition import Definition
from handrail.core.errors import ServiceError, StateMachineNotFound, Throttled, UpstreamRefused
from handrail.core.models import DescribedStateMachine, ExecutionId, MachineType
from handrail.usecases.live.definition_cache import Definitions
from handrail.usecases.live.read_budget import ReadBudget, read_budget
from tests.fakes import ACCOUNT, BEGIN, FakeClock, FakeStateMachines, machine, machine_arn

SHOWN_AFTER = timedelta(seconds=3)
"""How long executions still run what was there before an update: AWS says that it may be so."""


def text_of(state: str) -> str:
    return json.dumps({"StartAt": state, "States": {state: {"Type": "Pass", "End": True}}})


@dataclass
class Revision:
    state: str
    at: datetime
    id: str | None


class Machine(FakeStateMachines):
    """One machine `orders`, updated now and then. `now` is what time it is for whoever asks."""

    def __init__(self) -> None:
        super().__init__(machine("orders"))
        self.revisions = [Revision("First", BEGIN, "r1")]
        self.started: dict[str, datetime] = {}
        self.deleted = False
        self.answered_at: datetime | None = None

    def update(self, state: str, at: datetime, id: str | None) -> None:
        self.revisions.append(Revision(state, at, id))

    def running_at(self, started_at: datetime) -> Revision:
        """What an execution runs that started then."""
        shown = [r for r in self.revisions if r.at + SHOWN_AFTER <= started_at]
        return shown[-1] if shown else self.revisions[0]

    async def describe(self, arn: str) -> DescribedStateMachine:
        await self._called("describe")
        return self._shown(self.revisions[-1])

    async def describe_for_execution(self, execution_arn: str) -> DescribedStateMachine:
        await self._called("describe_for_execution")
        return self._shown(self.running_at(self.started[execution_arn]))

    def _shown(self, revision: Revision) -> DescribedStateMachine:
        if self.deleted:
            raise StateMachineNotFound("It is deleted.")
        return DescribedStateMachine(
            "orders",
            machine_arn("orders"),
            MachineType.STANDARD,
            revision.at,
            text_of(revision.state),
            revision.id,
            self.answered_at,
        )


class Setting:
    def __init__(self) -> None:
        self.machine = Machine()
        self.clock = FakeClock()
        self.budget: ReadBudget = read_budget(self.clock, reads_per_s=1000, burst=10_000)
        self.definitions = Definitions(self.machine, self.budget)

    def started(self, at_s: float, version: str | None = None) -> tuple[str, datetime, str | None]:
        """An execution that started so many seconds after the beginning."""
        id = ExecutionId("orders", f"started-at-{at_s}")
        started_at = BEGIN + timedelta(seconds=at_s)
        arn = ACCOUNT.execution_arn(id)
        self.machine.started[arn] = started_at
        return arn, started_at, version

    async def runs(self, at_s: float, version: str | None = None) -> str:
        """The state that an execution begins with which started then, as far as is said."""
        found = await self.definitions.of(*self.started(at_s, version))
        assert isinstance(found, Definition)
        return str(found.raw["StartAt"])

    def truly_runs(self, at_s: float) -> str:
        return self.machine.running_at(BEGIN + timedelta(seconds=at_s)).state

    @property
    def asked(self) -> tuple[int, int]:
        """How often of an execution, and how often of the machine."""
        machine = self.machine
        return machine.count("describe_for_execution"), machine.count("describe")


@pytest.fixture
def setting() -> Setting:
    return Setting()


@pytest.mark.parametrize("seed", range(5))
async def test_six_hundred_executions_of_one_machine_are_asked_for_once(
    setting: Setting, seed: int
) -> None:
    ages = [60.0 + number for number in range(600)]
    Random(seed).shuffle(ages)  # noqa: S311 - an order
    assert {await setting.runs(at_s) for at_s in ages} == {"First"}
    exactly, current = setting.asked
    assert exactly == 1
    assert current < 20


async def test_in_order_of_their_start_they_are_asked_for_once_too(setting: Setting) -> None:
    """What AWS answers at one moment holds for all that began well before it."""
    setting.machine.answered_at = BEGIN + timedelta(seconds=1000)
    assert {await setting.runs(60.0 + number) for number in range(600)} == {"First"}
    assert setting.asked == (1, 1)


async def test_those_who_ask_together_ask_once(setting: Setting) -> None:
    found = await asyncio.gather(*(setting.runs(60.0) for _ in range(600)))
    assert set(found) == {"First"}
    assert setting.asked == (1, 0)


@pytest.mark.parametrize("seed", range(20))
async def test_each_execution_is_told_what_it_runs_whatever_was_updated_between(
    seed: int,
) -> None:
    """Also where a definition was brought back, and in whatever order they are asked for."""
    setting, random = Setting(), Random(seed)  # noqa: S311 - an order
    for number, at_s in enumerate((100, 200, 300, 400, 500)):
        name = random.choice(["First", "Second", "Third"])
        setting.machine.update(name, BEGIN + timedelta(seconds=at_s), f"r{number + 2}")
    for at_s in random.choices(range(20, 600), k=150):
        assert await setting.runs(at_s) == setting.truly_runs(at_s)
    assert setting.asked[0] < 60


async def test_an_update_between_two_executions_is_seen(setting: Setting) -> None:
    assert await setting.runs(50) == "First"
    setting.machine.update("Second", BEGIN + timedelta(seconds=100), "r2")
    assert await setting.runs(150) == "Second"
    assert await setting.runs(40) == "First"
    assert await setting.runs(160) == "Second"
    assert setting.asked[0] == 2


async def test_a_definition_that_was_brought_back_says_nothing_of_what_ran_between(
    setting: Setting,
) -> None:
    assert await setting.runs(50) == "First"
    setting.machine.update("Second", BEGIN + timedelta(seconds=100), "r2")
    setting.machine.update("First", BEGIN + timedelta(seconds=200), "r3")
    assert await setting.runs(250) == "First"
    assert await setting.runs(150) == "Second"
    assert await setting.runs(60) == "First"


async def test_an_execution_begun_right_after_an_update_is_asked_for_itself(
    setting: Setting,
) -> None:
    setting.machine.update("Second", BEGIN + timedelta(seconds=100), "r2")
    assert await setting.runs(150) == "Second"
    assert await setting.runs(101) == "First"
    assert await setting.runs(104) == "Second"
    assert setting.asked[0] == 3


async def test_a_versions_definition_never_changes(setting: Setting) -> None:
    version = f"{machine_arn('orders')}:3"
    assert await setting.runs(50, version) == "First"
    setting.machine.update("Second", BEGIN + timedelta(seconds=100), "r2")
    assert await setting.runs(500, version) == "First"
    assert await setting.runs(20, version) == "First"
    assert setting.asked == (1, 0)
    assert await setting.runs(501) == "Second"


async def test_where_the_machine_was_deleted_its_executions_still_say(setting: Setting) -> None:
    assert await setting.runs(50) == "First"
    setting.machine.fail("describe", StateMachineNotFound("deleted"))
    assert await setting.runs(60) == "First"
    assert setting.asked == (2, 1)


@pytest.mark.parametrize("error", [StateMachineNotFound("gone"), UpstreamRefused("no right to")])
async def test_what_nobody_says_is_not_known(setting: Setting, error: ServiceError) -> None:
    setting.machine.fail("describe_for_execution", error)
    assert await setting.definitions.of(*setting.started(50)) is None


async def test_a_definition_that_cant_be_understood_is_not_known(setting: Setting) -> None:
    setting.machine.revisions[0] = Revision("First", BEGIN, "r1")
    setting.machine._shown = lambda revision: DescribedStateMachine(  # type: ignore[method-assign]
        "orders", machine_arn("orders"), MachineType.STANDARD, BEGIN, "{", "r1"
    )
    assert await setting.definitions.of(*setting.started(50)) is None
    assert await setting.definitions.of(*setting.started(50)) is None
    assert setting.asked == (1, 0)


async def test_being_throttled_may_pass_and_slows_only_those_calls_down(setting: Setting) -> None:
    before = setting.budget.execution_machines.queue.watch_rate
    setting.machine.fail("describe_for_execution", Throttled("slow down"))
    with pytest.raises(Throttled):
        await setting.runs(50)
    assert setting.budget.execution_machines.queue.watch_rate == before / 2
    assert setting.budget.histories.queue.watch_rate == 1000
    asking = asyncio.create_task(setting.runs(50))
    await setting.clock.advance(60)
    assert await asking == "First"


async def test_being_throttled_by_the_machine_may_pass_too(setting: Setting) -> None:
    assert await setting.runs(50) == "First"
    setting.machine.fail("describe", Throttled("slow down"))
    with pytest.raises(Throttled):
        await setting.runs(60)
    asking = asyncio.create_task(setting.runs(60))
    await setting.clock.advance(60)
    assert await asking == "First"
    assert setting.asked[0] == 1


@pytest.mark.parametrize("seed", range(10))
async def test_an_endpoint_that_names_no_revisions_and_dates_no_updates_is_compared_by_text(
    seed: int,
) -> None:
    """Every definition seems to be as old as the machine. Definitions that are asked for as they
    are updated, as a watcher asks for them, are told apart all the same."""
    setting, random = Setting(), Random(seed)  # noqa: S311 - an order
    setting.machine.revisions = [Revision("First", BEGIN, None)]
    at_s = 20.0
    for _ in range(100):
        at_s += random.uniform(10, 20)
        if random.random() < 0.1:
            state = random.choice(["First", "Second"])
            true = setting.machine.revisions[-1].state
            setting.machine.revisions[-1] = Revision(state, BEGIN, None)
            assert true in {"First", "Second"}
        assert await setting.runs(at_s) == setting.machine.revisions[-1].state


async def test_no_more_machines_are_remembered_than_may_be(setting: Setting) -> None:
    for number in range(300):
        await setting.runs(50, f"{machine_arn('orders')}:{number}")
    asked, _ = setting.asked
    await setting.runs(50, f"{machine_arn('orders')}:299")
    assert setting.asked[0] == asked
    await setting.runs(50, f"{machine_arn('orders')}:0")
    assert setting.asked[0] == asked + 1
