"""What a template creates besides state machines and functions."""

from typing import Any

from handrail.core.definition.machine_file import MachineFile
from handrail.usecases.machine_sources.stack_resources import Resource
from handrail.usecases.machine_sources.stack_seeds import seeds_of
from handrail.usecases.machine_sources.stack_values import StackValues


def seeds(**resources: tuple[str, dict[str, Any]]) -> tuple[dict[str, Any], tuple[str, ...]]:
    made = [Resource(name, f"AWS::{kind}", given) for name, (kind, given) in resources.items()]
    return seeds_of(made, StackValues("stack", {}, {}, {}, {}))


def test_they_are_what_machine_json_can_say() -> None:
    def schema(*names: str) -> list[dict[str, str]]:
        kinds = ("HASH", "RANGE")
        return [{"AttributeName": n, "KeyType": k} for n, k in zip(names, kinds, strict=False)]

    types = [{"AttributeName": n, "AttributeType": t} for n, t in (("id", "S"), ("at", "N"))]
    table = {
        "AttributeDefinitions": types,
        "KeySchema": schema("id", "at"),
        "LocalSecondaryIndexes": [{"IndexName": "i", "KeySchema": schema("id")}],
    }
    found, notes = seeds(
        Queue=("SQS::Queue", {}),
        Topic=("SNS::Topic", {"TopicName": "told"}),
        Bucket=("S3::Bucket", {}),
        Clerk=("StepFunctions::Activity", {"Name": "clerk"}),
        Table=("DynamoDB::Table", table),
        Simple=("Serverless::SimpleTable", {}),
        Wish=("SSM::Parameter", {"Name": "/wish", "Value": 3}),
        Key=("SecretsManager::Secret", {"SecretString": "s"}),
        Made=("SecretsManager::Secret", {"GenerateSecretString": {}}),
        Role=("IAM::Role", {}),
    )
    assert notes == ()
    assert found == {
        "queues": ["Queue"],
        "topics": ["told"],
        "buckets": ["bucket"],
        "activities": ["clerk"],
        "tables": {
            "Table": {
                "partition_key": "id:S",
                "sort_key": "at:N",
                "indexes": {"i": {"partition_key": "id:S"}},
            },
            "Simple": {"partition_key": "id:S"},
        },
        "parameters": {"/wish": "3"},
        "secrets": {"Key": "s", "Made": "made-up"},
    }
    assert MachineFile.model_validate({"name": "x", **found}).buckets == ["bucket"]


def test_one_that_cannot_be_created_is_noted() -> None:
    found, notes = seeds(
        Queue=("SQS::Queue", {"QueueName": {"Ref": "Gone"}}), Table=("DynamoDB::Table", {})
    )
    assert found == {}
    assert notes == (
        "Queue isn't created: Gone is no parameter and no resource of the template.",
        "Table isn't created: it isn't as a AWS::DynamoDB::Table is written.",
    )
