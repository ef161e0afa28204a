"""Replays: the same state machine again, with the old input to the letter or with a new one."""

import asyncio
from datetime import timedelta

import pytest

from handrail.core.errors import (
    ExecutionConflict,
    ExecutionNotFound,
    InputUnavailable,
    InvalidInput,
    InvalidName,
    NotShownYet,
    Throttled,
    UnsupportedByType,
)
from handrail.core.machine_patterns import MachinePatterns
from handrail.core.models import ExecutionId, Json
from handrail.core.replay_names import replayed_by
from handrail.usecases.executions import NewExecution, Started
from handrail.usecases.replays import NewReplay, ReplayService
from tests.fakes import BEGIN, run_until_idle

from .live.stage import arn_of
from .starting import Setting

ODD = '{"n": 12345678901234567890.10, "e": 1E5, "b":\t"\\u00e9"}'
OLD = "orders:old"


@pytest.fixture
def replays(setting: Setting) -> ReplayService:
    setting.aws.add(OLD, input=ODD, started_at=BEGIN - timedelta(hours=1))
    return ReplayService(setting.catalogue, setting.aws, setting.service, setting.clock)


def inputs(setting: Setting) -> list[str | None]:
    return [call.given["input"] for call in setting.aws.log if call.operation == "start"]


async def test_the_old_input_is_passed_on_as_aws_has_it(
    setting: Setting, replays: ReplayService
) -> None:
    started = await replays.start(NewReplay(OLD))
    assert inputs(setting) == [ODD]
    assert started.execution.input == ODD
    assert not started.replayed
    assert replayed_by(started.execution.id) == ExecutionId.parse(OLD)


async def test_an_arn_names_the_execution_too(setting: Setting, replays: ReplayService) -> None:
    started = await replays.start(NewReplay(arn_of(OLD)))
    assert started.execution.id.machine == "orders"
    with pytest.raises(ExecutionNotFound):
        await replays.start(NewReplay(arn_of(OLD).replace("123456789012", "210987654321")))


async def test_one_of_a_machine_that_is_not_served_is_not_there(
    setting: Setting, replays: ReplayService
) -> None:
    setting.catalogue.served = MachinePatterns.parse("billing")
    with pytest.raises(ExecutionNotFound):
        await replays.start(NewReplay(OLD))
    assert inputs(setting) == []


@pytest.mark.parametrize("input", [{"new": 1}, None, []])
async def test_a_new_input_is_used_instead_null_too(
    setting: Setting, replays: ReplayService, input: Json
) -> None:
    await replays.start(NewReplay(OLD, keeps_input=False, input=input))
    [text] = inputs(setting)
    assert text == {"[]": "[]", "None": "null"}.get(str(input), '{"new":1}')


async def test_the_same_key_starts_one_replay_of_each_execution(
    setting: Setting, replays: ReplayService
) -> None:
    setting.aws.add("orders:other", input=ODD)
    first = await replays.start(NewReplay(OLD, key="k"))
    again = await replays.start(NewReplay(OLD, key="k"))
    other = await replays.start(NewReplay("orders:other", key="k"))
    assert (first.replayed, again.replayed, other.replayed) == (False, True, False)
    assert first.execution.id == again.execution.id != other.execution.id
    assert replayed_by(other.execution.id) == ExecutionId.parse("orders:other")
    with pytest.raises(ExecutionConflict):
        await replays.start(NewReplay(OLD, keeps_input=False, input=1, key="k"))


async def test_without_a_key_every_replay_is_another_execution(
    setting: Setting, replays: ReplayService
) -> None:
    started = [await replays.start(NewReplay(OLD)) for _ in range(3)]
    assert len({each.execution.id for each in started}) == 3


async def test_a_name_is_the_caller_s_own(setting: Setting, replays: ReplayService) -> None:
    started = await replays.start(NewReplay(OLD, name="mine"))
    assert str(started.execution.id) == "orders:mine"
    with pytest.raises(InvalidName):
        await replays.start(NewReplay(OLD, name="a b"))
    with pytest.raises(ExecutionConflict) as refused:  # AWS would answer the old one, still running
        await replays.start(NewReplay(OLD, name="old"))
    assert [error.path for error in refused.value.errors] == ["name"]


async def test_a_name_too_long_to_be_carried_on_is_replayed_under_another(
    setting: Setting, replays: ReplayService
) -> None:
    setting.aws.add(f"orders:{'n' * 80}", input="{}")
    for key in (None, "k"):
        started = await replays.start(NewReplay(f"orders:{'n' * 80}", key=key))
        assert replayed_by(started.execution.id) is None
    assert len({*setting.names}) == 2
    assert (await replays.start(NewReplay(f"orders:{'n' * 80}", key="k"))).replayed


async def test_what_has_no_input_to_be_had_is_refused_in_words(
    setting: Setting, replays: ReplayService
) -> None:
    setting.aws.add("orders:hidden", input=None)
    setting.aws.add("orders:cut", input='{"a": "bc')
    for id in ("orders:hidden", "orders:cut"):
        with pytest.raises(InputUnavailable):
            await replays.start(NewReplay(id))
        await replays.start(NewReplay(id, keeps_input=False, input={}))
    assert inputs(setting) == ["{}", "{}"]


async def test_an_old_input_that_breaks_the_schema_by_now_is_refused(
    setting: Setting, replays: ReplayService
) -> None:
    setting.aws.add("orders:forbidden", input='"forbidden"')
    with pytest.raises(InvalidInput):
        await replays.start(NewReplay("orders:forbidden"))


@pytest.mark.parametrize("id", ["quick:one:run-1", "orders/Each:one"])
async def test_express_executions_and_items_cant_be_replayed(
    setting: Setting, replays: ReplayService, id: str
) -> None:
    with pytest.raises(UnsupportedByType):
        await replays.start(NewReplay(id))
    assert not setting.aws.calls


async def test_what_isnt_shown_yet_is_looked_for_for_three_seconds(
    setting: Setting, replays: ReplayService
) -> None:
    async def replayed(id: str) -> Started:
        return await replays.start(NewReplay(id))

    task = asyncio.create_task(replayed("orders:fresh"))
    await setting.clock.advance(1)
    setting.aws.add("orders:fresh")
    await setting.clock.advance(2)
    assert (await task).execution.input == "{}"
    nothing = asyncio.create_task(replayed("orders:nothing"))
    await setting.clock.advance(2.9)
    assert not nothing.done()
    await setting.clock.advance(0.2)
    await run_until_idle()
    with pytest.raises(ExecutionNotFound):
        await nothing


async def test_what_was_started_here_a_moment_ago_isnt_missing(
    setting: Setting, replays: ReplayService
) -> None:
    started = await setting.service.start(NewExecution("orders", {}))
    setting.aws.fail("describe", *[ExecutionNotFound("not shown")] * 9)
    replaying = asyncio.create_task(replays.start(NewReplay(str(started.execution.id))))
    await setting.clock.advance(3.1)
    await run_until_idle()
    with pytest.raises(NotShownYet):
        await replaying


async def test_an_outage_is_told_at_once(setting: Setting, replays: ReplayService) -> None:
    setting.aws.fail("describe", Throttled("AWS says wait"))
    with pytest.raises(Throttled):
        await replays.start(NewReplay(OLD))
