"""Knows what references to a template's resources stand for: their names, ARNs and URLs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handrail.core.models import Json

REGION, ACCOUNT = "${REGION}", "${ACCOUNT_ID}"
_ARN = "arn:${PARTITION}:"
_HERE = f"{REGION}:{ACCOUNT}:"
Evaluate = Callable[[Json], Json]
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Resource:
    """One of a template. `stack` is what names that CloudFormation makes up begin with."""

    logical_id: str
    type: str
    properties: Mapping[str, Json]
    stack: str = ""


@dataclass(frozen=True, slots=True)
class _Type:
    """`name` is the property with the physical name, `arn` what stands behind `arn:<partition>:`
    before that name, `ref` what Ref answers, where it isn't the name."""

    name: str
    arn: str
    ref: str = "name"


_FUNCTION = _Type("FunctionName", f"lambda:{_HERE}function:")
_TABLE = _Type("TableName", f"dynamodb:{_HERE}table/")
_TYPES = {
    "AWS::Serverless::Function": _FUNCTION,
    "AWS::Lambda::Function": _FUNCTION,
    "AWS::Serverless::StateMachine": _Type("Name", f"states:{_HERE}stateMachine:", "arn"),
    "AWS::StepFunctions::StateMachine": _Type(
        "StateMachineName", f"states:{_HERE}stateMachine:", "arn"
    ),
    "AWS::StepFunctions::Activity": _Type("Name", f"states:{_HERE}activity:", "arn"),
    "AWS::SQS::Queue": _Type("QueueName", f"sqs:{_HERE}", "url"),
    "AWS::SNS::Topic": _Type("TopicName", f"sns:{_HERE}", "arn"),
    "AWS::DynamoDB::Table": _TABLE,
    "AWS::DynamoDB::GlobalTable": _TABLE,
    "AWS::Serverless::SimpleTable": _TABLE,
    "AWS::S3::Bucket": _Type("BucketName", "s3:::"),
    "AWS::SSM::Parameter": _Type("Name", f"ssm:{_HERE}parameter/"),
    "AWS::SecretsManager::Secret": _Type("Name", f"secretsmanager:{_HERE}secret:", "arn"),
    "AWS::IAM::Role": _Type("RoleName", f"iam::{ACCOUNT}:role/"),
    "AWS::Events::EventBus": _Type("Name", f"events:{_HERE}event-bus/"),
    "AWS::Events::Connection": _Type("Name", f"events:{_HERE}connection/"),
    "AWS::Logs::LogGroup": _Type("LogGroupName", f"logs:{_HERE}log-group:"),
    "AWS::Kinesis::Stream": _Type("Name", f"kinesis:{_HERE}stream/"),
    "AWS::ECS::Cluster": _Type("ClusterName", f"ecs:{_HERE}cluster/"),
    "AWS::ECS::TaskDefinition": _Type("Family", f"ecs:{_HERE}task-definition/", "arn"),
    "AWS::Batch::JobQueue": _Type("JobQueueName", f"batch:{_HERE}job-queue/", "arn"),
    "AWS::Batch::JobDefinition": _Type("JobDefinitionName", f"batch:{_HERE}job-definition/", "arn"),
    "AWS::Glue::Job": _Type("Name", f"glue:{_HERE}job/"),
}
_ARNS = frozenset({"Arn", "TopicArn", "TaskDefinitionArn", "JobQueueArn", "LogGroupArn", "Id"})
_OF_FUNCTIONS = {"AWS::Lambda::Version": "1", "AWS::Lambda::Alias": ""}


def physical_name(resource: Resource, evaluate: Evaluate) -> str:
    """As the template gives it, else as CloudFormation would, without what it makes up."""
    known = _TYPES.get(resource.type)
    if known is not None and (given := resource.properties.get(known.name)) is not None:
        return str(evaluate(given))
    made_up = "-".join(filter(None, (resource.stack, resource.logical_id)))
    if resource.type == "AWS::S3::Bucket":
        return made_up.lower()
    fifo = resource.properties.get("FifoQueue") or resource.properties.get("FifoTopic")
    return f"{made_up}.fifo" if fifo in {True, "true"} else made_up


def reference_to(resource: Resource, evaluate: Evaluate, note: Note) -> Json:
    """What Ref answers."""
    if (version := _OF_FUNCTIONS.get(resource.type)) is not None:
        name = evaluate(resource.properties["FunctionName"])
        function = str(name).rpartition(":function:")[2]
        return f"{_ARN}{_FUNCTION.arn}{function}:{version or evaluate(resource.properties['Name'])}"
    name, known = physical_name(resource, evaluate), _TYPES.get(resource.type)
    if known is None:
        note(f"{name!r} stands for the {resource.type} {resource.logical_id}.")
        return name
    if known.ref == "url":
        return f"https://sqs.{REGION}.${{URL_SUFFIX}}/{ACCOUNT}/{name}"
    return _arn(known, name) if known.ref == "arn" else name


def attribute_of(resource: Resource, attribute: str, evaluate: Evaluate, note: Note) -> Json:
    """What Fn::GetAtt answers."""
    name, known = physical_name(resource, evaluate), _TYPES.get(resource.type)
    if known is not None:
        if attribute in {"Name", known.name}:
            return name
        if attribute == "QueueUrl":
            return reference_to(resource, evaluate, note)
        if attribute in _ARNS:
            return _arn(known, name)
    if attribute in resource.properties:  # as an SSM parameter's Value
        return evaluate(resource.properties[attribute])
    service = "-".join(resource.type.split("::")[1:2]).lower()
    made_up = f"{name}.{attribute}"
    if attribute.endswith("Arn"):
        made_up = f"{_ARN}{service}:{_HERE}{name}"
    note(f"{made_up!r} stands for {resource.logical_id}.{attribute}, which AWS alone knows.")
    return made_up


def _arn(known: _Type, name: str) -> str:
    if known.arn.endswith("parameter/"):
        name = name.removeprefix("/")
    revision = ":1" if "-definition/" in known.arn else ""
    return f"{_ARN}{known.arn}{name}{revision}"
