"""Checks what Tasks call: their resource, how they wait for it, and what they pass to it.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from handrail.core.definition.definition import QueryLanguage, State
from handrail.core.models import Json

from .aws_operations import AwsOperations, OperationInput
from .findings import Finding, in_state

_ARN = re.compile(r"arn:(?P<partition>aws[\w-]*):(?P<service>[^:]+):(?P<rest>.*)", re.DOTALL)
_LAMBDA = re.compile(r"[^:]*:[^:]*:function:[\w-]+(?::[$\w-]+)?")
_OPTIMISED = re.compile(
    r"[^:]*:[^:]*:(?P<service>[\w-]+):(?P<operation>[\w-]+)(?:\.(?P<pattern>.+))?", re.DOTALL
)
_SDK = re.compile(
    r"[^:]*:[^:]*:aws-sdk:(?P<service>[\w-]+):(?P<operation>\w+)(?:\.(?P<pattern>.+))?", re.DOTALL
)
_TO_BE_FILLED_IN = re.compile(r"[$#]\{[^}]+\}|\{\{[^}]+\}\}|<[\w-]+>")
_CALLBACK = "waitForTaskToken"
_PATTERNS = {_CALLBACK, "sync", "sync:2"}


@dataclass(frozen=True, slots=True)
class _Integration:
    """How it may be waited for, besides not at all; the parameters it takes (none: whatever the
    service's API takes) and those it needs."""

    patterns: tuple[str, ...] = ()
    takes: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()


def _of(*patterns: str, takes: str = "", needs: str = "") -> _Integration:
    return _Integration(patterns, frozenset(takes.split()), tuple(needs.split()))


_DYNAMODB_ITEM = (
    "TableName ConditionExpression ConditionalOperator Expected ExpressionAttributeNames "
    "ExpressionAttributeValues ReturnConsumedCapacity ReturnItemCollectionMetrics ReturnValues "
    "ReturnValuesOnConditionCheckFailure"
)
INTEGRATIONS: Mapping[str, _Integration] = {
    "lambda:invoke": _of(
        _CALLBACK,
        takes="FunctionName Payload InvocationType ClientContext Qualifier LogType TenantId "
        "DurableExecutionName",
        needs="FunctionName",
    ),
    "sqs:sendMessage": _of(
        _CALLBACK,
        takes="QueueUrl MessageBody DelaySeconds MessageAttributes MessageDeduplicationId "
        "MessageGroupId MessageSystemAttributes",
        needs="QueueUrl MessageBody",
    ),
    "sns:publish": _of(
        _CALLBACK,
        takes="Message MessageAttributes MessageStructure PhoneNumber Subject TargetArn TopicArn "
        "MessageGroupId MessageDeduplicationId",
        needs="Message",
    ),
    "states:startExecution": _of(
        _CALLBACK, "sync", "sync:2",
        takes="StateMachineArn Input Name TraceHeader",
        needs="StateMachineArn",
    ),
    "dynamodb:getItem": _of(
        takes="TableName Key AttributesToGet ConsistentRead ExpressionAttributeNames "
        "ProjectionExpression ReturnConsumedCapacity",
        needs="TableName Key",
    ),
    "dynamodb:putItem": _of(takes=f"Item {_DYNAMODB_ITEM}", needs="TableName Item"),
    "dynamodb:updateItem": _of(
        takes=f"Key AttributeUpdates UpdateExpression {_DYNAMODB_ITEM}", needs="TableName Key"
    ),
    "dynamodb:deleteItem": _of(takes=f"Key {_DYNAMODB_ITEM}", needs="TableName Key"),
    "events:putEvents": _of(_CALLBACK, takes="Entries EndpointId", needs="Entries"),
    "apigateway:invoke": _of(
        _CALLBACK,
        takes="ApiEndpoint Method Headers Stage Path QueryParameters RequestBody AllowNullValues "
        "AuthType",
        needs="ApiEndpoint Method",
    ),
    "http:invoke": _of(
        takes="ApiEndpoint Method InvocationConfig Authentication Headers QueryParameters "
        "Transform RequestBody",
        needs="ApiEndpoint Method",
    ),
    "ecs:runTask": _of(_CALLBACK, "sync", needs="TaskDefinition"),
    "batch:submitJob": _of("sync", _CALLBACK, needs="JobDefinition JobName JobQueue"),
    "glue:startJobRun": _of("sync", needs="JobName"),
    "databrew:startJobRun": _of("sync", needs="Name"),
    "codebuild:startBuild": _of("sync", needs="ProjectName"),
    "codebuild:stopBuild": _of(),
    "codebuild:batchDeleteBuilds": _of(),
    "codebuild:batchGetReports": _of(),
    "codebuild:startBuildBatch": _of("sync"),
    "codebuild:stopBuildBatch": _of(),
    "codebuild:retryBuildBatch": _of("sync"),
    "codebuild:deleteBuildBatch": _of(),
    "athena:startQueryExecution": _of("sync", needs="QueryString"),
    "athena:stopQueryExecution": _of(),
    "athena:getQueryExecution": _of(),
    "athena:getQueryResults": _of(),
    "bedrock:invokeModel": _of(_CALLBACK),
    "bedrock:createModelCustomizationJob": _of("sync"),
    "elasticmapreduce:createCluster": _of("sync"),
    "elasticmapreduce:terminateCluster": _of("sync"),
    "elasticmapreduce:addStep": _of("sync"),
    "elasticmapreduce:cancelStep": _of(),
    "elasticmapreduce:setClusterTerminationProtection": _of(),
    "elasticmapreduce:modifyInstanceFleetByName": _of(),
    "elasticmapreduce:modifyInstanceGroupByName": _of(),
    "emr-containers:createVirtualCluster": _of(),
    "emr-containers:deleteVirtualCluster": _of("sync"),
    "emr-containers:startJobRun": _of("sync"),
    "emr-serverless:createApplication": _of("sync"),
    "emr-serverless:startApplication": _of("sync"),
    "emr-serverless:stopApplication": _of("sync"),
    "emr-serverless:deleteApplication": _of("sync"),
    "emr-serverless:startJobRun": _of("sync"),
    "emr-serverless:cancelJobRun": _of("sync"),
    "eks:call": _of(),
    "eks:runJob": _of("sync"),
    "eks:createCluster": _of("sync"),
    "eks:deleteCluster": _of("sync"),
    "eks:createFargateProfile": _of("sync"),
    "eks:deleteFargateProfile": _of("sync"),
    "eks:createNodegroup": _of("sync"),
    "eks:deleteNodegroup": _of("sync"),
    "mediaconvert:createJob": _of("sync"),
    **{
        f"sagemaker:{operation}": _of(*patterns)
        for patterns, operations in {
            ("sync",): "createHyperParameterTuningJob createLabelingJob createProcessingJob "
            "createTrainingJob createTransformJob createAutoMLJob createAutoMLJobV2",
            (): "createEndpoint createEndpointConfig createModel updateEndpoint",
        }.items()
        for operation in operations.split()
    },
}  # fmt: skip
"""The optimised integrations that there are. Services join them: one that isn't here is doubtful,
while an operation of one that is would be known."""
_SERVICES = {name.partition(":")[0] for name in INTEGRATIONS}


def check_resource(state: State, operations: AwsOperations | None) -> Iterator[Finding]:
    resource = state.resource
    if state.type != "Task" or not resource or _TO_BE_FILLED_IN.search(resource):
        return
    if "${" in resource or (resource.startswith("arn:") and not _ARN.fullmatch(resource)):
        yield in_state(state, "not-a-resource", _unrecognised(resource), "Resource")
        return
    if (arn := _ARN.fullmatch(resource)) is None:
        message = f"AWS takes ARNs: {resource} is none."
        yield in_state(state, "resource-not-arn", message, "Resource")
        return
    if arn["service"] == "lambda" and not _LAMBDA.fullmatch(arn["rest"]):
        yield in_state(state, "not-a-resource", _unrecognised(resource), "Resource")
    elif arn["service"] in {"lambda", "states"}:
        yield from _role(state)
    if arn["service"] != "states" or ":activity:" in arn["rest"]:
        return
    if sdk := _SDK.fullmatch(arn["rest"]):
        yield from _sdk_task(state, sdk, operations)
    else:
        yield from _integration(state, _OPTIMISED.fullmatch(arn["rest"]))


def _unrecognised(resource: str) -> str:
    return (
        f"The resource provided {resource} is not recognized. The value is not a valid resource "
        "ARN, or the resource is not available in this region."
    )


def _role(state: State) -> Iterator[Finding]:
    credentials = state.raw.get("Credentials")
    if isinstance(credentials, Mapping) and not {"RoleArn", "RoleArn.$"} & credentials.keys():
        message = "These fields are required: [RoleArn]"
        yield in_state(state, "credentials-without-role", message, "Credentials")


def _sdk_task(
    state: State, sdk: re.Match[str], operations: AwsOperations | None
) -> Iterator[Finding]:
    if sdk["pattern"] not in {None, _CALLBACK}:
        message = f"An AWS SDK task can't be waited for by '.{sdk['pattern']}'."
        yield in_state(state, "unknown-pattern", message, "Resource")
    if operations is None:
        return
    known = operations.operations(sdk["service"])
    if known is None:
        message = f"No AWS SDK service {sdk['service']} is known here."
        yield in_state(state, "unknown-service", message, "Resource")
    elif (takes := known.get(sdk["operation"])) is None:
        yield in_state(state, "unknown-operation", _unrecognised(state.resource), "Resource")
    else:
        yield from _sdk_parameters(state, takes, f"{sdk['service']}:{sdk['operation']}")


def _sdk_parameters(state: State, takes: OperationInput, name: str) -> Iterator[Finding]:
    field, given = _given(state)
    if given is None:
        return
    for plain, key in given.items():
        if plain.lower() not in takes.takes:
            message = f"{name} takes no {plain}."
        elif plain[:1].islower():
            message = f"AWS SDK tasks write {plain[:1].upper()}{plain[1:]}, not {plain}."
        else:
            continue
        yield in_state(state, "doubtful-parameter", message, field, key)
    written = {plain.lower() for plain in given}
    needed = (each for each in takes.needs if each.lower() not in written)
    yield from _missing(state, needed, name, field)


def _integration(state: State, found: re.Match[str] | None) -> Iterator[Finding]:
    name = f"{found['service']}:{found['operation']}" if found else ""
    if found and found["service"] not in _SERVICES:
        message = f"No integration with {found['service']} is known here."
        yield in_state(state, "unknown-service", message, "Resource")
        return
    if found is None or (integration := INTEGRATIONS.get(name)) is None:
        yield in_state(state, "unknown-integration", _unrecognised(state.resource), "Resource")
        return
    if (pattern := found["pattern"]) and pattern not in integration.patterns:
        rule = "unknown-pattern" if pattern in _PATTERNS else "unknown-integration"
        message = f"{name} can't be waited for by '.{pattern}'."
        yield in_state(state, rule, message, "Resource")
    yield from _parameters(state, integration, name)


def _parameters(state: State, integration: _Integration, name: str) -> Iterator[Finding]:
    field, given = _given(state)
    if given is None:
        return
    for plain, key in given.items():
        if integration.takes and plain not in integration.takes:
            message = f"The field '{plain}' is not supported by Step Functions"
            yield in_state(state, "unknown-parameter", message, field, key)
    needed = (each for each in integration.needs if each not in given)
    yield from _missing(state, needed, name, field)


def _given(state: State) -> tuple[str, Mapping[str, str] | None]:
    """The field of a Task's parameters, and their names with the keys they stand under; None
    where the parameters can't be told."""
    jsonata = state.query_language is QueryLanguage.JSONATA
    field = "Arguments" if jsonata else "Parameters"
    given: Json = state.raw.get(field)
    if not isinstance(given, Mapping) or not state.language_declared:
        return field, None
    return field, {key if jsonata else key.removesuffix(".$"): key for key in given}


def _missing(state: State, names: Iterable[str], of: str, field: str) -> Iterator[Finding]:
    for each in names:
        message = f"The field '{each}' is required by {of} but was missing."
        yield in_state(state, "missing-parameter", message, field)
