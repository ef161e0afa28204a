"""The queue that brings nudges and reminders to an invocation: the adapter of
`stored_ports.Nudges`. What stands in its messages is `core.reminders`' to say."""

from functools import partial
from typing import Any

from service.aws.calls import AwsCalls
from service.aws.clients import Clients
from service.aws.own import about_own
from service.core.reminders import greet_text, nudge_text
from service.core.stored import Nudge


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
        send = partial(self._sent, body, **options)
        call = about_own(self._queue_url, "SendMessage", send)
        await self._calls.call("SendMessage", call, resource=self._queue_url)

    async def _sent(self, body: str, **options: Any) -> None:
        sqs = await self._clients.sqs()
        await sqs.send_message(QueueUrl=self._queue_url, MessageBody=body, **options)
