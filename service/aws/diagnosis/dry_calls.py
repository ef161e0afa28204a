"""Makes calls that show whether an operation is allowed, and change nothing: reads of little, and
writes that AWS must refuse after it has allowed them.

A write that only AWS itself is known to refuse (`aws_alone`) is never sent to another endpoint.
SendTaskSuccess and its like have none: AWS finds out by the token what it has to allow, and a
made-up one names nothing; nor has SQS, which would send the message.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from handrail.core.diagnosis.aws_uses import AwsUse, ResourceKind
from handrail.core.diagnosis.resource_arns import ResourceArns

_NO_NAME = "handrail-doctor?"  # no execution may have a question mark in its name
_NO_JSON = "{"
_TABLE_WRITES = frozenset({"PutItem", "DeleteItem", "UpdateItem"})
_ABSENT = frozenset({"ResourceNotFound", "ResourceNotFoundException", "ExecutionDoesNotExist"})


@dataclass(frozen=True, slots=True)
class DryCall:
    """`allowed` are the codes that AWS answers once it has allowed the call; `resource` is the ARN
    that it is asked about."""

    use: AwsUse
    asked: Mapping[str, Any]
    resource: str
    allowed: frozenset[str] = frozenset()
    aws_alone: bool = False
    region: str | None = None
    endpoint_url: str | None = None


@dataclass(frozen=True, slots=True)
class StreamTarget:
    """`named` is how calls name the stream, in the `region` they are made in, the clients' if None;
    `iterator` is of the newest place in `shard`."""

    named: Mapping[str, str]
    region: str | None = None
    shard: str | None = None
    iterator: str | None = None


@dataclass(frozen=True, slots=True)
class Targets:
    """What there is to be asked about; None where there is none. `made_up` is a name that nothing
    has; `names` the state machine that most is asked of, `express` the ARN of an Express one,
    `execution` that of an execution which is there or could be, `no_execution` of one that can't
    be."""

    made_up: str
    names: tuple[str, ...] = ()
    machine: str | None = None
    express: str | None = None
    execution: str | None = None
    no_execution: str | None = None
    map_run: str | None = None
    arns: ResourceArns = field(default_factory=dict)
    table: str | None = None
    index: str = "due"
    stream: StreamTarget | None = None
    function: str | None = None
    sockets: str | None = None

    def arn(self, kind: ResourceKind) -> str:
        return next(iter(self.arns.get(kind, ())), "*")

    @property
    def key(self) -> dict[str, Any]:
        return {"pk": {"S": self.made_up}, "sk": {"S": self.made_up}}


def dry_call(use: AwsUse, at: Targets) -> DryCall | None:
    """None where there is no way, or nothing, to ask."""
    ways = {
        "stepfunctions": _of_states,
        "dynamodb": _of_table,
        "kinesis": _of_stream,
        "lambda": _of_function,
        "apigatewaymanagementapi": _of_sockets,
    }
    way = ways.get(use.service)
    return None if way is None else way(use, at)


def _of_states(use: AwsUse, at: Targets) -> DryCall | None:
    match use.on:
        case ResourceKind.ANY:
            return _call(use, at, {"maxResults": 1})
        case ResourceKind.MAP_RUN if at.map_run is not None:
            asked: dict[str, Any] = {"mapRunArn": at.map_run}
            asked |= {"maxResults": 1} if use.operation == "ListExecutions" else {}
            return _call(use, at, asked, _ABSENT, resource=at.map_run)
        case ResourceKind.ALIAS if at.machine is not None:
            arn = f"{at.machine}:{at.made_up}"
            return _call(use, at, {"stateMachineAliasArn": arn}, _ABSENT, resource=arn)
        case ResourceKind.EXECUTION:
            return _of_execution(use, at)
        case ResourceKind.STATE_MACHINE | ResourceKind.EXPRESS_MACHINE:
            return _of_machine(use, at)
    return None


def _of_machine(use: AwsUse, at: Targets) -> DryCall | None:
    machine = at.express if use.on is ResourceKind.EXPRESS_MACHINE else at.machine
    if machine is None:
        return None
    asked: dict[str, Any] = {"stateMachineArn": machine}
    if use.operation.startswith("Start"):
        asked |= {"name": _NO_NAME, "input": _NO_JSON}
        codes = {"InvalidName", "InvalidExecutionInput"}
        return _call(use, at, asked, codes, resource=machine, aws_alone=True)
    if use.operation.startswith("List"):
        asked |= {"maxResults": 1}
    return _call(use, at, asked, {"StateMachineTypeNotSupported"}, resource=machine)


def _of_execution(use: AwsUse, at: Targets) -> DryCall | None:
    writes = use.operation in {"StopExecution", "RedriveExecution"}
    arn = at.no_execution if writes else at.execution
    if arn is None:
        return None
    asked: dict[str, Any] = {"executionArn": arn}
    if use.operation == "GetExecutionHistory":
        asked |= {"maxResults": 1}
    return _call(use, at, asked, _ABSENT, resource=arn, aws_alone=writes)


def _of_function(use: AwsUse, at: Targets) -> DryCall | None:
    asked = {"FunctionName": at.function, "InvocationType": "DryRun"}
    absent = {"ResourceNotFoundException"}
    return _call(use, at, asked, absent, aws_alone=True) if at.function else None


def _of_sockets(use: AwsUse, at: Targets) -> DryCall | None:
    if at.sockets is None:
        return None
    asked = {"ConnectionId": "handrail-doctor="}
    asked |= {"Data": "{}"} if use.operation == "PostToConnection" else {}
    call = _call(use, at, asked, {"GoneException", "BadRequestException"}, aws_alone=True)
    return replace(call, endpoint_url=at.sockets)


def _of_table(use: AwsUse, at: Targets) -> DryCall | None:
    """Writes have a condition that a name which nothing has can't fulfil; BatchWriteItem takes
    none."""
    named = {"TableName": at.table}
    unmet = named | {"ConditionExpression": "attribute_exists(pk)"}
    asked: Mapping[str, Mapping[str, Any]] = {
        "GetItem": {**named, "Key": at.key},
        "BatchGetItem": {"RequestItems": {str(at.table): {"Keys": [at.key]}}},
        "Query": {**named, **_query(at, by_index=use.on is ResourceKind.TABLE_INDEX)},
        "PutItem": {**unmet, "Item": at.key},
        "DeleteItem": {**unmet, "Key": at.key},
        "UpdateItem": {**unmet, "Key": at.key},
    }
    if at.table is None or use.operation not in asked:
        return None
    writes, codes = use.operation in _TABLE_WRITES, {"ConditionalCheckFailedException"}
    return _call(use, at, asked[use.operation], codes, aws_alone=writes)


def _query(at: Targets, *, by_index: bool) -> dict[str, Any]:
    key = "due_kind" if by_index else "pk"
    asked = {
        "KeyConditionExpression": "#key = :nothing",
        "ExpressionAttributeNames": {"#key": key},
        "ExpressionAttributeValues": {":nothing": {"S": at.made_up}},
        "Limit": 1,
    }
    return asked | ({"IndexName": at.index} if by_index else {})


def _of_stream(use: AwsUse, at: Targets) -> DryCall | None:
    if (stream := at.stream) is None:
        return None
    asked: dict[str, Any] = dict(stream.named)
    match use.operation:
        case "ListShards":
            asked |= {"MaxResults": 1}
        case "GetShardIterator" if stream.shard:
            asked |= {"ShardId": stream.shard, "ShardIteratorType": "LATEST"}
        case "GetRecords" if stream.iterator:
            asked |= {"ShardIterator": stream.iterator, "Limit": 1}
            asked.pop("StreamName", None)  # it takes an ARN alone
        case _:
            return None
    return replace(_call(use, at, asked), region=stream.region)


def _call(
    use: AwsUse,
    at: Targets,
    asked: Mapping[str, Any],
    allowed: Iterable[str] = (),
    *,
    resource: str | None = None,
    aws_alone: bool = False,
) -> DryCall:
    on = resource or at.arn(use.on)
    return DryCall(use, asked, on, frozenset(allowed), aws_alone)
