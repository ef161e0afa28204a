"""Each failure of AWS, as it comes over the wire, is one fact of ours."""

from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError
from structlog.testing import capture_logs
from structlog.typing import EventDict

from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.aws.errors import translated
from handrail.core import errors
from handrail.core.errors import FieldError, ServiceError
from tests.stubs.stepfunctions import StepFunctionsStub

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:order:one"

TABLE = [
    ("StartExecution", "InvalidExecutionInput", errors.InvalidInput),
    ("StartExecution", "InvalidName", errors.InvalidName),
    ("StartExecution", "ValidationException", errors.InvalidRequest),
    ("StartExecution", "InvalidArn", errors.StateMachineNotFound),
    ("StartSyncExecution", "InvalidArn", errors.StateMachineNotFound),
    ("ListExecutions", "InvalidArn", errors.StateMachineNotFound),
    ("ListExecutions", "ResourceNotFound", errors.StateMachineNotFound),
    ("DescribeStateMachine", "InvalidArn", errors.StateMachineNotFound),
    ("DescribeStateMachine", "StateMachineDoesNotExist", errors.StateMachineNotFound),
    ("DescribeStateMachineForExecution", "InvalidArn", errors.ExecutionNotFound),
    ("DescribeExecution", "InvalidArn", errors.ExecutionNotFound),
    ("DescribeExecution", "ExecutionDoesNotExist", errors.ExecutionNotFound),
    ("GetExecutionHistory", "InvalidArn", errors.ExecutionNotFound),
    ("DescribeMapRun", "ResourceNotFound", errors.NotFound),
    ("GetActivityTask", "ActivityDoesNotExist", errors.NotFound),
    ("GetActivityTask", "InvalidArn", errors.NotFound),
    ("TagResource", "ResourceNotFound", errors.NotFound),
    ("GetExecutionHistory", "InvalidToken", errors.InvalidRequest),
    ("ListStateMachines", "InvalidToken", errors.InvalidRequest),
    ("SendTaskSuccess", "InvalidToken", errors.TaskNotFound),
    ("SendTaskHeartbeat", "InvalidToken", errors.TaskNotFound),
    ("SendTaskFailure", "TaskDoesNotExist", errors.TaskNotFound),
    ("SendTaskSuccess", "TaskTimedOut", errors.TaskTimedOut),
    ("SendTaskSuccess", "InvalidOutput", errors.InvalidOutput),
    ("StartExecution", "ExecutionAlreadyExists", errors.ExecutionConflict),
    ("RedriveExecution", "ExecutionNotRedrivable", errors.ExecutionNotRedrivable),
    ("StartExecution", "StateMachineDeleting", errors.StateMachineDeleting),
    ("StartSyncExecution", "StateMachineTypeNotSupported", errors.UnsupportedByType),
    ("UpdateStateMachine", "ConflictException", errors.Conflict),
    ("PublishStateMachineVersion", "ConflictException", errors.Conflict),
    ("PublishStateMachineVersion", "ServiceQuotaExceededException", errors.Conflict),
    ("CreateStateMachineAlias", "ServiceQuotaExceededException", errors.Conflict),
    ("DescribeStateMachineAlias", "ResourceNotFound", errors.StateMachineNotFound),
    ("CreateStateMachine", "StateMachineLimitExceeded", errors.Conflict),
    ("CreateStateMachine", "InvalidDefinition", errors.InvalidDefinition),
    ("StartExecution", "ExecutionLimitExceeded", errors.Throttled),
    ("StartExecution", "ThrottlingException", errors.Throttled),
    ("StartExecution", "TooManyRequestsException", errors.Throttled),
    ("StartExecution", "KmsThrottlingException", errors.Throttled),
    ("StartExecution", "AccessDeniedException", errors.UpstreamRefused),
    ("StartExecution", "ExpiredTokenException", errors.UpstreamExpired),
    ("StartExecution", "RequestExpired", errors.UpstreamExpired),
    ("StartExecution", "UnrecognizedClientException", errors.UpstreamRefused),
    ("StartExecution", "InvalidSignatureException", errors.UpstreamRefused),
    ("StartExecution", "KmsAccessDeniedException", errors.UpstreamRefused),
    ("SendMessage", "KMS.ThrottlingException", errors.Throttled),
    ("SendMessage", "KMS.AccessDeniedException", errors.UpstreamRefused),
    ("DeleteMessage", "KmsDisabled", errors.UpstreamRefused),
    ("Publish", "KMSInvalidState", errors.UpstreamRefused),
    ("Publish", "AuthorizationError", errors.UpstreamRefused),
    ("StartExecution", "UnknownOperationException", errors.UnsupportedByEndpoint),
    ("RedriveExecution", "InvalidAction", errors.UnsupportedByEndpoint),
    ("StartSyncExecution", "NotImplemented", errors.UnsupportedByEndpoint),
    ("ListMapRuns", "NotImplementedException", errors.UnsupportedByEndpoint),
    ("SendMessage", "UnsupportedOperation", errors.UnsupportedByEndpoint),
    ("GetItem", "UnknownOperation", errors.UnsupportedByEndpoint),
    ("StartExecution", "NeverHeardOfThis", errors.InvalidRequest),
]


@pytest.fixture
def log() -> Iterator[list[EventDict]]:
    with capture_logs() as entries:
        yield entries


def answered(
    operation: str,
    code: str,
    *,
    status: int = 400,
    message: str = "secret",
    headers: dict[str, str] | None = None,
    by: str | None = None,
) -> ServiceError:
    """What an error answer of AWS is translated to; `by` is the operation that got it."""
    metadata: Any = {"HTTPStatusCode": status, "HTTPHeaders": headers or {}, "RequestId": "r-1"}
    parsed: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}
    return raised(operation, ClientError(parsed, by or operation))


def raised(operation: str, error: Exception) -> ServiceError:
    with pytest.raises(ServiceError) as caught, translated(operation):
        raise error
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize(("operation", "code", "fact"), TABLE)
def test_each_code_is_a_fact_and_its_text_is_ours(
    operation: str, code: str, fact: type[ServiceError]
) -> None:
    error = answered(operation, code)
    assert type(error) is fact
    if fact is not errors.InvalidDefinition:
        assert "secret" not in str(error)


@pytest.mark.parametrize(("code", "status"), [("InvalidAction", 400), ("InternalFailure", 501)])
def test_an_operation_that_an_endpoint_lacks_is_named(code: str, status: int) -> None:
    error = answered("RedriveExecution", code, status=status)
    assert type(error) is errors.UnsupportedByEndpoint
    assert "RedriveExecution" in error.detail


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        (400, errors.InvalidRequest),
        (401, errors.UpstreamRefused),
        (403, errors.UpstreamRefused),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (413, errors.PayloadTooLarge),
        (418, errors.InvalidRequest),
        (429, errors.Throttled),
        (500, errors.Unavailable),
        (501, errors.UnsupportedByEndpoint),
        (502, errors.Unavailable),
        (503, errors.Unavailable),
    ],
)
def test_an_unknown_code_goes_by_its_status(status: int, fact: type[ServiceError]) -> None:
    assert type(answered("StartExecution", str(status), status=status)) is fact


@pytest.mark.parametrize(
    ("error", "fact"),
    [
        (ConnectTimeoutError(endpoint_url="u"), errors.Unavailable),
        (ReadTimeoutError(endpoint_url="u"), errors.Unavailable),
        (EndpointConnectionError(endpoint_url="u"), errors.Unavailable),
        (SSLError(endpoint_url="u", error=OSError()), errors.Unavailable),
        (aiohttp.ClientPayloadError("cut"), errors.Unavailable),
        (TimeoutError(), errors.Unavailable),
        (ConnectionResetError(), errors.Unavailable),
        (ResponseParserError("no JSON"), errors.Unavailable),
        (RuntimeError("Session is closed"), errors.Unavailable),
        (NoCredentialsError(), errors.UpstreamRefused),
        (ParamValidationError(report="secret"), errors.InvalidRequest),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_each_failure_without_an_answer_is_a_fact(
    error: Exception, fact: type[ServiceError]
) -> None:
    translation = raised("StartExecution", error)
    assert type(translation) is fact
    assert "secret" not in str(translation)


def test_what_may_succeed_later_says_when_to_come_back() -> None:
    assert answered("StartExecution", "ThrottlingException").retry_after_s == 1
    assert answered("StartExecution", "ExecutionLimitExceeded").retry_after_s == 10
    assert answered("StartExecution", "503", status=503).retry_after_s == 1
    assert raised("StartExecution", TimeoutError()).retry_after_s == 1
    hinted = answered("StartExecution", "SlowDown", headers={"retry-after": "7"})
    assert hinted.retry_after_s == 7
    assert hinted.retryable


def test_a_refusal_is_logged_with_its_reason_and_told_without(log: list[EventDict]) -> None:
    error = answered("StartExecution", "AccessDeniedException", message="User: arn:… is not")
    assert error.detail == "AWS refused this service's request; its operator has been told why."
    assert log == [
        {
            "event": "aws refused",
            "log_level": "error",
            "operation": "StartExecution",
            "aws_code": "AccessDeniedException",
            "aws_request_id": "r-1",
        }
    ]


def test_a_refusal_before_aws_was_asked_names_no_request(log: list[EventDict]) -> None:
    with pytest.raises(errors.UpstreamRefused), translated("StartExecution"):
        raise NoCredentialsError
    assert [line["event"] for line in log] == ["aws refused"]
    assert "aws_request_id" not in log[0]


def test_the_callers_own_mistakes_are_not_logged(log: list[EventDict]) -> None:
    for operation, code, fact in TABLE:
        if code != "NeverHeardOfThis" and not issubclass(fact, errors.UpstreamRefused):
            answered(operation, code)
    assert log == []


def test_a_failure_to_assume_the_role_is_no_fault_of_the_caller() -> None:
    error = answered("DescribeExecution", "ValidationError", by="AssumeRole")
    assert type(error) is errors.UpstreamRefused
    error = answered("DescribeExecution", "500", status=500, by="AssumeRole")
    assert type(error) is errors.Unavailable


def test_a_broken_rule_is_named_without_the_value_that_broke_it() -> None:
    message = (
        "2 validation errors detected: Value 'secret' at 'name' failed to satisfy constraint: "
        "Member must have length less than or equal to 80; Value 'secret' at 'maxResults' failed "
        "to satisfy constraint: Member must have value less than or equal to 1000"
    )
    error = answered("StartExecution", "ValidationException", message=message)
    assert error.errors == (
        FieldError("name", "Member must have length less than or equal to 80"),
        FieldError("maxResults", "Member must have value less than or equal to 1000"),
    )


def test_a_definitions_fault_is_told_in_awss_words() -> None:
    message = "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET at /States/A/Next'"
    error = answered("CreateStateMachine", "InvalidDefinition", message=message)
    assert str(error) == message


def test_what_is_ours_already_passes_as_it_is() -> None:
    error = errors.Draining("going")
    with pytest.raises(errors.Draining) as caught, translated("StartExecution"):
        raise error
    assert caught.value is error


@pytest.mark.parametrize(
    ("code", "status", "fact"),
    [
        ("AccessDeniedException", 400, errors.UpstreamRefused),
        ("com.amazon.coral.service#ThrottlingException", 400, errors.Throttled),
        ("InternalFailure", 500, errors.Unavailable),
    ],
)
async def test_codes_are_read_from_real_answers(
    clients: Clients, stub: StepFunctionsStub, code: str, status: int, fact: type[ServiceError]
) -> None:
    stub.fail_next("DescribeExecution", code=code, status=status, headers={"Retry-After": "3"})
    with pytest.raises(ServiceError) as caught, translated("DescribeExecution"):
        await clients.sfn.describe_execution(executionArn=EXECUTION)
    assert type(caught.value) is fact
    assert caught.value.retry_after_s == (
        3 if fact is errors.Throttled else caught.value.retry_after_s
    )


async def test_an_endpoint_nobody_listens_on_is_unavailable() -> None:
    config = AwsConfig(endpoint_url="http://127.0.0.1:1", max_attempts=1)
    async with open_clients(config) as clients:
        with pytest.raises(errors.Unavailable), translated("DescribeExecution"):
            await clients.sfn.describe_execution(executionArn=EXECUTION)


async def test_values_botocore_refuses_never_leave_the_house(
    clients: Clients, stub: StepFunctionsStub
) -> None:
    with pytest.raises(errors.InvalidRequest), translated("ListExecutions"):
        await clients.sfn.list_executions(stateMachineArn="", maxResults=10)
    assert not stub.calls


async def test_an_answer_that_is_none_is_unavailable(
    clients: Clients, stub: StepFunctionsStub
) -> None:
    stub.answer("DescribeExecution", lambda _: {"message": "<html>Sign in to the Wi-Fi</html>"})
    with pytest.raises(errors.Unavailable), translated("DescribeExecution"):
        await clients.sfn.describe_execution(executionArn=EXECUTION)
