"""What tasks find on the engine: queues, topics, buckets, tables, parameters and secrets."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handrail.core.definition.machine_file import MachineFile
from handrail.core.errors import InvalidDefinition, InvalidName
from handrail.engine.errors import EngineError
from handrail.engine.seeds import Seeding, Seeds

from .engine_fixture import Calls

ALL = {
    "queues": ["asked-${ENVIRONMENT}", "in-order.fifo"],
    "topics": ["told-${ENVIRONMENT}"],
    "buckets": ["seeded-files"],
    "tables": {
        "seeded-${ENVIRONMENT}": {
            "partition_key": "id",
            "sort_key": "at:N",
            "indexes": {"by-kind": {"partition_key": "kind"}},
        }
    },
    "parameters": {"/seeded/${ENVIRONMENT}": "in ${ENVIRONMENT}"},
    "secrets": {"seeded": {"user": "${ENVIRONMENT}"}},
}


def seeds(**given: Any) -> Seeds:
    return Seeds.of(MachineFile.model_validate({"name": "x", **given}), {"ENVIRONMENT": "test"})


def test_names_and_values_are_filled_in() -> None:
    found = seeds(**ALL)
    assert found.queues == {"asked-test", "in-order.fifo"}
    assert found.parameters == {"/seeded/test": "in test"}
    assert json.loads(found.secrets["seeded"]) == {"user": "test"}
    with pytest.raises(InvalidDefinition, match="GONE"):
        seeds(topics=["${GONE}"])
    with pytest.raises(InvalidName, match=r"no queue's"):
        seeds(queues=["a b"])


@pytest.mark.asyncio(loop_scope="session")
async def test_the_engine_has_what_a_machine_json_asks_for(calls: Calls) -> None:
    """The probe's machine.json asks for one of each."""
    tasks = {
        "Table": ("dynamodb:describeTable", {"TableName": "probe-table"}, "$.Table.KeySchema"),
        "Parameter": ("ssm:getParameter", {"Name": "/probe"}, "$.Parameter.Value"),
        "Secret": ("secretsmanager:getSecretValue", {"SecretId": "probe"}, "$.SecretString"),
        "Bucket": ("s3:headBucket", {"Bucket": "probe-bucket"}, None),
        "Topic": ("sns:listTopics", {}, "$.Topics[*].TopicArn"),
    }
    branches = [
        {
            "StartAt": name,
            "States": {
                name: {
                    "Type": "Task",
                    "Resource": f"arn:aws:states:::aws-sdk:{operation}",
                    "Parameters": parameters,
                    "OutputPath": path,
                    "End": True,
                }
            },
        }
        for name, (operation, parameters, path) in tasks.items()
    ]
    definition = {
        "StartAt": "All",
        "States": {"All": {"Type": "Parallel", "Branches": branches, "End": True}},
    }
    ended = await calls.run(definition)
    assert ended["status"] == "SUCCEEDED", ended
    keys, parameter, secret, _, topics = json.loads(ended["output"])
    assert [key["AttributeName"] for key in keys] == ["id", "at"]
    assert (parameter, json.loads(secret)) == ("seen", {"user": "probe"})
    assert any(topic.endswith(":probe-topic") for topic in topics)


class Recording:
    """Clients that note what they are asked for, and refuse one name."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, service: str) -> "Recording":
        return self

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> None:
            self.asked.append((operation, arguments))
            if arguments.get("Bucket") == "no":
                error = {"Error": {"Code": "InvalidBucketName", "Message": "Not valid."}}
                raise ClientError(error, operation)  # type: ignore[arg-type] # what botocore gives

        return call


def test_each_is_created_once_as_aws_has_it() -> None:
    clients = Recording()
    seeding = Seeding(clients)
    for _ in range(2):
        seeding.create(seeds(**ALL))
    asked = dict(clients.asked[2:])
    assert len(clients.asked) == 7
    assert clients.asked[1] == (
        "create_queue",
        {"QueueName": "in-order.fifo", "Attributes": {"FifoQueue": "true"}},
    )
    table = asked["create_table"]
    assert table["AttributeDefinitions"] == [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "N"},
        {"AttributeName": "kind", "AttributeType": "S"},
    ]
    assert [key["KeyType"] for key in table["KeySchema"]] == ["HASH", "RANGE"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-kind"]


def test_what_aws_refuses_and_what_means_two_things_is_said() -> None:
    seeding = Seeding(Recording())
    with pytest.raises(EngineError, match=r"no can't be created: Not valid\."):
        seeding.create(seeds(buckets=["no"]))
    seeding.create(seeds(parameters={"/p": "1"}))
    with pytest.raises(EngineError, match=r"/p: another state machine describes it otherwise"):
        seeding.create(seeds(parameters={"/p": "2"}))
