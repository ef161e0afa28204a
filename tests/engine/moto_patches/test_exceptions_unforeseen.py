"""States that break as nobody foresaw."""

import pytest
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField

from handrail.engine.moto_patches.exceptions_unforeseen import evaluate_state
from tests.engine.engine_fixture import Calls, one_state

from .test_failures import where

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_value_with_no_json_fails_its_state_with_a_place_and_a_reason(calls: Calls) -> None:
    state = one_state(Type="Pass", Parameters={"n.$": "States.StringToJson('NaN')"})
    ended = await calls.run(state)
    assert ended["error"] == "States.Runtime"
    assert ended["cause"].startswith(where("A", 2))


async def test_every_state_is_evaluated_so() -> None:
    assert evaluate_state.__doc__
    assert callable(CommonStateField._eval_body)
