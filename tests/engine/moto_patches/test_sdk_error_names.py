import pytest

from handrail.engine.moto_patches.sdk_error_names import sdk_error
from handrail.engine.moto_patches.service_errors import FailedCall
from tests.engine.engine_fixture import Calls

from .task_runs import failures, task


def said(shape: str | None, status: int = 400, extended: str | None = None) -> FailedCall:
    return FailedCall(shape, "Code", "It is so", status, "r-1", extended)


@pytest.mark.parametrize(
    ("service", "action", "error", "name"),
    [
        ("s3", "getObject", said("NoSuchKey", 404), "S3.NoSuchKeyException"),
        ("s3", "headObject", said(None, 404), "S3.NoSuchKeyException"),
        ("s3", "headBucket", said(None, 404), "S3.NoSuchBucketException"),
        ("s3", "headObject", said(None, 403), "S3.S3Exception"),
        ("dynamodb", "putItem", said(None), "DynamoDb.DynamoDbException"),
        (
            "dynamodb",
            "putItem",
            said("ConditionalCheckFailedException"),
            "DynamoDb.ConditionalCheckFailedException",
        ),
        ("secretsmanager", "createSecret", said(None), "SecretsManager.SecretsManagerException"),
        ("sfn", "startExecution", said("InvalidToken"), "Sfn.InvalidTokenException"),
        ("ssm", "getParameter", said("ParameterNotFound"), "Ssm.ParameterNotFoundException"),
        (
            "cloudwatchlogs",
            "putLogEvents",
            said("ResourceNotFoundException"),
            "CloudWatchLogs.ResourceNotFoundException",
        ),
    ],
)
def test_an_error_has_the_sdk_s_name(
    service: str, action: str, error: FailedCall, name: str
) -> None:
    assert sdk_error(service, action, error)[0] == name


def test_a_cause_says_what_the_service_said_and_who_asked() -> None:
    _, cause = sdk_error("s3", "getObject", said("NoSuchKey", 404, "x-2"))
    about = "Service: S3, Status Code: 404, Request ID: r-1, Extended Request ID: x-2"
    assert cause == f"It is so ({about}) (SDK Attempt Count: 1)"


@pytest.mark.asyncio(loop_scope="session")
async def test_an_unknown_token_is_told_first(calls: Calls) -> None:
    token = {"TaskToken": "none", "Output": "no JSON"}
    [(error, cause)] = await failures(calls, task("aws-sdk:sfn:sendTaskSuccess", token))
    assert error == "Sfn.InvalidTokenException"
    assert cause.startswith("Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, ")
