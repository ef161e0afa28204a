"""Lists what a template creates besides state machines and functions, as machine.json writes it."""

from collections.abc import Iterable
from typing import Any

from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json

from .stack_resources import Resource, physical_name
from .stack_values import StackValues

_LISTS = {
    "AWS::SQS::Queue": "queues",
    "AWS::SNS::Topic": "topics",
    "AWS::S3::Bucket": "buckets",
    "AWS::StepFunctions::Activity": "activities",
}
_TABLES = frozenset({"AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"})


def seeds_of(
    resources: Iterable[Resource], values: StackValues
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Keys of machine.json, and a note for each resource that isn't created."""
    seeds: dict[str, Any] = {}
    notes: list[str] = []
    for resource in resources:
        try:
            _add(resource, values, seeds)
        except InvalidDefinition as error:
            notes.append(f"{resource.logical_id} isn't created: {error.detail}")
        except (TypeError, KeyError, AttributeError):
            kind = resource.type
            notes.append(f"{resource.logical_id} isn't created: it isn't as a {kind} is written.")
    return seeds, tuple(notes)


def _add(resource: Resource, values: StackValues, seeds: dict[str, Any]) -> None:
    if (key := _LISTS.get(resource.type)) is not None:
        name = physical_name(resource, values.of)
        seeds.setdefault(key, []).append(name)
    elif resource.type in _TABLES:
        keys = _table(values.of(dict(resource.properties)))
        seeds.setdefault("tables", {})[physical_name(resource, values.of)] = keys
    elif resource.type == "AWS::Serverless::SimpleTable":
        key = values.of(resource.properties.get("PrimaryKey", {"Name": "id", "Type": "String"}))
        partition_key = f"{key['Name']}:{key['Type'][:1]}"
        table = {"partition_key": partition_key}
        seeds.setdefault("tables", {})[physical_name(resource, values.of)] = table
    elif resource.type == "AWS::SSM::Parameter":
        value = values.text(resource.properties.get("Value", ""))
        seeds.setdefault("parameters", {})[physical_name(resource, values.of)] = value
    elif resource.type == "AWS::SecretsManager::Secret":
        value = values.text(resource.properties.get("SecretString", "made-up"))
        seeds.setdefault("secrets", {})[physical_name(resource, values.of)] = value


def _table(properties: dict[str, Any]) -> dict[str, Json]:
    types = {
        each["AttributeName"]: each["AttributeType"] for each in properties["AttributeDefinitions"]
    }

    def keys(schema: list[dict[str, str]]) -> dict[str, Json]:
        names = {each["KeyType"]: each["AttributeName"] for each in schema}
        found = {"partition_key": f"{names['HASH']}:{types[names['HASH']]}"}
        if (sort := names.get("RANGE")) is not None:
            found["sort_key"] = f"{sort}:{types[sort]}"
        return found

    kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    indexes = {
        each["IndexName"]: keys(each["KeySchema"])
        for kind in kinds
        for each in properties.get(kind, [])
    }
    return {**keys(properties["KeySchema"]), **({"indexes": indexes} if indexes else {})}
