"""Lambda's event source mapping: polls a queue, hands over batches, deletes what was handled.

The rules: "Using Lambda with Amazon SQS" and "Handling errors for an SQS event source", Lambda
Developer Guide. What isn't deleted shows again after the queue's visibility timeout; the queue's
own redrive policy moves it to the dead letters.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from tests import events

from .functions import FunctionError
from .sockets import Invoke


class EventSourceMapping:
    """`wait_s` is how long one poll waits for a message. `abandoned` counts invocations that
    failed as a whole."""

    def __init__(
        self, sqs: Any, queue_url: str, invoke: Invoke, *, batch: int = 10, wait_s: int = 1
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._invoke = invoke
        self._batch = batch
        self._wait_s = wait_s
        self.abandoned = 0

    async def run(self, pollers: int = 2) -> None:
        """Poll until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(pollers):
                tasks.create_task(self._run())

    async def poll(self) -> int:
        """One batch; how many messages there were."""
        answer = await self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=self._batch,
            WaitTimeSeconds=self._wait_s,
            MessageSystemAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        if messages:
            await self._hand_over(messages)
        return len(messages)

    async def _run(self) -> None:
        while True:
            await self.poll()

    async def _hand_over(self, messages: Sequence[Any]) -> None:
        try:
            answer = await self._invoke({"Records": [_record(message) for message in messages]})
            failed = _failed(answer, {message["MessageId"] for message in messages})
        except (FunctionError, ValueError):
            self.abandoned += 1
            return
        for message in messages:
            if message["MessageId"] not in failed:
                await self._sqs.delete_message(
                    QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
                )


def _failed(answer: Any, known: set[str]) -> set[str]:
    """The ids that the answer names. Raises ValueError where one isn't of this batch, which Lambda
    takes for the failure of all."""
    failures = (answer or {}).get("batchItemFailures") or []
    named = {failure["itemIdentifier"] for failure in failures}
    if not named <= known:
        raise ValueError(named)
    return named


def _record(message: Any) -> events.Event:
    record: events.Event = events.sqs_batch([message["Body"]])["Records"][0]
    record |= {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"]}
    record["attributes"] |= message.get("Attributes", {})
    return record
