"""Answers batches of the queue that callbacks come by: what is left of them comes again.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""

import asyncio
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Annotated

import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from handrail.core.callback_messages import (
    MessageAttribute,
    QueuedMessage,
    lanes_of,
    received_message,
)
from handrail.core.errors import ServiceError
from handrail.core.models import Json
from handrail.core.queue_reference import QueueReference
from handrail.entrypoints.compose_base import Base
from handrail.entrypoints.compose_callbacks import queued_callbacks
from handrail.entrypoints.compose_tasks import task_service
from handrail.usecases.apigateway.timing import gather_bounded
from handrail.usecases.queued_callbacks import Done, Left, QueuedCallbacks

from .invocation import Context, Event, Kind, time_for_work_s

log = structlog.get_logger(__name__)

AT_ONCE = 10
STARTING_S = 1.0
"""With less of an invocation's time left, nothing more is begun."""

SHOWING_S = 2.0


class SentAttribute(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    type: str = Field(alias="dataType")
    text: str | None = Field(None, alias="stringValue", repr=False)
    data: Annotated[bytes | None, BeforeValidator(lambda text: text and b64decode(text))] = Field(
        None, alias="binaryValue", repr=False
    )


class CallbackRecord(BaseModel):
    """A message of a batch, as Lambda hands it over."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str = Field(alias="messageId")
    receipt: str = Field(alias="receiptHandle", repr=False)
    body: str = Field(repr=False)
    system: Mapping[str, str] = Field(default_factory=dict, alias="attributes")
    sent: Mapping[str, SentAttribute] = Field(
        default_factory=dict, alias="messageAttributes", repr=False
    )

    def message(self) -> QueuedMessage:
        sent = {
            name: MessageAttribute(each.type, each.text, each.data)
            for name, each in self.sent.items()
        }
        return received_message(self.id, self.receipt, self.body, self.system, sent)


def brings_callbacks(event: Event, queue: str | None) -> bool:
    """Whether a queue's batch is of this one, named as in the settings. A batch is of one queue."""
    if queue is None:
        return False
    return QueueReference.parse(queue).is_at(str(event["Records"][0].get("eventSourceARN")))


class CallbackBatches:
    """Settles what a batch says. Raises SettingsError."""

    def __init__(self, base: Base) -> None:
        self._callbacks = queued_callbacks(base, task_service(base))

    async def answer(self, event: Event, kind: Kind, context: Context) -> dict[str, Json]:
        """Answers the messages to bring again: those that are left, and of a FIFO queue's group all
        behind the first of them, which SQS holds back until that one is seen again. What hangs is
        cut off; it may have taken effect, and is a replay when it comes again."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + time_for_work_s(context) - SHOWING_S
        return await answer_callbacks(self._callbacks, event, deadline=deadline)


async def answer_callbacks(
    callbacks: QueuedCallbacks, event: Event, *, deadline: float
) -> dict[str, Json]:
    """`deadline` is a time of the running loop."""
    messages = [CallbackRecord.model_validate(each).message() for each in event["Records"]]
    failed: list[QueuedMessage] = []

    async def serve(lane: Sequence[QueuedMessage]) -> None:
        for place, message in enumerate(lane):
            verdict = await _in_time(callbacks, message, deadline)
            if isinstance(verdict, Left):
                failed.extend(left := lane[place:])
                waits = [verdict.after_s] + [0] * (len(left) - 1)
                showing = [_show_after(callbacks, *each) for each in zip(left, waits, strict=True)]
                await asyncio.gather(*showing)
                return

    lanes = lanes_of(messages, fifo=callbacks.queue.fifo)
    await gather_bounded(lanes, serve, asyncio.Semaphore(AT_ONCE))
    return {"batchItemFailures": [{"itemIdentifier": each.id} for each in failed]}


async def _in_time(
    callbacks: QueuedCallbacks, message: QueuedMessage, deadline: float
) -> Done | Left:
    if asyncio.get_running_loop().time() > deadline - STARTING_S:
        return Left(0)
    try:
        async with asyncio.timeout_at(deadline):
            return await callbacks.answer(message)
    except TimeoutError:
        log.error("callback cut off: out of time", message_id=message.id)
        return Left(0)


async def _show_after(callbacks: QueuedCallbacks, message: QueuedMessage, after_s: int) -> None:
    """Where that fails the queue's own time counts."""
    try:
        async with asyncio.timeout(SHOWING_S):
            await callbacks.queue.show_after(message, after_s)
    except (ServiceError, TimeoutError) as error:
        code = error.code if isinstance(error, ServiceError) else "timeout"
        log.warning("callback not put off", message_id=message.id, code=code)
