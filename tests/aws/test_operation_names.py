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
