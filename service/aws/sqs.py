"""Sends nudges and reminders through an SQS queue: the adapter of `core.apigateway.Nudges`."""

from dataclasses import dataclass

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.core.apigateway import Nudge, greet_text, nudge_text


@dataclass(frozen=True, slots=True)
class AwsNudges:
    """A lost answer is asked for again: a message may then come twice, and changes nothing.
    `delay_s` is 0 to 900, as SQS takes it."""

    clients: Clients
    calls: AwsCalls
    queue_url: str

    async def send(self, nudge: Nudge, *, delay_s: int = 0) -> None:
        await self._send(nudge_text(nudge), delay_s)

    async def greet(self, connection: str, *, delay_s: int = 0) -> None:
        await self._send(greet_text(connection), delay_s)

    async def _send(self, body: str, delay_s: int) -> None:
        async def send() -> None:
            sqs, url = await self.clients.client("sqs"), self.queue_url
            await sqs.send_message(QueueUrl=url, MessageBody=body, DelaySeconds=delay_s)

        await self.calls.call_configured("SendMessage", self.queue_url, send)
