"""Where a state was entered that failed long after."""

from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state

from .test_failures import where

pytestmark = pytest.mark.asyncio(loop_scope="session")

SELECTOR = {"ResultSelector": {"m.$": "$.nope"}}
STATES: dict[str, dict[str, Any]] = {
    "a Parallel": {"Type": "Parallel", "Branches": [one_state("Inner", Type="Pass")]},
    "a task": {"Type": "Task", "Resource": FUNCTION + "echo"},
}


@pytest.mark.parametrize("name", STATES)
async def test_a_cause_tells_the_entry_and_not_the_last_event(calls: Calls, name: str) -> None:
    ended = await calls.run(one_state(**STATES[name], **SELECTOR))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert ended["cause"].startswith(where("A", 2) + "The JSONPath '$.nope'")
