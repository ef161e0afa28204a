"""Starts, as they are counted."""

from dataclasses import replace

import pytest

from handrail.core.errors import (
    ExecutionConflict,
    InvalidInput,
    InvalidName,
    StateMachineNotFound,
    Throttled,
    Unavailable,
)
from handrail.core.models import Execution, MachineType
from handrail.usecases.executions import ExecutionService, NewExecution
from tests.fakes import machine

from .metering import NotedMeter
from .starting import Setting


@pytest.fixture
def meter() -> NotedMeter:
    return NotedMeter()


@pytest.fixture
def service(setting: Setting, meter: NotedMeter) -> ExecutionService:
    return replace(setting.service, meter=meter)


async def test_a_start_counts_by_its_outcome(
    setting: Setting, service: ExecutionService, meter: NotedMeter
) -> None:
    await service.start(NewExecution("orders", 1, "mine"))
    await service.start(NewExecution("orders:3", 1, "mine"))
    with pytest.raises(ExecutionConflict):
        await service.start(NewExecution("orders", 2, "mine"))
    with pytest.raises(InvalidInput):
        await service.start(NewExecution("orders", "forbidden"))
    for error in (Throttled("Slow down."), Unavailable("It fails.")):
        setting.aws.fail("start", error)
        with pytest.raises(type(error)):
            await service.start(NewExecution("orders", 1))
    outcomes = ["started", "replayed", "conflict", "refused", "throttled", "failed"]
    assert meter.starts == [("orders", outcome) for outcome in outcomes]


async def test_a_name_that_nobody_knows_isn_t_counted_as_one(
    service: ExecutionService, meter: NotedMeter
) -> None:
    await service.start(NewExecution("orders", 1))
    for name in ("made-up", "arn:aws:states:eu-west-1:1:stateMachine:orders", "arn:", "orders:?"):
        with pytest.raises(StateMachineNotFound):
            await service.start(NewExecution(name, 1))
    with pytest.raises(InvalidName):
        await service.start(NewExecution("made-up", 1, "*"))
    assert meter.starts[1:] == [(None, "not_found")] * 4 + [(None, "refused")]


async def test_what_was_run_to_its_end_is_told(
    setting: Setting, service: ExecutionService, meter: NotedMeter
) -> None:
    setting.machines.machines["quick"] = machine("quick", MachineType.EXPRESS)
    ended: list[Execution] = []
    id, result = await replace(service, ended=ended.append).start_sync(NewExecution("quick", 1))
    assert meter.starts == [("quick", "started")]
    [execution] = ended
    assert (execution.id, execution.status) == (id, result.status)
    assert (execution.started_at, execution.stopped_at) == (result.started_at, result.stopped_at)
