"""What the engine answers itself, and what it refuses."""

import json

import aiohttp
import pytest

from tests.engine.engine_fixture import PASS, Calls, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_the_engine_does_not_do_is_said(calls: Calls) -> None:
    machine = await calls.create(PASS, publish=True)
    version = {"stateMachineVersionArn": f"{machine}:1", "weight": 100}
    made = await calls.sfn.create_state_machine_alias(name="live", routingConfiguration=[version])
    alias = made["stateMachineAliasArn"]
    code, message = await refusal(calls.sfn.describe_state_machine(stateMachineArn=alias))
    assert code == "NotImplementedException"
    assert "embedded engine doesn't serve" in message


@pytest.mark.parametrize(
    ("body", "problem"), [(b"{", "The body isn't JSON."), (b"[]", "The body isn't a JSON object.")]
)
async def test_a_request_that_is_no_json_object_is_refused(
    calls: Calls, body: bytes, problem: str
) -> None:
    headers = {"X-Amz-Target": "AWSStepFunctions.ListActivities"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(calls.engine.endpoint_url, data=body, headers=headers) as answer,
    ):
        said = await answer.json(content_type=None)
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "SerializationException")
    assert said["message"] == problem


async def test_an_unsigned_request_is_of_the_engine_s_region(calls: Calls) -> None:
    machine = await calls.create(PASS)
    headers = {"X-Amz-Target": "AWSStepFunctions.DescribeStateMachine"}
    body = json.dumps({"stateMachineArn": machine}).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(calls.engine.endpoint_url, data=body, headers=headers) as answer,
    ):
        described = await answer.json(content_type=None)
    assert described["stateMachineArn"] == machine


async def test_an_invocation_may_be_a_dry_run(calls: Calls) -> None:
    answer = await calls.functions.invoke(FunctionName="fail", InvocationType="DryRun")
    assert answer["StatusCode"] == 204
