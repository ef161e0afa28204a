"""Starting executions, once each, and steering them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from service.core.errors import (
    ExecutionConflict,
    ExecutionNotFound,
    InvalidInput,
    InvalidName,
    InvalidRequest,
    StateMachineNotFound,
    Unavailable,
    UnsupportedByType,
)
from service.core.models import Execution, ExecutionStatus, Json, MachineType, StartedExecution
from service.usecases.catalogue import Catalogue, KnownMachine
from service.usecases.executions import (
    LONGEST_KEY,
    ExecutionService,
    Start,
    Started,
    same_json,
)
from tests.fakes import BEGIN, FakeExecutions, machine

from .live.stage import Stage, arn_of


class ExpressExecutions(FakeExecutions):
    """Every start is an execution of its own, with a run in its ARN."""

    async def start(self, machine_arn: str, *, name: str, input: str) -> StartedExecution:
        if not machine_arn.endswith("quick"):
            return await super().start(machine_arn, name=name, input=input)
        self.calls.append("start")
        run = f"run-{len(self.calls)}"
        return StartedExecution(arn_of(f"quick:{name}:{run}"), self._clock.now(), 0.1)


class Setting:
    def __init__(self) -> None:
        self.stage = Stage()
        self.clock = self.stage.clock
        self.machines = self.stage.machines
        self.machines.machines["quick"] = machine("quick", MachineType.EXPRESS)
        self.aws = ExpressExecutions(self.clock)
        known = {"orders": KnownMachine(input_schema={"not": {"const": "forbidden"}})}
        self.catalogue = Catalogue(self.machines, self.clock, known=known)
        self.service = self.another_process()

    def another_process(self) -> ExecutionService:
        names = count(1)
        return ExecutionService(
            self.catalogue,
            self.aws,
            self.stage.hub,
            type(self.stage.recent)(self.clock),
            lambda: f"generated-{next(names)}",
        )

    async def start(
        self, input: Json = None, *, name: str | None = None, key: str | None = None
    ) -> Started:
        return await self.service.start(Start("orders", input, name, key))

    @property
    def names(self) -> list[str | None]:
        """The names AWS was asked to start executions by."""
        return [call.given["name"] for call in self.aws.log if call.operation == "start"]


@pytest.fixture
async def setting() -> AsyncIterator[Setting]:
    setting = Setting()
    yield setting
    await setting.stage.hub.close()


async def test_a_start_answers_a_running_execution_and_the_cursor_before_its_first_event(
    setting: Setting,
) -> None:
    started = await setting.start({"order": 7})
    assert started.execution == Execution(
        started.execution.id,
        arn_of("orders:generated-1"),
        ExecutionStatus.RUNNING,
        BEGIN,
        input='{"order":7}',
    )
    assert str(started.cursor) == "1767225600000:0"
    assert not started.replayed


async def test_a_name_is_always_sent(setting: Setting) -> None:
    await setting.start()
    await setting.start(name="mine")
    await setting.start(key="once")
    assert all(setting.names)
    assert setting.names[:2] == ["generated-1", "mine"]


async def test_one_key_is_one_name_in_every_process(setting: Setting) -> None:
    await setting.start(key="once")
    await setting.another_process().start(Start("orders", None, key="once"))
    await setting.start(key="twice")
    one, same, other = setting.names
    assert one == same != other


async def test_one_key_of_two_machines_is_two_names(setting: Setting) -> None:
    setting.machines.machines["audit"] = machine("audit")
    await setting.start(key="once")
    await setting.service.start(Start("audit", None, key="once"))
    assert len(set(setting.names)) == 2


async def test_a_name_wins_over_a_key(setting: Setting) -> None:
    await setting.start(name="mine", key="once")
    assert setting.names == ["mine"]


@pytest.mark.parametrize("given", [{"name": "mine"}, {"key": "once"}])
async def test_the_same_again_at_once_is_a_replay(setting: Setting, given: dict[str, str]) -> None:
    first = await setting.start({"order": 7}, **given)
    again = await setting.start({"order": 7}, **given)
    assert not first.replayed
    assert again.replayed
    assert again.execution.id == first.execution.id
    assert again.cursor == first.cursor


async def test_a_replay_that_aws_doesnt_show_yet_is_a_running_execution(setting: Setting) -> None:
    await setting.start(key="once")
    setting.aws.fail("describe", ExecutionNotFound("not yet"))
    again = await setting.start(key="once")
    assert again.replayed
    assert again.execution.status is ExecutionStatus.RUNNING


async def test_what_another_process_started_long_before_the_answer_is_a_replay(
    setting: Setting,
) -> None:
    await setting.start(key="once")
    await setting.clock.advance(3)
    again = await setting.another_process().start(Start("orders", None, key="once"))
    assert again.replayed


async def test_what_began_within_the_seconds_of_the_answer_isnt_called_a_replay(
    setting: Setting,
) -> None:
    await setting.start(key="once")
    await setting.clock.advance(1)
    again = await setting.another_process().start(Start("orders", None, key="once"))
    assert not again.replayed


async def test_a_replay_of_an_ended_execution_answers_how_it_stands(setting: Setting) -> None:
    first = await setting.start({"a": 1, "b": [2]}, key="once")
    setting.aws.end(str(first.execution.id))
    again = await setting.start({"b": [2], "a": 1}, key="once")
    assert again.replayed
    assert again.execution.status is ExecutionStatus.SUCCEEDED
    assert again.cursor == first.cursor


async def test_keys_of_an_input_in_another_order_are_the_same_input(setting: Setting) -> None:
    await setting.start({"a": 1, "b": {"c": 2, "d": 3}}, name="mine")
    again = await setting.start({"b": {"d": 3, "c": 2}, "a": 1}, name="mine")
    assert again.replayed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"order": 7}, {"order": 8}),
        ({"order": 1}, {"order": True}),
        ({"order": 1}, {"order": 1.0}),
        ({"order": True}, {"order": 1.0}),
        ({"order": 0}, {"order": False}),
        ({"order": None}, {}),
        ([1, 2], [2, 1]),
        ("1", 1),
    ],
)
async def test_the_same_name_with_another_input_is_a_conflict(
    setting: Setting, one: Json, other: Json
) -> None:
    for first, second in ((one, other), (other, one)):
        name = f"mine-{len(setting.names)}"
        await setting.start(first, name=name)
        with pytest.raises(ExecutionConflict):
            await setting.start(second, name=name)


async def test_an_input_that_aws_no_longer_shows_cant_be_the_same(setting: Setting) -> None:
    first = await setting.start(key="once")
    arn = first.execution.arn
    ended = replace(setting.aws.executions[arn], status=ExecutionStatus.FAILED, input=None)
    setting.aws.executions[arn] = ended
    with pytest.raises(ExecutionConflict):
        await setting.start(key="once")


async def test_a_generated_name_found_taken_is_a_lost_answer_and_no_replay(
    setting: Setting,
) -> None:
    setting.aws.add("orders:generated-1", status=ExecutionStatus.SUCCEEDED, input="null")
    started = await setting.start()
    assert not started.replayed
    assert started.execution.status is ExecutionStatus.SUCCEEDED


async def test_a_generated_name_with_an_old_start_is_no_replay(setting: Setting) -> None:
    setting.aws.add("orders:generated-1", started_at=BEGIN - timedelta(seconds=9), input="null")
    assert not (await setting.start()).replayed


async def test_a_start_whose_answer_was_lost_can_be_repeated_by_its_key(setting: Setting) -> None:
    setting.aws.fail("start", Unavailable("gone"))
    with pytest.raises(Unavailable):
        await setting.start({"order": 7}, key="once")
    await setting.clock.advance(5)
    again = await setting.start({"order": 7}, key="once")
    assert again.replayed
    assert len(setting.aws.executions) == 1


async def test_limits_are_held_before_aws_is_asked(setting: Setting) -> None:
    with pytest.raises(InvalidInput):
        await setting.start("x" * 262_143)
    with pytest.raises(InvalidInput):
        await setting.start("\N{EURO SIGN}" * 87_381)
    with pytest.raises(InvalidName):
        await setting.start(name="no blanks")
    with pytest.raises(InvalidName):
        await setting.start(name="x" * 81)
    with pytest.raises(InvalidRequest):
        await setting.start(key="")
    with pytest.raises(InvalidRequest):
        await setting.start(key="x" * (LONGEST_KEY + 1))
    assert setting.aws.calls == setting.machines.calls == []


async def test_the_largest_input_is_sent(setting: Setting) -> None:
    await setting.start("x" * 262_142)
    await setting.start("\N{EURO SIGN}" * 87_380)
    assert setting.aws.count("start") == 2


async def test_an_input_that_breaks_the_schema_isnt_sent(setting: Setting) -> None:
    with pytest.raises(InvalidInput):
        await setting.start("forbidden")
    assert setting.aws.calls == []


async def test_an_unknown_machine_cant_be_started(setting: Setting) -> None:
    with pytest.raises(StateMachineNotFound):
        await setting.service.start(Start("nothing", None))


async def test_a_started_execution_is_known_to_the_hub_before_aws_shows_it() -> None:
    stage = Stage()
    service = ExecutionService(
        stage.catalogue, stage.executions, stage.hub, stage.recent, lambda: "one"
    )
    started = await service.start(Start("orders", None))
    subscription = await stage.subscribed(str(started.execution.id))
    await stage.clock.advance(1)
    assert subscription.failure is None
    stage.execution()
    await stage.clock.advance(2)
    assert subscription.next_message() is not None
    assert stage.executions.count("describe") == 0
    await stage.hub.close()


async def test_express_executions_are_never_replays(setting: Setting) -> None:
    for _ in range(2):
        started = await setting.service.start(Start("quick", None, name="mine"))
        assert started.execution.id.express
        assert not started.replayed
    with pytest.raises(UnsupportedByType):
        await setting.service.start(Start("quick", None, key="once"))


async def test_an_express_execution_runs_to_its_end(setting: Setting) -> None:
    id, result = await setting.service.start_sync(Start("quick", {"order": 7}))
    assert str(id) == "quick:generated-1:run-1"
    assert result.status is ExecutionStatus.SUCCEEDED
    [call] = setting.aws.log
    assert call.given == {"name": "generated-1", "input": '{"order":7}'}


async def test_a_standard_execution_doesnt_answer_synchronously(setting: Setting) -> None:
    with pytest.raises(UnsupportedByType):
        await setting.service.start_sync(Start("orders", None))


async def test_executions_are_listed_by_machine(setting: Setting) -> None:
    for name in ("one", "two"):
        await setting.start(name=name)
    page = await setting.service.list_page("orders", None, 50, None)
    assert [item.id.name for item in page.items] == ["two", "one"]
    ended = await setting.service.list_page("orders", ExecutionStatus.FAILED, 50, None)
    assert ended.items == ()


async def test_express_executions_cant_be_listed(setting: Setting) -> None:
    with pytest.raises(UnsupportedByType):
        await setting.service.list_page("quick", None, 50, None)
    with pytest.raises(StateMachineNotFound):
        await setting.service.list_page("nothing", None, 50, None)


async def test_stopping_and_redriving_have_the_watched_execution_read_again() -> None:
    stage = Stage()
    service = ExecutionService(
        stage.catalogue, stage.executions, stage.hub, stage.recent, lambda: "one"
    )
    stage.execution()
    await stage.clock.advance(3600)
    await stage.subscribed()
    for act in (service.stop("orders:one", "Enough", "why not"), service.redrive("orders:one")):
        before = stage.read_count
        await act
        await stage.clock.advance(0)
        assert stage.read_count == before + 1
    stop = stage.executions.log[0]
    assert stop.given == {"error": "Enough", "cause": "why not"}
    assert [call.arn for call in stage.executions.log] == [arn_of("orders:one")] * 2
    await stage.hub.close()


@pytest.mark.parametrize(
    ("id", "error"),
    [
        ("orders:none", ExecutionNotFound),
        ("nonsense", ExecutionNotFound),
        ("orders:one:run", UnsupportedByType),
        (arn_of("orders:one").replace("123456789012", "999999999999"), ExecutionNotFound),
    ],
)
async def test_only_what_exists_here_can_be_stopped_or_redriven(
    setting: Setting, id: str, error: type[Exception]
) -> None:
    setting.aws.add("orders:one")
    with pytest.raises(error):
        await setting.service.stop(id, None, None)
    with pytest.raises(error):
        await setting.service.redrive(id)


async def test_a_full_arn_can_be_stopped(setting: Setting) -> None:
    setting.aws.add("orders:one")
    await setting.service.stop(arn_of("orders:one"), None, None)
    assert setting.aws.log[0].arn == arn_of("orders:one")


async def test_a_reason_that_is_too_long_isnt_sent(setting: Setting) -> None:
    setting.aws.add("orders:one")
    with pytest.raises(InvalidRequest):
        await setting.service.stop("orders:one", "x" * 257, None)
    with pytest.raises(InvalidRequest):
        await setting.service.stop("orders:one", None, "x" * 32_769)
    assert setting.aws.calls == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{}", " { } "),
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}'),
        ('[{"a": {"c": 1, "b": 2}}]', '[{"a":{"b":2,"c":1}}]'),
        ("1e2", "100.0"),
        ('"\\u20ac"', '"\N{EURO SIGN}"'),
        ("123456789012345678901234567890", " 123456789012345678901234567890"),
    ],
)
def test_texts_of_one_value_are_the_same_json(one: str, other: str) -> None:
    assert same_json(one, other)
    assert same_json(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "true"),
        ("1", "1.0"),
        ("0", "null"),
        ('"1"', "1"),
        ("[1,2]", "[2,1]"),
        ("{}", "[]"),
        ('{"a": null}', "{}"),
        ('"\\ud800"', '"x"'),
        ("[" * 300 + "]" * 300, "[]"),
    ],
)
def test_texts_of_two_values_arent(one: str, other: str) -> None:
    assert not same_json(one, other)
    assert not same_json(other, one)
