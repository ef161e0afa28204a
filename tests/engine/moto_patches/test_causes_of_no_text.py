"""Causes that aren't texts."""

import pytest

from tests.engine.engine_fixture import Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_cause_that_is_an_object_is_told_as_json(calls: Calls) -> None:
    state = one_state(
        Type="Task",
        Resource="arn:aws:states:::events:putEvents",
        Parameters={"Entries": [{"Detail": {}, "DetailType": "x"}]},
    )
    ended = await calls.run(state)
    assert (ended["status"], ended["error"]) == ("FAILED", "EventBridge.FailedEntry")
    assert ended["cause"].startswith("{")
