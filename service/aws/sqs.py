"""Sends nudges and reminders through an SQS queue: the adapter of `stored.Nudges`."""

from typing import Any

from service.aws.calls import AwsCalls
from service.aws.clients import Clients
from service.core.apigateway import Nudge, greet_text, nudge_text


class AwsNudges:
    """A lost answer is asked for again: a message may then come twice, and changes nothing.
    `delay_s` is 0 to 900, as SQS takes it."""

    def __init__(self, clients: Clients, calls: AwsCalls, queue_url: str) -> None:
        self._clients = clients
        self._calls = calls
        self._queue_url = queue_url

    async def send(self, nudge: Nudge, *, delay_s: int = 0) -> None:
        await self._send(nudge_text(nudge), DelaySeconds=delay_s)

    async def greet(self, connection: str, *, delay_s: int = 0) -> None:
        await self._send(greet_text(connection), DelaySeconds=delay_s)

    async def _send(self, body: str, **options: Any) -> None:
        async def send() -> None:
            sqs = await self._clients.sqs()
            await sqs.send_message(QueueUrl=self._queue_url, MessageBody=body, **options)

        await self._calls.call_configured("SendMessage", self._queue_url, send)
