"""Starts as a test case of the embedded engine's."""

import pytest

from handrail.core.errors import ExecutionConflict, InvalidRequest
from handrail.usecases.executions import NewExecution
from handrail.usecases.local_engine import LocalEngine

from .starting import Setting

LOCAL = LocalEngine(lambda _: {"HappyPath", "SadPath"}, lambda _: (), ())


def start(case: str, name: str | None = None) -> NewExecution:
    return NewExecution("orders", None, name, case=case)


async def test_the_case_stands_behind_the_state_machine_s_arn(setting: Setting) -> None:
    setting.service.catalogue.local = LOCAL
    await setting.service.start(start("HappyPath"))
    assert setting.aws.log[-1].arn.endswith(":stateMachine:orders#HappyPath")


@pytest.mark.parametrize(
    ("local", "problem"),
    [
        (None, "Test cases are for the embedded engine"),
        (LOCAL, "The state machine orders has no such test case. It has HappyPath, SadPath."),
        (LocalEngine(lambda _: (), lambda _: (), ()), "none: handrail dev --mocks reads some"),
    ],
)
async def test_a_case_that_cannot_be_is_refused(
    setting: Setting, local: LocalEngine | None, problem: str
) -> None:
    setting.service.catalogue.local = local
    with pytest.raises(InvalidRequest, match=problem) as caught:
        await setting.service.start(start("Missing"))
    assert [error.path for error in caught.value.errors] == ["case"]
    assert setting.aws.log == []


async def test_a_name_belongs_to_the_case_it_was_used_with(setting: Setting) -> None:
    setting.service.catalogue.local = LOCAL
    started = await setting.service.start(start("HappyPath", name="mine"))
    setting.aws.end(str(started.execution.id))  # AWS answers a conflict from now on
    again = await setting.service.start(start("HappyPath", name="mine"))
    assert again.replayed
    with pytest.raises(ExecutionConflict):
        await setting.service.start(start("SadPath", name="mine"))
