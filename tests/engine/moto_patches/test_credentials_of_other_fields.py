"""Credentials with other fields than a role."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, one_state

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.mark.parametrize(
    "credentials", [{}, {"roleArn": "fizz:buzz"}, {"flag": True, "parts": {"a.$": "$.role"}}]
)
async def test_a_task_of_another_service_may_have_any(
    calls: Calls, credentials: dict[str, Any]
) -> None:
    ran = await calls.run(one_state(Type="Task", Resource="foo:bar", Credentials=credentials))
    assert ran["error"] == "Handrail.NotSupported"


@pytest.mark.parametrize("role", [{"RoleArn": ROLE}, {"RoleArn.$": "$.role"}])
async def test_the_role_counts_whatever_else_is_there(calls: Calls, role: dict[str, str]) -> None:
    given = {"flag": True, **role}
    task = one_state(Type="Task", Resource=FUNCTION + "echo", Credentials=given)
    ran = await calls.run(task, {"role": ROLE})
    assert json.loads(ran["output"]) == {"role": ROLE}
    events = await calls.history(ran["executionArn"])
    [scheduled] = [each for each in events if each["type"] == "LambdaFunctionScheduled"]
    details = scheduled["lambdaFunctionScheduledEventDetails"]
    assert details["taskCredentials"] == {"roleArn": ROLE}
