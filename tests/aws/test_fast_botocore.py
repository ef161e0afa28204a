"""The quick parser and signer answer what botocore's own do."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aioboto3
import pytest
from aiobotocore.config import AioConfig
from botocore.auth import AUTH_TYPE_MAPS, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, UnknownSignatureVersionError
from botocore.parsers import ResponseParserError
from types_aiobotocore_stepfunctions.client import SFNClient

from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.entrypoints.compose_aws import aws_config
from handrail.settings import Settings
from tests.stubs.stepfunctions import Received, StepFunctionsStub, event

STARTED = datetime(2026, 3, 1, 12, 0, 0, 125000, tzinfo=UTC)


@pytest.fixture
async def plain(stub: StepFunctionsStub) -> AsyncIterator[SFNClient]:
    """botocore as it comes."""
    session = aioboto3.Session(region_name="us-east-1")
    config = AioConfig(inject_host_prefix=False)
    async with session.client("stepfunctions", endpoint_url=stub.url, config=config) as client:
        yield client


class SameTime(SigV4Auth):
    """botocore's signer at the time a request was really signed."""

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = request.headers["X-Amz-Date"]


def expected_authorization(received: Received, url: str, body: bytes) -> str:
    """What botocore signs the same request with."""
    authorization = received.headers["Authorization"]
    signed = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
    headers = {name: text for name, text in received.headers.items() if name.lower() in signed}
    request = AWSRequest("POST", f"{url}/", headers=headers, data=body)
    credentials = Credentials(
        "AKIDEXAMPLE", "made-up", received.headers.get("X-Amz-Security-Token")
    )
    SameTime(credentials, "states", "us-east-1").add_auth(request)
    expected: str = request.headers["Authorization"]
    return expected


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("token", [None, "a/session+token=="])
async def test_every_attempt_is_signed_as_botocore_signs_it(
    environment: pytest.MonkeyPatch, stub: StepFunctionsStub, token: str | None, fast: bool
) -> None:
    if token:
        environment.setenv("AWS_SESSION_TOKEN", token)
    machine = stub.add_machine("order")
    stub.fail_next("StartExecution", code="ThrottlingException")
    config = AwsConfig(endpoint_url=stub.url, max_attempts=2, fast=fast)
    async with open_clients(config) as clients:
        await clients.sfn.start_execution(stateMachineArn=machine, name="ü", input='{"a": "ß"}')
    assert len(stub.requests) == 2
    for received in stub.requests:
        expected = expected_authorization(received, stub.url, received.raw)
        assert received.headers["Authorization"] == expected


OPERATIONS = ("StartExecution", "DescribeExecution")


async def endpoint_of(client: Any, operation: str) -> Any:
    model = client.meta.service_model.operation_model(operation)
    return await client._ruleset_resolver.construct_endpoint(
        operation_model=model, call_args={}, request_context={}
    )


async def both(clients: Clients, plain: SFNClient, method: str, **given: Any) -> list[Any]:
    """Our answer and botocore's, without what differs by call."""
    answers = [await getattr(client, method)(**given) for client in (clients.sfn, plain)]
    return [{k: v for k, v in answer.items() if k != "ResponseMetadata"} for answer in answers]


async def test_answers_read_as_botocore_reads_them(
    clients: Clients, plain: SFNClient, stub: StepFunctionsStub
) -> None:
    machine = stub.add_machine("order")
    arn = stub.add_execution("order", "one", started_at=STARTED)
    exited = {"name": "W", "output": "{}", "outputDetails": {"truncated": False}}
    variables = {"assignedVariables": {"a": "1"}, "assignedVariablesDetails": {"truncated": True}}
    stub.append(
        arn,
        event("ExecutionStarted", timestamp=STARTED, details={"input": '{"a": 1}'}),
        event("WaitStateExited", timestamp=STARTED, details=exited | variables),
        event("MapStateStarted", timestamp=STARTED, details={"length": 3}),
        event("ExecutionSucceeded", timestamp=STARTED + timedelta(days=400), details={}),
    )
    for method, given in {
        "get_execution_history": {"executionArn": arn},
        "describe_execution": {"executionArn": arn},
        "list_executions": {"stateMachineArn": machine},
        "list_state_machines": {},
        "describe_state_machine": {"stateMachineArn": machine},
    }.items():
        ours, theirs = await both(clients, plain, method, **given)
        assert ours == theirs


async def test_what_has_no_value_is_left_out(clients: Clients, stub: StepFunctionsStub) -> None:
    stub.add_machine("order")
    arn = stub.add_execution("order", "one")
    stub.append(arn, event("ExecutionFailed", details={"error": "E", "cause": None}))
    answer = await clients.sfn.get_execution_history(executionArn=arn)
    assert answer["events"][0]["executionFailedEventDetails"] == {"error": "E"}


async def test_times_are_aware_and_may_be_texts(clients: Clients, stub: StepFunctionsStub) -> None:
    stub.answer("StopExecution", lambda _: {"stopDate": "2026-03-01T12:00:00.125Z"})
    stub.answer("RedriveExecution", lambda _: {"redriveDate": STARTED.timestamp()})
    stopped = await clients.sfn.stop_execution(executionArn="a")
    redriven = await clients.sfn.redrive_execution(executionArn="a")
    assert stopped["stopDate"] == redriven["redriveDate"] == STARTED
    assert redriven["redriveDate"].tzinfo is UTC


@pytest.mark.parametrize("fast", [True, False])
async def test_turned_off_the_parser_and_the_endpoint_are_botocore_s(
    stub: StepFunctionsStub, fast: bool
) -> None:
    stub.answer("StopExecution", lambda _: {"stopDate": 5, "aMemberOfTomorrow": 1})
    async with open_clients(AwsConfig(endpoint_url=stub.url, fast=fast)) as clients:
        answer = await clients.sfn.stop_execution(executionArn="a")
        first, second = [await endpoint_of(clients.sfn, name) for name in OPERATIONS]
    assert ("aMemberOfTomorrow" in answer) is fast
    assert (first is second) is fast
    assert first.url == second.url


async def test_turned_off_the_signer_is_botocore_s(
    monkeypatch: pytest.MonkeyPatch, stub: StepFunctionsStub
) -> None:
    monkeypatch.delitem(AUTH_TYPE_MAPS, "handrail-v4")
    machine = stub.add_machine("order")
    async with open_clients(AwsConfig(endpoint_url=stub.url, fast=False)) as clients:
        await clients.sfn.start_execution(stateMachineArn=machine)
    async with open_clients(AwsConfig(endpoint_url=stub.url)) as clients:
        with pytest.raises(UnknownSignatureVersionError):
            await clients.sfn.start_execution(stateMachineArn=machine)


@pytest.mark.parametrize("fast", [True, False])
async def test_a_200_with_nothing_of_the_operation_in_it_is_no_answer(
    stub: StepFunctionsStub, fast: bool
) -> None:
    stub.answer("StopExecution", lambda _: {"message": "<html>Sign in to the Wi-Fi</html>"})
    async with open_clients(AwsConfig(endpoint_url=stub.url, fast=fast)) as clients:
        with pytest.raises(ResponseParserError, match="StopExecutionOutput"):
            await clients.sfn.stop_execution(executionArn="a")
        with pytest.raises(ClientError):  # an error has nothing of it either
            await clients.sfn.describe_execution(executionArn="nobody's")


@pytest.mark.parametrize("fast", ["true", "false"])
def test_it_is_turned_off_by_its_setting(monkeypatch: pytest.MonkeyPatch, fast: str) -> None:
    monkeypatch.setenv("HANDRAIL_AWS_FAST", fast)
    assert aws_config(Settings.read()).fast is (fast == "true")
