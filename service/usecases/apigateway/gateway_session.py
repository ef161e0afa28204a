"""Restores the session of a socket that API Gateway holds, and ends the socket."""

from contextlib import suppress
from datetime import datetime
from math import inf

from handrail.core.apigateway import GatewayConnection, GatewayPorts
from handrail.core.errors import ConnectionGone
from handrail.core.protocol.server_messages import closing
from handrail.core.protocol.session import CloseSocket, Phase, Session

from .limits import GatewayLimits


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


async def end_socket(ports: GatewayPorts, connection: str, close: CloseSocket) -> None:
    """Says why, cuts, and forgets, in this order: where it stops half-way, the connection is still
    known, and is ended once more by whoever comes next."""
    with suppress(ConnectionGone):
        await ports.posts.post(connection, closing(close.code, close.reason).text)
        await ports.posts.disconnect(connection)
    await ports.connections.close(connection)
