"""Names, ARNs and URLs of a template's resources."""

from typing import Any

import pytest

from handrail.usecases.machine_sources.stack_resources import (
    Resource,
    attribute_of,
    physical_name,
    reference_to,
)

HERE = "${REGION}:${ACCOUNT_ID}"


def told(_: str) -> None:
    raise AssertionError("nothing is made up")


def plain(node: Any) -> Any:
    return node


@pytest.mark.parametrize(
    ("kind", "reference", "arn"),
    [
        ("Lambda::Function", "Shop-X", f"lambda:{HERE}:function:Shop-X"),
        ("DynamoDB::Table", "Shop-X", f"dynamodb:{HERE}:table/Shop-X"),
        ("S3::Bucket", "shop-x", "s3:::shop-x"),
        (
            "SQS::Queue",
            "https://sqs.${REGION}.${URL_SUFFIX}/${ACCOUNT_ID}/Shop-X",
            f"sqs:{HERE}:Shop-X",
        ),
        ("IAM::Role", "Shop-X", "iam::${ACCOUNT_ID}:role/Shop-X"),
        ("Events::EventBus", "Shop-X", f"events:{HERE}:event-bus/Shop-X"),
        ("StepFunctions::Activity", None, f"states:{HERE}:activity:Shop-X"),
        ("StepFunctions::StateMachine", None, f"states:{HERE}:stateMachine:Shop-X"),
        ("SNS::Topic", None, f"sns:{HERE}:Shop-X"),
        ("Batch::JobQueue", None, f"batch:{HERE}:job-queue/Shop-X"),
        ("ECS::TaskDefinition", None, f"ecs:{HERE}:task-definition/Shop-X:1"),
    ],
)
def test_a_reference_is_the_name_or_the_arn_as_its_type_has_it(
    kind: str, reference: str | None, arn: str
) -> None:
    resource = Resource("X", f"AWS::{kind}", {}, "Shop")
    full = f"arn:${{PARTITION}}:{arn}"
    assert reference_to(resource, plain, told) == (reference or full)
    assert attribute_of(resource, "Arn", plain, told) == full


def test_a_name_that_is_given_is_the_name() -> None:
    table = Resource("X", "AWS::DynamoDB::Table", {"TableName": "orders"}, "Shop")
    parameter = Resource("P", "AWS::SSM::Parameter", {"Name": "/a/b", "Value": "v"})
    assert (
        reference_to(table, plain, told)
        == attribute_of(table, "TableName", plain, told)
        == "orders"
    )
    assert attribute_of(parameter, "Arn", plain, told).endswith(":parameter/a/b")
    assert attribute_of(parameter, "Value", plain, told) == "v"


def test_a_fifo_queue_s_name_ends_as_it_must() -> None:
    for fifo in (True, "true"):
        assert (
            physical_name(Resource("Q", "AWS::SQS::Queue", {"FifoQueue": fifo}), plain) == "Q.fifo"
        )
    assert physical_name(Resource("Q", "AWS::SQS::Queue", {"FifoQueue": False}), plain) == "Q"


def test_an_alias_or_a_version_is_that_of_its_function() -> None:
    function = f"arn:${{PARTITION}}:lambda:{HERE}:function:weigh"
    version = Resource("V", "AWS::Lambda::Version", {"FunctionName": "weigh"})
    alias = Resource("A", "AWS::Lambda::Alias", {"FunctionName": function, "Name": "live"})
    assert reference_to(version, plain, told) == f"{function}:1"
    assert reference_to(alias, plain, told) == f"{function}:live"


def test_an_arn_that_nobody_knows_is_made_up_and_said() -> None:
    notes: list[str] = []
    api = Resource("Api", "AWS::WAFv2::WebACL", {})
    made_up = attribute_of(api, "Arn", plain, notes.append)
    assert made_up == f"arn:${{PARTITION}}:wafv2:{HERE}:Api"
    assert notes == [f"'{made_up}' stands for Api.Arn, which AWS alone knows."]
