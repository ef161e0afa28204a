"""Makes the ARNs that a policy's statement names, and the simulator is asked about."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from handrail.core.models import Account
from handrail.core.news.targets import EventBusTarget, QueueTarget, Target, TopicTarget
from handrail.core.queue_reference import QueueReference

from .aws_uses import ResourceKind

ResourceArns: TypeAlias = Mapping[ResourceKind, Sequence[str]]


@dataclass(frozen=True, slots=True)
class OtherResources:
    """What the settings name besides state machines, None where they don't; `stream` is a name or
    an ARN, `dead_callbacks` an ARN, `news` what news goes to."""

    table: str | None = None
    index: str = "due"
    queue_url: str | None = None
    stream: str | None = None
    callbacks: QueueReference | None = None
    dead_callbacks: str | None = None
    news: Sequence[Target] = ()
    function: str | None = None
    socket_endpoint: str | None = None


def resource_arns(account: Account, names: Sequence[str], others: OtherResources) -> ResourceArns:
    """Of the state machines of these names, all where there is none."""
    states = _arn(account, "states")
    machines = [f"{states}:stateMachine:{name}" for name in names or ("*",)]
    kind = ResourceKind
    found: dict[ResourceKind, Sequence[str]] = {
        kind.ANY: ["*"],
        kind.STATE_MACHINE: machines,
        kind.EXPRESS_MACHINE: machines,
        kind.TASK: machines,
        kind.ALIAS: [f"{arn}:*" for arn in machines],
        kind.EXECUTION: [f"{states}:execution:{name}:*" for name in names or ("*",)],
        kind.MAP_RUN: [f"{states}:mapRun:{name}/*:*" for name in names or ("*",)],
    }
    return found | _of_others(account, others) | _of_messages(account, others)


def _of_others(account: Account, others: OtherResources) -> dict[ResourceKind, list[str]]:
    found: dict[ResourceKind, str] = {}
    if others.table is not None:
        table = f"{_arn(account, 'dynamodb')}:table/{others.table}"
        found[ResourceKind.TABLE] = table
        found[ResourceKind.TABLE_INDEX] = f"{table}/index/{others.index}"
    if others.queue_url is not None:
        name = urlsplit(others.queue_url).path.rpartition("/")[2]
        found[ResourceKind.QUEUE] = f"{_arn(account, 'sqs')}:{name}"
    if others.stream is not None:
        own = others.stream.startswith("arn:")
        named = f"{_arn(account, 'kinesis')}:stream/{others.stream}"
        found[ResourceKind.STREAM] = others.stream if own else named
    if others.function is not None:
        found[ResourceKind.FUNCTION] = f"{_arn(account, 'lambda')}:function:{others.function}"
    if others.socket_endpoint is not None:
        parts = urlsplit(others.socket_endpoint)
        api, stage = (parts.hostname or "").partition(".")[0], parts.path.strip("/")
        sockets = f"{_arn(account, 'execute-api')}:{api}/{stage}/*/@connections/*"
        found[ResourceKind.SOCKETS] = sockets
    return {kind: [arn] for kind, arn in found.items()}


def _of_messages(account: Account, others: OtherResources) -> dict[ResourceKind, list[str]]:
    """Queues, topics and event buses, of any region and account."""
    found = defaultdict[ResourceKind, list[str]](list)
    if others.callbacks is not None:
        found[ResourceKind.CALLBACKS].append(_queue_arn(account, others.callbacks))
    if others.dead_callbacks is not None:
        found[ResourceKind.DEAD_CALLBACKS].append(others.dead_callbacks)
    for target in others.news:
        match target:
            case TopicTarget(arn):
                found[ResourceKind.NEWS_TOPIC].append(arn)
            case EventBusTarget(name):
                named = f"{_arn(account, 'events')}:event-bus/{name}"
                found[ResourceKind.NEWS_BUS].append(name if name.startswith("arn:") else named)
            case QueueTarget(url):
                arn = _queue_arn(account, QueueReference.parse(url))
                found[ResourceKind.NEWS_QUEUE].append(arn)
    return {kind: list(dict.fromkeys(arns)) for kind, arns in found.items()}


def _queue_arn(account: Account, queue: QueueReference) -> str:
    region, owner = queue.region or account.region, queue.account or account.account_id
    return f"arn:{account.partition}:sqs:{region}:{owner}:{queue.name}"


def _arn(account: Account, service: str) -> str:
    return f"arn:{account.partition}:{service}:{account.region}:{account.account_id}"
