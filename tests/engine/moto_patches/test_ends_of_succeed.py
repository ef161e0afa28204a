"""A Succeed that says again that it is an end, or what comes after it, is an end."""

import pytest

from tests.engine.engine_fixture import Calls

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("more", [{"End": True}, {"Next": "A"}])
async def test_a_succeed_ends_the_execution(calls: Calls, more: dict[str, object]) -> None:
    ended = await calls.run({"StartAt": "A", "States": {"A": {"Type": "Succeed", **more}}})

    assert ended["status"] == "SUCCEEDED"
