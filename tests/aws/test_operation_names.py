"""AWS's operations are known by the names that `aws-sdk` resources have."""

import pytest

from handrail.aws.operation_names import OperationNames


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("dynamodb", "putItem"),
        ("sfn", "startExecution"),
        ("eventbridge", "putEvents"),
        ("cloudwatchlogs", "createLogGroup"),
        ("bedrockruntime", "invokeModel"),
        ("rdsdata", "executeStatement"),
        ("cognitoidentityprovider", "adminGetUser"),
        ("elasticloadbalancingv2", "describeTargetHealth"),
    ],
)
def test_a_service_has_its_operations(service: str, operation: str) -> None:
    known = OperationNames().operations(service)

    assert known is not None
    assert operation in known
    assert "inventWheel" not in known


def test_a_service_that_is_none_is_not_known() -> None:
    assert OperationNames().operations("dynamo") is None


@pytest.mark.parametrize(
    ("service", "operation", "takes", "needs"),
    [
        ("s3", "putObject", "acl", ("Bucket", "Key")),
        ("ecs", "runTask", "clienttoken", ("TaskDefinition",)),
        ("sfn", "startExecution", "input", ("StateMachineArn",)),
        ("s3", "listBuckets", "prefix", ()),
        ("codecommit", "createPullRequest", "clientrequesttoken", ("Title", "Targets")),
    ],
)
def test_an_operation_says_what_it_takes_and_needs(
    service: str, operation: str, takes: str, needs: tuple[str, ...]
) -> None:
    known = OperationNames().operations(service)

    assert known is not None
    assert takes in known[operation].takes
    assert known[operation].needs == needs


def test_an_operation_may_take_nothing() -> None:
    known = OperationNames().operations("sts")

    assert known is not None
    assert known["getCallerIdentity"].takes == frozenset()
