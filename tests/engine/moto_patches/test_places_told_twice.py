"""Where a failure deep inside happened."""

import pytest

from tests.engine.engine_fixture import Calls

from .test_failures import INPUT, WAIT, mapped, where

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_cause_names_the_innermost_state_alone(calls: Calls) -> None:
    cause = (await calls.run(mapped(WAIT), INPUT))["cause"]
    assert cause.startswith(where("B", 5))
    assert cause.count("An error occurred") == 1
