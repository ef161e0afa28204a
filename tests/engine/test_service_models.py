"""Names of services, errors and fields, as AWS's SDKs for Java have them."""

import pytest

from handrail.engine import service_models


@pytest.mark.parametrize(
    ("named", "botocore", "sdk"),
    [
        ("sfn", "stepfunctions", "Sfn"),
        ("states", "stepfunctions", "Sfn"),
        ("dynamodb", "dynamodb", "DynamoDb"),
        ("dynamoDb", "dynamodb", "DynamoDb"),
        ("secretsmanager", "secretsmanager", "SecretsManager"),
        ("s3", "s3", "S3"),
        ("eventbridge", "events", "EventBridge"),
        ("cloudwatchevents", "events", "EventBridge"),
        ("cloudwatchlogs", "logs", "CloudWatchLogs"),
        ("bedrockruntime", "bedrock-runtime", "BedrockRuntime"),
        ("cognitoidentityprovider", "cognito-idp", "CognitoIdentityProvider"),
        ("elasticloadbalancingv2", "elbv2", "ElasticLoadBalancingV2"),
        ("sesv2", "sesv2", "SesV2"),
        ("wafv2", "wafv2", "Wafv2"),
        ("databasemigration", "dms", "DatabaseMigration"),
        ("config", "config", "Config"),
        ("directory", "ds", "Directory"),
        ("nothing", "nothing", "nothing"),
    ],
)
def test_a_service_is_found_by_the_sdk_s_name(named: str, botocore: str, sdk: str) -> None:
    assert service_models.botocore_name(named) == botocore
    assert service_models.sdk_service_name(named) == sdk


@pytest.mark.parametrize(
    ("service", "action", "operation", "method"),
    [
        ("rds", "describeDBInstances", "DescribeDBInstances", "describe_db_instances"),
        ("s3", "listObjectsV2", "ListObjectsV2", "list_objects_v2"),
        ("cloudwatchlogs", "createLogGroup", "CreateLogGroup", "create_log_group"),
    ],
)
def test_an_operation_is_found_by_its_name(
    service: str, action: str, operation: str, method: str
) -> None:
    found = service_models.operation_model(service, action)
    assert found is not None
    assert found.name == operation
    assert service_models.method_name(service, action) == method


def test_what_is_not_there_has_no_model_and_keeps_its_name() -> None:
    assert service_models.operation_model("s3", "bringMeTheMoon") is None
    assert service_models.operation_model("nothing", "doIt") is None
    assert service_models.method_name("nothing", "doIt") == "do_it"


@pytest.mark.parametrize(
    ("shape", "exception"),
    [
        ("NoSuchKey", "NoSuchKeyException"),
        ("ResourceNotFoundException", "ResourceNotFoundException"),
        ("DBInstanceNotFoundFault", "DbInstanceNotFoundException"),
        ("KMSDisabledException", "KmsDisabledException"),
        ("S3", "S3Exception"),
    ],
)
def test_an_exception_is_named_by_its_shape(shape: str, exception: str) -> None:
    assert service_models.sdk_exception_name(shape) == exception


@pytest.mark.parametrize(
    ("member", "sdk", "optimised"),
    [
        ("executionArn", "ExecutionArn", "ExecutionArn"),
        ("ARN", "Arn", "ARN"),
        ("ETag", "ETag", "ETag"),
        ("BOOL", "Bool", "BOOL"),
        ("NULL", "Nul", "NULL"),
        ("S", "S", "S"),
        ("MD5OfMessageBody", "Md5OfMessageBody", "MD5OfMessageBody"),
        ("SSEKMSKeyId", "SsekmsKeyId", "SSEKMSKeyId"),
        ("sizeInGiB", "SizeInGiB", "SizeInGiB"),
        ("EnableIAMDatabaseAuthentication",) * 3,
    ],
)
def test_a_field_is_named_by_its_member(member: str, sdk: str, optimised: str) -> None:
    assert service_models.sdk_field_name(member) == sdk
    assert service_models.field_name(member) == optimised
