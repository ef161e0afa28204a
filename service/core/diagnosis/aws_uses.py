"""Lists every operation of AWS that the service calls, what it is allowed by and what it is for.

A test holds the list against the code, so that a new call can't be left out.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "execute-api:PostToConnection": "execute-api:ManageConnections",
    "execute-api:DeleteConnection": "execute-api:ManageConnections",
}
_PREFIXES = {"stepfunctions": "states", "apigatewaymanagementapi": "execute-api"}


class ResourceKind(StrEnum):
    """What a permission is given on."""

    ANY = "*"
    STATE_MACHINE = "state machines"
    EXPRESS_MACHINE = "Express state machines"
    ALIAS = "aliases"
    EXECUTION = "executions"
    MAP_RUN = "Map Runs"
    TASK = "waiting tasks"
    TABLE = "the table"
    TABLE_INDEX = "the table's index"
    QUEUE = "the queue"
    CALLBACKS = "the queue of callbacks"
    DEAD_CALLBACKS = "the dead-letter queue of callbacks"
    NEWS_TOPIC = "the topics of news"
    NEWS_BUS = "the event buses of news"
    NEWS_QUEUE = "the queues of news"
    STREAM = "the stream"
    FUNCTION = "the trigger's function"
    SOCKETS = "API Gateway's sockets"


class WayIn(StrEnum):
    """What calls it: the service over HTTP and its own sockets, or the function for API Gateway's
    sockets."""

    HTTP = "http"
    LIVE = "live"


@dataclass(frozen=True, slots=True, order=True)
class AwsUse:
    """`service` and `operation` are botocore's names. `rare` is for what most do without."""

    service: str
    operation: str
    on: ResourceKind
    without: str
    rare: bool = False

    @property
    def action(self) -> str:
        """As IAM names it."""
        action = f"{_PREFIXES.get(self.service, self.service)}:{self.operation}"
        return _ACTIONS.get(action, action)


_SFN = "stepfunctions"
_READS = "nothing of an execution can be shown"
_SETTLES = "nobody can settle a task"
_SOCKETS = "sockets that API Gateway holds hear nothing"
_TICKETS = "no ticket for a socket can be made or taken"
_CALLBACKS = "no callback comes by the queue"
_NEWS = "news of executions isn't told to others"
_KEPT_NEWS = "no news of executions can be kept, told or shown"
_PUSH = "no event is pushed, everything is polled"

_BOTH = (
    AwsUse(_SFN, "ListStateMachines", ResourceKind.ANY, "the catalogue is empty, /readyz fails"),
    AwsUse(_SFN, "DescribeStateMachine", ResourceKind.STATE_MACHINE, "no definition is shown"),
    AwsUse(_SFN, "DescribeExecution", ResourceKind.EXECUTION, _READS),
    AwsUse(
        _SFN,
        "DescribeStateMachineForExecution",
        ResourceKind.EXECUTION,
        "waiting tasks and states of an execution aren't understood",
    ),
    AwsUse(
        _SFN,
        "DescribeStateMachineAlias",
        ResourceKind.ALIAS,
        "executions can't be started or listed by an alias",
        rare=True,
    ),
    AwsUse(_SFN, "ListStateMachineVersions", ResourceKind.STATE_MACHINE, "no version is shown"),
    AwsUse(_SFN, "ListStateMachineAliases", ResourceKind.STATE_MACHINE, "no alias is shown"),
    AwsUse(_SFN, "GetExecutionHistory", ResourceKind.EXECUTION, _READS),
    AwsUse(_SFN, "ListExecutions", ResourceKind.STATE_MACHINE, "executions can't be listed"),
    AwsUse(
        _SFN,
        "DescribeMapRun",
        ResourceKind.MAP_RUN,
        "a distributed Map's counts aren't shown",
        rare=True,
    ),
)
_OF_HTTP = (
    AwsUse(_SFN, "StartExecution", ResourceKind.STATE_MACHINE, "nothing can be started"),
    AwsUse(
        _SFN,
        "StartSyncExecution",
        ResourceKind.EXPRESS_MACHINE,
        "Express executions can't be started and waited for",
    ),
    AwsUse(_SFN, "StopExecution", ResourceKind.EXECUTION, "nothing can be stopped"),
    AwsUse(_SFN, "RedriveExecution", ResourceKind.EXECUTION, "nothing can be redriven"),
    AwsUse(_SFN, "SendTaskSuccess", ResourceKind.TASK, _SETTLES),
    AwsUse(_SFN, "SendTaskFailure", ResourceKind.TASK, _SETTLES),
    AwsUse(_SFN, "SendTaskHeartbeat", ResourceKind.TASK, "workers can't say that they live"),
    AwsUse(
        _SFN,
        "ListExecutions",
        ResourceKind.MAP_RUN,
        "a distributed Map's items aren't shown",
        rare=True,
    ),
    AwsUse("lambda", "Invoke", ResourceKind.FUNCTION, "POST /trigger-workflow fails"),
    AwsUse("dynamodb", "PutItem", ResourceKind.TABLE, _TICKETS),
    AwsUse("dynamodb", "DeleteItem", ResourceKind.TABLE, _TICKETS),
    AwsUse("sqs", "GetQueueUrl", ResourceKind.CALLBACKS, _CALLBACKS),
    AwsUse("sqs", "GetQueueAttributes", ResourceKind.CALLBACKS, _CALLBACKS),
    AwsUse("sqs", "ReceiveMessage", ResourceKind.CALLBACKS, _CALLBACKS),
    AwsUse("sqs", "DeleteMessage", ResourceKind.CALLBACKS, "callbacks come again and again"),
    AwsUse(
        "sqs",
        "ChangeMessageVisibility",
        ResourceKind.CALLBACKS,
        "callbacks that take longer come twice",
    ),
    AwsUse(
        "sqs",
        "SendMessage",
        ResourceKind.DEAD_CALLBACKS,
        "callbacks that can't be settled come again and again",
    ),
    AwsUse("sns", "Publish", ResourceKind.NEWS_TOPIC, _NEWS),
    AwsUse("events", "PutEvents", ResourceKind.NEWS_BUS, _NEWS),
    AwsUse("sqs", "SendMessage", ResourceKind.NEWS_QUEUE, _NEWS),
    AwsUse("dynamodb", "Query", ResourceKind.TABLE_INDEX, _KEPT_NEWS, rare=True),
    *(
        AwsUse("dynamodb", operation, ResourceKind.TABLE, _KEPT_NEWS, rare=True)
        for operation in ("BatchGetItem", "GetItem", "Query", "UpdateItem")
    ),
    AwsUse("kinesis", "ListShards", ResourceKind.STREAM, _PUSH),
    AwsUse("kinesis", "GetShardIterator", ResourceKind.STREAM, _PUSH),
    AwsUse("kinesis", "GetRecords", ResourceKind.STREAM, _PUSH),
)
_OF_LIVE = (
    AwsUse("apigatewaymanagementapi", "PostToConnection", ResourceKind.SOCKETS, _SOCKETS),
    AwsUse("apigatewaymanagementapi", "DeleteConnection", ResourceKind.SOCKETS, _SOCKETS),
    AwsUse("sqs", "SendMessage", ResourceKind.QUEUE, _SOCKETS),
    AwsUse("dynamodb", "Query", ResourceKind.TABLE_INDEX, "no socket is looked after each minute"),
    *(
        AwsUse("dynamodb", operation, ResourceKind.TABLE, _SOCKETS)
        for operation in (
            "BatchGetItem",
            "BatchWriteItem",
            "DeleteItem",
            "GetItem",
            "PutItem",
            "Query",
            "UpdateItem",
        )
    ),
)

AWS_USES: Mapping[WayIn, tuple[AwsUse, ...]] = {
    WayIn.HTTP: (*_BOTH, *_OF_HTTP),
    WayIn.LIVE: (*_BOTH, *_OF_LIVE),
}


def uses_of(ways: frozenset[WayIn], kinds: frozenset[ResourceKind]) -> Iterator[AwsUse]:
    """Each operation that these ways in call, once, on the kinds of resources there are here; as
    the one that can do without it the least needs it."""
    found = dict[tuple[str, str, ResourceKind], AwsUse]()
    for way in sorted(ways):
        for use in AWS_USES[way]:
            key = use.service, use.operation, use.on
            if use.on in kinds and (key not in found or found[key].rare):
                found[key] = use
    yield from found.values()
