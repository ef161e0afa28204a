"""Posts to sockets that API Gateway holds: the adapter of `core.apigateway.Posts`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.core.errors import ConnectionGone, PayloadTooLarge

MAX_POST_BYTES = 128 * 1024
"""The longest message a client can be sent, in bytes; it comes in frames of 32 KB each.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""


@dataclass(frozen=True, slots=True)
class AwsPosts:
    """`endpoint_url` is the WebSocket API's, stage included."""

    clients: Clients
    calls: AwsCalls
    endpoint_url: str

    async def post(self, connection: str, text: bytes) -> None:
        """A lost answer is asked for again: the message may then come twice. No call is made for
        one that is too large."""
        if len(text) > MAX_POST_BYTES:
            raise PayloadTooLarge(f"A message is at most {MAX_POST_BYTES} bytes.")
        posted = {"ConnectionId": connection, "Data": text}
        await self._call("PostToConnection", lambda api: api.post_to_connection(**posted))

    async def disconnect(self, connection: str) -> None:
        cut = {"ConnectionId": connection}
        with suppress(ConnectionGone):
            await self._call("DeleteConnection", lambda api: api.delete_connection(**cut))

    async def _call(self, operation: str, ask: Callable[[Any], Awaitable[Any]]) -> None:
        async def call() -> None:
            await ask(await self.clients.client("apigatewaymanagementapi", self.endpoint_url))

        await self.calls.call_configured(operation, self.endpoint_url, call)
