"""Timeouts that are no number of seconds."""

from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state

from .test_failures import where

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("value", ["one", 0, -1, 1.5, True, None])
async def test_a_timeout_is_a_positive_integer(calls: Calls, value: Any) -> None:
    state = one_state(Type="Task", Resource=FUNCTION + "echo", TimeoutSecondsPath="$.t")
    ended = await calls.run(state, {"t": value})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    cause = "The TimeoutSecondsPath parameter does not reference a positive integer: $.t"
    assert ended["cause"] == where("A", 2) + cause
