"""Writes to one socket that API Gateway holds, and ends it."""

from dataclasses import dataclass
from datetime import datetime
from math import inf

from service.core.apigateway import Connections, GatewayConnection, Posts
from service.core.errors import ConnectionGone
from service.core.protocol.encoded_messages import Message
from service.core.protocol.server_messages import closing
from service.core.protocol.session import CloseSocket, Phase, Session

from .limits import GatewayLimits


@dataclass(frozen=True, slots=True)
class ConnectionWriter:
    posts: Posts
    connections: Connections

    async def say(self, connection: str, message: Message) -> None:
        """Raises ConnectionGone, PayloadTooLarge."""
        await self.posts.post(connection, message.text)

    async def end(self, connection: str, close: CloseSocket) -> None:
        """Say why, cut, and forget, in this order: where it stops half-way, the connection is still
        known, and is ended once more by whoever comes next."""
        try:
            await self.say(connection, closing(close.code, close.reason))
        except ConnectionGone:
            await self.forget(connection)
            return
        await self.posts.disconnect(connection)
        await self.forget(connection)

    async def forget(self, connection: str) -> None:
        """The socket is gone."""
        await self.connections.close(connection)


def session_of(
    connection: GatewayConnection, limits: GatewayLimits, now: datetime, *, auth: bool = False
) -> Session:
    """The socket's session, in the state that the table keeps of it."""
    return Session(
        connection.id,
        limits,
        now.timestamp(),
        connection.only,
        auth,
        Phase.AWAITING_INIT if connection.awaits_init else Phase.OPEN,
        connection.principal,
        greeted=connection.greeted,
        init_by=connection.due_at.timestamp(),
        full_at=-inf if connection.full_at is None else connection.full_at.timestamp(),
    )
