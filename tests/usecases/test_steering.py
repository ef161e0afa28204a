"""Express executions; listing, stopping and redriving."""

import pytest

from service.core.errors import (
    ExecutionNotFound,
    InvalidRequest,
    StateMachineNotFound,
    UnsupportedByType,
)
from service.core.models import ExecutionStatus
from service.usecases.executions import (
    ExecutionService,
    Start,
)

from .live.stage import Stage, arn_of
from .starting import Setting


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
