"""Express executions: started, run to their end, never replayed."""

from dataclasses import replace

import pytest

from handrail.core.errors import UnsupportedByType
from handrail.core.models import Execution, ExecutionStatus
from handrail.core.trace_context import TraceContext
from handrail.usecases.executions import NewExecution

from .starting import Setting

TRACE = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True)


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


async def test_one_that_ran_to_its_end_is_known_to_be_in_the_trace_it_was_asked_for(
    setting: Setting,
) -> None:
    noted: list[Execution] = []
    service = replace(setting.service, note_trace=noted.append)
    await service.start_sync(NewExecution("quick", None, trace=TRACE))
    await service.start_sync(NewExecution("quick", None))
    assert [(str(each.id), each.trace) for each in noted] == [("quick:generated-1:run-1", TRACE)]


async def test_a_standard_execution_doesnt_answer_synchronously(setting: Setting) -> None:
    with pytest.raises(UnsupportedByType):
        await setting.service.start_sync(NewExecution("orders", None))


async def test_an_express_execution_is_started_by_its_alias(setting: Setting) -> None:
    await setting.service.start_sync(NewExecution("quick:live", {"order": 7}))
    assert setting.aws.log[-1].arn.endswith(":stateMachine:quick:live")
