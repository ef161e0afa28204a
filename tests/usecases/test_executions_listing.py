"""Express executions; listing."""

from dataclasses import replace

import pytest

from service.core.errors import StateMachineNotFound, UnsupportedByType
from service.core.models import ExecutionStatus
from service.usecases.executions import NewExecution

from .starting import Setting


async def test_express_executions_are_never_replays(setting: Setting) -> None:
    for _ in range(2):
        started = await setting.service.start(NewExecution("quick", None, name="mine"))
        assert started.execution.id.express
        assert not started.replayed
    with pytest.raises(UnsupportedByType):
        await setting.service.start(NewExecution("quick", None, key="once"))


async def test_an_express_execution_runs_to_its_end(setting: Setting) -> None:
    id, result = await setting.service.start_sync(NewExecution("quick", {"order": 7}))
    assert str(id) == "quick:generated-1:run-1"
    assert result.status is ExecutionStatus.SUCCEEDED
    [call] = setting.aws.log
    assert call.given == {"name": "generated-1", "input": '{"order":7}'}


async def test_a_standard_execution_doesnt_answer_synchronously(setting: Setting) -> None:
    with pytest.raises(UnsupportedByType):
        await setting.service.start_sync(NewExecution("orders", None))


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


async def test_executions_are_listed_by_the_alias_or_version_that_started_them(
    setting: Setting,
) -> None:
    setting.aws.add("orders:plain")
    by_alias = setting.aws.add("orders:by-alias")
    setting.aws.executions[by_alias.arn] = replace(by_alias, version="3", alias="live")
    for reference in ("orders:3", "orders:live"):
        page = await setting.service.list_page(reference, None, 50, None)
        assert [item.id.name for item in page.items] == ["by-alias"]
    assert len((await setting.service.list_page("orders", None, 50, None)).items) == 2


async def test_a_missing_alias_is_named_in_a_list(setting: Setting) -> None:
    setting.aws.fail("list_page", StateMachineNotFound("There is no such state machine."))
    with pytest.raises(StateMachineNotFound, match="orders has no version or alias 9"):
        await setting.service.list_page("orders:9", None, 50, None)


async def test_an_express_execution_is_started_by_its_alias(setting: Setting) -> None:
    await setting.service.start_sync(NewExecution("quick:live", {"order": 7}))
    assert setting.aws.log[-1].arn.endswith(":stateMachine:quick:live")
