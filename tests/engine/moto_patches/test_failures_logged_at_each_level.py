"""What is logged of failures."""

import logging

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls

from .test_failures import parallel


@pytest.mark.asyncio(loop_scope="session")
async def test_the_interpreter_logs_no_failure(
    calls: Calls, caplog: pytest.LogCaptureFixture
) -> None:
    state = {"Type": "Task", "Resource": FUNCTION + "fail", "End": True}
    with caplog.at_level(logging.DEBUG, "moto.stepfunctions"):
        ended = await calls.run(parallel(state), {"what": "today"})
    assert ended["error"] == "Refused"
    assert "Refused" not in caplog.text
