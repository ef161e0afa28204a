"""Which wildcard takes what, in Retry and Catch."""

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state

from .test_failures_names import caught

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("wildcard", "handler", "status"),
    [
        ("States.TaskFailed", "fail", "SUCCEEDED"),
        ("States.TaskFailed", "too-long", "FAILED"),
        ("States.ALL", "too-long", "SUCCEEDED"),
    ],
)
async def test_a_wildcard_takes_what_it_does_on_aws(
    calls: Calls, wildcard: str, handler: str, status: str
) -> None:
    state = one_state(Type="Task", Resource=FUNCTION + handler)
    assert (await calls.run(caught(state, wildcard), {"what": "today"}))["status"] == status
