"""Publishes news to topics, event buses and queues, of any region and account that lets us: by the
ARN, or the URL of a queue, where they say one.

An attempt that fails is repeated by the sender's schedule. Subscribers find what news it is by the
attributes `id` (duplicates share it), `type` and `state_machine`. A FIFO topic or queue keeps an
execution's news in order, and drops what came twice within five minutes.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.core.errors import NotFound, PayloadTooLarge, ServiceError, UpstreamRefused
from handrail.core.models import Account, to_ms
from handrail.core.news.deliveries import Delivery, DeliveryFailed
from handrail.core.news.targets import EventBusTarget, QueueTarget, TopicTarget
from handrail.core.queue_reference import QueueReference

SOURCE = "handrail"
FIFO = ".fifo"
_NO_XML = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}
_GROUP = re.compile(r"[!-~]{1,128}")


class TopicNews:
    """A NewsTarget: a topic of SNS."""

    def __init__(self, clients: Clients, calls: AwsCalls, target: TopicTarget) -> None:
        self._clients, self._calls, self._arn = clients, calls, target.arn

    async def deliver(self, delivery: Delivery) -> None:
        async def publish() -> None:
            sns = await self._clients.client("sns", region=_region_of_arn(self._arn))
            await sns.publish(
                TopicArn=self._arn,
                Message=_text(delivery),
                MessageAttributes=_attributes(delivery),
                **_order(self._arn, delivery),
            )

        with _told("sns:Publish", "topic"):
            await self._calls.call("Publish", publish(), resource=self._arn)


class QueueNews:
    """A NewsTarget: a queue of SQS."""

    def __init__(self, clients: Clients, calls: AwsCalls, target: QueueTarget) -> None:
        self._clients, self._calls, self._url = clients, calls, target.url
        self._region = QueueReference.parse(target.url).region

    async def deliver(self, delivery: Delivery) -> None:
        async def send() -> None:
            sqs = await self._clients.client("sqs", region=self._region)
            await sqs.send_message(
                QueueUrl=self._url,
                MessageBody=_text(delivery),
                MessageAttributes=_attributes(delivery),
                **_order(self._url, delivery),
            )

        with _told("sqs:SendMessage", "queue"):
            await self._calls.call("SendMessage", send(), resource=self._url)


class EventBusNews:
    """A NewsTarget: an event bus of EventBridge. The event's `source` is `handrail`, its
    `detail-type` the news' type, and its resource the execution. `account` says where executions
    live."""

    def __init__(
        self,
        clients: Clients,
        calls: AwsCalls,
        target: EventBusTarget,
        account: Callable[[str], Awaitable[Account]],
    ) -> None:
        self._clients, self._calls, self._name = clients, calls, target.name
        self._account = account

    async def deliver(self, delivery: Delivery) -> None:
        account = await self._account(delivery.execution.machine)
        entry = {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": _type_of(delivery),
            "Detail": delivery.body,
            "Resources": [account.execution_arn(delivery.execution)],
            "Time": delivery.at,
        }

        async def put() -> Mapping[str, Any]:
            events = await self._clients.client("events", region=_region_of_arn(self._name))
            answer: Mapping[str, Any] = await events.put_events(Entries=[entry])
            return answer

        with _told("events:PutEvents", "event bus"):
            answer = await self._calls.call("PutEvents", put(), resource=self._name)
        if answer["FailedEntryCount"]:
            code = str(answer["Entries"][0].get("ErrorCode"))
            raise DeliveryFailed(f"the event bus took no event ({code})")


def _region_of_arn(arn: str) -> str | None:
    return arn.split(":")[3] if arn.startswith("arn:") else None


def _text(delivery: Delivery) -> str:
    """SQS takes the characters of XML: of those that JSON leaves as they are, it lacks two.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
    return delivery.body.translate(_NO_XML)


def _attributes(delivery: Delivery) -> dict[str, Any]:
    said = {
        "id": delivery.id,
        "type": _type_of(delivery),
        "state_machine": delivery.execution.machine,
    }
    return {name: {"DataType": "String", "StringValue": text} for name, text in said.items()}


def _type_of(delivery: Delivery) -> str:
    return str(json.loads(delivery.body)["type"])


def _order(name: str, delivery: Delivery) -> dict[str, str]:
    """The group is the execution, or a digest of a name that AWS takes for no group."""
    if not name.endswith(FIFO):
        return {}
    group = str(delivery.execution)
    if not _GROUP.fullmatch(group):
        group = sha256(group.encode()).hexdigest()
    once = sha256(f"{delivery.id}\n{to_ms(delivery.at)}".encode()).hexdigest()
    return {"MessageGroupId": group, "MessageDeduplicationId": once}


@contextmanager
def _told(action: str, what: str) -> Iterator[None]:
    """AWS's answers, as whoever reads of dead letters needs them. What is denied or isn't there
    may be tomorrow."""
    try:
        yield
    except UpstreamRefused as error:
        raise DeliveryFailed(f"AWS denies {action}; this service's log says more") from error
    except NotFound as error:
        raise DeliveryFailed(f"AWS knows no such {what}") from error
    except PayloadTooLarge as error:
        raise DeliveryFailed(f"{action}: {error.detail}", final=True) from error
    except ServiceError as error:
        told = f"{action}: {error.detail}"
        raise DeliveryFailed(told, retry_after_s=error.retry_after_s) from error
