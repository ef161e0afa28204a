"""The SQS queue that callbacks come by: the adapter of `core.callback_messages.CallbackQueue`.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from pydantic_core import from_json

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.clock import Clock
from handrail.core.callback_messages import (
    MessageAttribute,
    QueuedMessage,
    received_message,
)
from handrail.core.errors import InvalidRequest, NotFound, ServiceError
from handrail.core.queue_reference import QueueReference
from handrail.core.task_tokens.redaction import redacted

log = structlog.get_logger(__name__)

POLICY_GOOD_FOR_S = 60.0
MOST_ATTRIBUTES = 10
"""That SQS takes of one message."""

LONGEST_DETAIL = 1024
OURS = "handrail_"
"""What the problem's attributes are called by: its `code`, its `detail`, and the `message_id` that
copies of one message share."""

_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SYSTEM = ["ApproximateReceiveCount", "SenderId", "MessageGroupId", "AWSTraceHeader"]


@dataclass(slots=True, repr=False)
class AwsCallbackQueue:
    """Asks AWS for the queue's URL, where the setting doesn't have it, once."""

    clients: Clients
    calls: AwsCalls
    clock: Clock
    reference: QueueReference
    _url: str | None = field(init=False, default=None)
    _dead_letters: str | None = field(init=False, default=None)
    _asked_at: float = field(init=False, default=-math.inf)

    @property
    def name(self) -> str:
        return self.reference.name

    @property
    def fifo(self) -> bool:
        return self.reference.fifo

    async def dead_letters(self) -> str | None:
        url, asked_at = await self._found(), self.clock.monotonic()

        async def ask() -> Any:
            sqs = await self._client()
            return await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])

        answer = await self.calls.call_configured("GetQueueAttributes", url, ask)
        self._dead_letters = _target(answer.get("Attributes", {}).get("RedrivePolicy"))
        self._asked_at = asked_at
        return self._dead_letters

    async def receive(
        self, limit: int, *, wait_s: int, visible_after_s: int
    ) -> Sequence[QueuedMessage]:
        url = await self._found()

        async def ask() -> Any:
            sqs = await self._client()
            return await sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=limit,
                WaitTimeSeconds=wait_s,
                VisibilityTimeout=visible_after_s,
                MessageSystemAttributeNames=_SYSTEM,
                MessageAttributeNames=["All"],
            )

        answer = await self.calls.call_configured("ReceiveMessage", url, ask)
        return [_message(each) for each in answer.get("Messages", ())]

    async def delete(self, message: QueuedMessage) -> None:
        """A receipt that is too old to delete by leaves the message, which comes again."""
        url, sqs = await self._found(), await self._client()
        deleting = sqs.delete_message(QueueUrl=url, ReceiptHandle=message.receipt)
        try:
            await self.calls.call("DeleteMessage", deleting, resource=url)
        except (InvalidRequest, NotFound):
            log.warning("callback comes again", message_id=message.id, why="its receipt is too old")

    async def show_after(self, message: QueuedMessage, seconds: int) -> None:
        url, sqs = await self._found(), await self._client()
        changing = sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message.receipt, VisibilityTimeout=seconds
        )
        await self.calls.call("ChangeMessageVisibility", changing, resource=url)

    async def bury(self, message: QueuedMessage, problem: ServiceError) -> bool:
        """A FIFO queue's is FIFO too, and takes the same message once in five minutes."""
        if (name := await self._known_dead_letters()) is None:
            return False
        url, sqs = f"{(await self._found()).rpartition('/')[0]}/{name}", await self._client()
        ordered = {"MessageGroupId": message.group, "MessageDeduplicationId": message.id}
        sending = sqs.send_message(
            QueueUrl=url,
            MessageBody=message.body,
            MessageAttributes=_attributes(message, problem),
            **(ordered if self.fifo else {}),
        )
        await self.calls.call("SendMessage", sending, resource=url)
        return True

    async def _known_dead_letters(self) -> str | None:
        """A queue may be given one, or another, at any time."""
        if self.clock.monotonic() - self._asked_at < POLICY_GOOD_FOR_S:
            return self._dead_letters
        return await self.dead_letters()

    async def _found(self) -> str:
        if self._url is None:
            self._url = self.reference.url or await self._asked_url()
        return self._url

    async def _asked_url(self) -> str:
        reference = self.reference
        owner = {"QueueOwnerAWSAccountId": reference.account} if reference.account else {}

        async def ask() -> Any:
            sqs = await self._client()
            return await sqs.get_queue_url(QueueName=reference.name, **owner)

        answer = await self.calls.call_configured("GetQueueUrl", reference.name, ask)
        return str(answer["QueueUrl"])

    async def _client(self) -> Any:
        return await self.clients.queues(self.reference.region)


def _target(policy: str | None) -> str | None:
    """The name of the dead-letter queue, which is in the account and region of its source."""
    if policy is None:
        return None
    try:
        target = from_json(policy)["deadLetterTargetArn"]
        return QueueReference.parse(target).name
    except (ValueError, KeyError, TypeError):
        return None


def _message(raw: Mapping[str, Any]) -> QueuedMessage:
    system = raw.get("Attributes", {})
    sent = {
        name: MessageAttribute(each["DataType"], each.get("StringValue"), each.get("BinaryValue"))
        for name, each in raw.get("MessageAttributes", {}).items()
    }
    return received_message(raw["MessageId"], raw["ReceiptHandle"], raw["Body"], system, sent)


def _attributes(message: QueuedMessage, problem: ServiceError) -> dict[str, dict[str, Any]]:
    """The problem, and what its sender gave the message, as far as there is room."""
    broken = "; ".join(
        f"{each.path or 'body'}: {each.message}"
        for each in problem.errors
        if each.message != problem.detail
    )
    detail = redacted(f"{problem.detail} ({broken})" if broken else problem.detail) or ""
    shown = _REFUSED.sub("\ufffd", detail)[:LONGEST_DETAIL]
    said = {"code": problem.code, "detail": shown, "message_id": message.id}
    told = {**said, **problem.facts}  # how the task was settled, and when
    ours = {
        f"{OURS}{name}": {"DataType": "String", "StringValue": text} for name, text in told.items()
    }
    theirs = [name for name in message.attributes if not name.startswith(OURS)]
    kept = {name: _sent(message.attributes[name]) for name in theirs[: MOST_ATTRIBUTES - len(ours)]}
    return {**kept, **ours}


def _sent(attribute: MessageAttribute) -> dict[str, Any]:
    if attribute.data is not None:
        return {"DataType": attribute.type, "BinaryValue": attribute.data}
    return {"DataType": attribute.type, "StringValue": attribute.text or ""}
