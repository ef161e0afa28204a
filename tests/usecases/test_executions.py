"""Starting executions, once each, and steering them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handrail.core.errors import (
    ExecutionConflict,
    ExecutionNotFound,
    InvalidInput,
    InvalidName,
    InvalidRequest,
    StateMachineNotFound,
    Unavailable,
)
from handrail.core.models import Execution, ExecutionStatus, Json
from handrail.usecases.executions import (
    LONGEST_KEY,
    ExecutionService,
    NewExecution,
)
from handrail.usecases.in_memory import START_BELIEVED_S
from tests.fakes import BEGIN, machine

from .live.stage import Stage, arn_of
from .starting import Setting, told_the_time


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
    await setting.another_process().start(NewExecution("orders", None, key="once"))
    await setting.start(key="twice")
    one, same, other = setting.names
    assert one == same != other


async def test_one_key_of_two_machines_is_two_names(setting: Setting) -> None:
    setting.machines.machines["audit"] = machine("audit")
    await setting.start(key="once")
    await setting.service.start(NewExecution("audit", None, key="once"))
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
    again = await setting.another_process().start(NewExecution("orders", None, key="once"))
    assert again.replayed


async def test_an_ended_execution_that_aws_doesnt_show_yet_is_a_replay_where_it_was_started(
    setting: Setting,
) -> None:
    first = await setting.start({"a": 1, "b": 2}, key="once")
    setting.aws.end(str(first.execution.id))
    setting.aws.fail("describe", ExecutionNotFound("not yet"))
    again = await setting.start({"b": 2, "a": 1}, key="once")
    assert again.replayed
    assert (again.execution.id, again.cursor) == (first.execution.id, first.cursor)


async def test_another_input_is_a_conflict_without_a_read_where_it_was_started(
    setting: Setting,
) -> None:
    await setting.start({"order": 7}, key="once")
    with pytest.raises(ExecutionConflict):
        await setting.start({"order": 8}, key="once")
    assert setting.aws.count("describe") == 0


async def test_what_was_started_long_ago_is_asked_for_again(setting: Setting) -> None:
    """Its name may be another execution's by now."""
    await setting.start({"order": 7}, name="mine")
    await setting.clock.advance(START_BELIEVED_S)
    setting.aws.add("orders:mine", status=ExecutionStatus.FAILED, input='{"order":8}')
    assert (await setting.start({"order": 8}, name="mine")).replayed


async def test_an_ended_execution_of_another_process_is_looked_for_until_aws_shows_it(
    setting: Setting,
) -> None:
    first = await setting.start(key="once")
    setting.aws.end(str(first.execution.id))
    setting.aws.fail("describe", *[ExecutionNotFound("not yet")] * 3)
    other = setting.another_process()
    again = await setting.patient(other.start(NewExecution("orders", None, key="once")))
    assert (again.replayed, again.execution.status) == (True, ExecutionStatus.SUCCEEDED)


async def test_one_that_aws_doesnt_show_in_time_is_to_be_tried_again(setting: Setting) -> None:
    first = await setting.start(key="once")
    setting.aws.end(str(first.execution.id))
    setting.aws.fail("describe", *[ExecutionNotFound("not yet")] * 9)
    with pytest.raises(Unavailable):
        await setting.patient(
            setting.another_process().start(NewExecution("orders", None, key="once"))
        )
    assert setting.aws.count("describe") == 6


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
        await setting.another_process().start(NewExecution("orders", None, key="once"))


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
        await setting.service.start(NewExecution("nothing", None))


async def test_a_started_execution_is_known_to_the_hub_before_aws_shows_it() -> None:
    stage = Stage()
    service = ExecutionService(
        stage.catalogue,
        stage.executions,
        stage.recent,
        told_the_time(stage.clock),
        stage.clock,
        stage.hub.own,
        new_name=lambda: "one",
    )
    started = await service.start(NewExecution("orders", None))
    subscription = await stage.subscribed(str(started.execution.id))
    await stage.clock.advance(1)
    assert subscription.failure is None
    stage.execution()
    await stage.clock.advance(2)
    assert subscription.next_message() is not None
    assert stage.executions.count("describe") == 0
    await stage.hub.close()


@pytest.mark.parametrize(
    ("reference", "version", "alias"),
    [("orders", None, None), ("orders:3", "3", None), ("orders:live", None, "live")],
)
async def test_a_start_by_a_version_or_an_alias_asks_aws_for_that(
    setting: Setting, reference: str, version: str | None, alias: str | None
) -> None:
    started = await setting.service.start(NewExecution(reference, {"order": 7}))
    [call] = setting.aws.log
    assert call.arn.endswith(f":stateMachine:{reference}")
    assert (started.execution.version, started.execution.alias) == (version, alias)
    assert started.execution.id.machine == "orders"


async def test_one_key_is_one_execution_by_whatever_alias_it_is_started(setting: Setting) -> None:
    first = await setting.service.start(NewExecution("orders:live", None, key="once"))
    again = await setting.service.start(NewExecution("orders:test", None, key="once"))
    assert (again.replayed, again.execution.id) == (True, first.execution.id)
    assert (again.execution.version, again.execution.alias) == (None, None)
    assert len(set(setting.names)) == 1


async def test_what_may_be_anothers_start_says_no_alias(setting: Setting) -> None:
    """AWS answers a name that runs already as if it had been started now."""
    other = setting.another_process(knows_the_time=False)
    start = other.start(NewExecution("orders:live", None, name="mine"), patience_s=0)
    started = await setting.patient(start)
    assert (started.replayed, started.execution.alias) == (False, None)


async def test_a_missing_alias_is_named_at_a_start(setting: Setting) -> None:
    setting.aws.fail("start", StateMachineNotFound("There is no such state machine."))
    with pytest.raises(StateMachineNotFound, match="orders has no version or alias live"):
        await setting.service.start(NewExecution("orders:live", None))


async def test_an_input_is_held_against_the_machines_schema_by_any_alias(setting: Setting) -> None:
    with pytest.raises(InvalidInput):
        await setting.service.start(NewExecution("orders:live", "forbidden"))
