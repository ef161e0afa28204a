"""The WebSocket routes: one execution (`…/ws`) or many (`/v1/ws`) over one socket."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any, cast

import structlog
from quart import Blueprint, websocket

from handrail.core.access.origins import check_origin
from handrail.core.access.principals import Credential, Principal
from handrail.core.apigateway import SubscriptionRequest
from handrail.core.errors import Forbidden, ServiceError
from handrail.core.protocol.client_messages import MAX_CURSOR, ONLY, SUBPROTOCOL, Level
from handrail.core.protocol.close_codes import CUT_OFF, CloseCode
from handrail.core.protocol.session import CloseSocket, Session
from handrail.core.raw_connection import EXTENSION, Transport
from handrail.web.auth import at_expiry, from_own_machine, log_as
from handrail.web.live.outbox import AsgiOutbox, FrameOutbox, Outbox
from handrail.web.live.socket import Connection
from handrail.web.quart_patches.websocket_connection import SCOPE_KEY, BoundedWebsocketConnection
from handrail.web.queries import refused_on_socket
from handrail.web.services import Services, services

log = structlog.get_logger(__name__)
sockets = Blueprint("sockets", __name__)

CLOSE_FRAME_TIMEOUT_S = 1.0


@sockets.websocket("/v1/ws", defaults={"execution": None})
@sockets.websocket("/v1/executions/<execution:execution>/ws")
async def serve_socket(execution: str | None) -> None:
    """One subscription, made by connecting, or any number. Accepts first: anything awaited before
    it would leave the handshake hanging."""
    served = services()
    bounded: BoundedWebsocketConnection = cast(dict[str, Any], websocket.scope)[SCOPE_KEY]
    outbox, dropped = _outbox(served, bounded), served.metrics.sockets_dropped
    connection = Connection(outbox, served.hub, served.live_lists, _session(served, execution))
    bounded.on_message = connection.received
    offered = SUBPROTOCOL in websocket.requested_subprotocols
    await websocket.accept(subprotocol=SUBPROTOCOL if offered else None)
    letting_in, ended = asyncio.ensure_future(_let_in(served, connection)), None
    try:
        ended = await connection.ended
        await connection.flushed()
        connection.close()
        dropped.labels(str(int(ended.code))).inc()
        await _close(bounded, outbox, ended)
    except asyncio.CancelledError:
        if bounded.disconnect_code in CUT_OFF and ended is None:
            dropped.labels(str(bounded.disconnect_code)).inc()
        raise
    finally:  # once the close frame is out: a process that drains waits for that
        letting_in.cancel()
        connection.close()
        served.sockets.remove(connection)


async def _let_in(served: Services, connection: Connection) -> None:
    """A refusal is a close code, which is all that a browser can tell its page."""
    session = connection.session
    of_one = session.only is not None
    if (wrong := refused_on_socket(websocket.args, of_one=of_one)) is not None:
        connection.perform(session.close(CloseCode.BAD_MESSAGE, wrong))
        return
    try:
        found = await _admitted(served, connection)
        connection.perform(session.authenticated(found, served.clock.now()))
    except ServiceError as error:
        connection.perform(session.refuse(error))
    except Exception:
        log.exception("socket failed", execution=session.only and session.only.execution)
        connection.perform(session.close(CloseCode.INTERNAL_ERROR))


async def _admitted(served: Services, connection: Connection) -> Principal | ServiceError | None:
    """Whose socket it is, None with authentication off, or why that can't be told. Raises what is
    no fault of the credential's: Forbidden, Draining, Unavailable, TooManySockets."""
    headers = websocket.headers
    check_origin(headers.get("Origin"), headers.get("Host"), served.options.origins)
    if not from_own_machine(served, websocket):
        raise Forbidden("Only this machine's own programs and pages may call.")
    served.sockets.add(connection)
    bearer, key = headers.get("Authorization"), headers.get("X-Api-Key")
    credential = Credential.shown(bearer, key, websocket.args)
    if served.auth.asks and not credential.given:
        credential = Credential(bearer=await connection.token())
    try:
        who = await served.auth.principal_of(credential)
    except ServiceError as error:
        return error
    if who is None:
        return None
    log_as(who)
    served.sockets.add(connection, who)
    connection.leaving.callback(at_expiry(who, connection.expire))
    return who


def _session(served: Services, execution: str | None) -> Session:
    query, only = websocket.args, None
    if execution is not None:
        after = query.get("after", "")[:MAX_CURSOR] or None
        only = SubscriptionRequest(ONLY, execution, query.get("level", Level.STATES), after)
    now, auth = asyncio.get_running_loop().time(), served.auth.asks
    return Session(secrets.token_hex(8), served.options.session, now, only, auth)


async def _close(bounded: BoundedWebsocketConnection, outbox: Outbox, ended: CloseSocket) -> None:
    """Send the close frame; a peer that can't take even that is cut off."""
    try:
        async with asyncio.timeout(CLOSE_FRAME_TIMEOUT_S):
            await outbox.pause_reading()
            await websocket.close(int(ended.code), ended.reason[:120])
    except (OSError, RuntimeError) as error:  # gone meanwhile; servers say so in either way
        bounded.give_up()
        if isinstance(error, TimeoutError):
            outbox.abort()


def _outbox(served: Services, bounded: BoundedWebsocketConnection) -> Outbox:
    timeout_s = served.options.ws_send_timeout_s
    extensions = websocket.scope.get("extensions") or {}
    transport = cast("Callable[[], Transport | None] | None", extensions.get(EXTENSION))
    if transport is not None and (raw := transport()) is not None:
        return FrameOutbox(raw, timeout_s)
    return AsgiOutbox(websocket.send, bounded.pause_reading, timeout_s)
