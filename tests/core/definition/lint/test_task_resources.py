"""What a Task calls is there, is waited for as it can be, and is given what it takes."""

from collections.abc import Mapping

import pytest

from handrail.core.definition.lint import lint
from handrail.core.definition.lint.aws_operations import OperationInput
from handrail.core.definition.lint.findings import Severity
from handrail.core.definition.lint.task_resources import INTEGRATIONS
from handrail.core.models import Json
from tests.core.definition.lint.linted import found
from tests.core.definitions import machine, task

STATES = "arn:aws:states:::"


class Api:
    """An API with one service."""

    def operations(self, service: str) -> Mapping[str, OperationInput] | None:
        takes = OperationInput(frozenset({"tablename", "item", "ttl"}), ("TableName", "Item"))
        return {"putItem": takes} if service == "dynamodb" else None


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("not-a-resource", {"Resource": "${lambdaArn"}),
        ("not-a-resource", {"Resource": "arn:aws:lambda"}),
        ("not-a-resource", {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:f:"}),
        ("not-a-resource", {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:f:$*#$1"}),
        ("unknown-integration", {"Resource": f"{STATES}sqs:sendMesage"}),
        ("unknown-integration", {"Resource": f"{STATES}lambda:invoke.waitForToken"}),
        ("unknown-pattern", {"Resource": f"{STATES}sqs:sendMessage.sync"}),
        ("unknown-pattern", {"Resource": f"{STATES}aws-sdk:ecs:runTask.sync"}),
        ("unknown-parameter", {"Parameters": {"FunctionName": "f", "Payloads.$": "$"}}),
        ("credentials-without-role", {"Credentials": {}}),
    ],
)
def test_it_is_an_error(code: str, fields: dict[str, Json]) -> None:
    finding = found({"A": task(**fields)})[code]

    assert (finding.severity, finding.state) == (Severity.ERROR, "A")


@pytest.mark.parametrize(
    "fields",
    [
        {"Resource": "${Function}"},
        {"Resource": "arn:${AWS::Partition}:states:::sqs:sendMessage"},
        {"Resource": "arn:aws:lambda:#{AWS::Region}:#{AWS::AccountId}:function:f"},
        {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:<function-name>"},
        {"Resource": "arn:aws:lambda:::function:slack"},
        {"Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f:$LATEST"},
        {"Resource": "arn:aws-us-gov:states:us-gov-west-1:123456789012:activity:sign off"},
        {"Resource": "arn:aws:swf:us-east-1:123456789012:task:X", "Credentials": {"flag": True}},
        {"Resource": f"{STATES}states:startExecution.sync:2"},
        {"Resource": f"{STATES}aws-sdk:s3:listBuckets", "Parameters": {}},
        {"Resource": "arn:aws:states:us-east-1:123456789012:aws-sdk:s3:listBuckets"},
        {"Resource": "arn:aws:states:us-east-1:123456789012:sqs:sendMessage", "Parameters": 1},
        {"Credentials": {"RoleArn.$": "$.role"}, "Parameters": {"FunctionName.$": "$.f"}},
    ],
)
def test_what_aws_takes_is_left_alone(fields: dict[str, Json]) -> None:
    errors = [each for each in found({"A": task(**fields)}).values() if each.severity == "error"]

    assert errors == []


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("resource-not-arn", {"Resource": "foo:bar"}),
        ("resource-not-arn", {"Resource": "createToken"}),
        ("unknown-service", {"Resource": f"{STATES}bedrockagentcore:invokeHarness"}),
        ("missing-parameter", {"Parameters": {"Payload.$": "$"}}),
    ],
)
def test_it_is_worth_saying(code: str, fields: dict[str, Json]) -> None:
    assert found({"A": task(**fields)})[code].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("dynamodb:putItem", None),
        ("dynamodb:putItems", "unknown-operation"),
        ("dynamo:putItem", "unknown-service"),
    ],
)
def test_aws_sdk_tasks_are_held_against_the_api(resource: str, code: str | None) -> None:
    definition = machine({"A": task(Resource=f"{STATES}aws-sdk:{resource}")})

    codes = {each.code for each in lint(definition, operations=Api())}

    assert codes & {"unknown-operation", "unknown-service"} == ({code} if code else set())


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"TableName": "t", "Item.$": "$", "Ttl": 1}, []),
        ({"TableName": "t", "Item": {}, "Items": []}, ["dynamodb:putItem takes no Items."]),
        ({"tableName": "t", "Item": {}}, ["AWS SDK tasks write TableName, not tableName."]),
        ({"Item": {}}, ["The field 'TableName' is required by dynamodb:putItem but was missing."]),
    ],
)
def test_an_aws_sdk_task_is_given_what_it_takes(parameters: Json, told: list[str]) -> None:
    resource = f"{STATES}aws-sdk:dynamodb:putItem"
    definition = machine({"A": task(Resource=resource, Parameters=parameters)})
    rules = {"doubtful-parameter", "missing-parameter"}

    findings = [each for each in lint(definition, operations=Api()) if each.code in rules]

    assert [each.message for each in findings] == told
    assert {each.severity for each in findings} <= {Severity.WARNING}


def test_every_optimised_integration_is_known() -> None:
    assert {"lambda:invoke", "sns:publish", "glue:startJobRun", "eks:call"} <= INTEGRATIONS.keys()
    for name, integration in INTEGRATIONS.items():
        for pattern in ("", *(f".{each}" for each in integration.patterns)):
            codes = found({"A": task(Resource=f"{STATES}{name}{pattern}")})
            assert not {"unknown-integration", "unknown-pattern"} & codes.keys(), name
