"""The WebSocket routes: one execution (`…/ws`) or many (`/v1/ws`) over one socket."""

import asyncio
import secrets
from functools import partial
from typing import Any, cast

import structlog
from quart import Blueprint, websocket
from quart.wrappers import Websocket

from handrail.core.access.origins import check_origin
from handrail.core.access.principals import Credential, Principal
from handrail.core.apigateway import SubscriptionRequest
from handrail.core.errors import Forbidden, ServiceError
from handrail.core.protocol.client_messages import MAX_CURSOR, ONLY, SUBPROTOCOL, Level
from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.session import Session
from handrail.core.raw_connection import SocketEnd
from handrail.web.audit import socket_refused
from handrail.web.auth import from_own_machine, log_as, seconds_left
from handrail.web.live.outbox import AsgiOutbox
from handrail.web.live.socket import Connection
from handrail.web.live.socket_record import SocketRecord
from handrail.web.quart_patches.trace_headers import bind_trace, came_with
from handrail.web.quart_patches.websocket_connection import SCOPE_KEY, OwnWebsocketConnection
from handrail.web.queries import refused_on_socket
from handrail.web.services import Services, services

log = structlog.get_logger(__name__)
sockets = Blueprint("sockets", __name__)


@sockets.websocket("/v1/ws", defaults={"execution": None})
@sockets.websocket("/v1/executions/<execution:execution>/ws")
async def serve_socket(execution: str | None) -> None:
    """One subscription, made by connecting, or any number. Accepts first: anything awaited before
    it would leave the handshake hanging. Where the server hands the connection over, that is all;
    else ASGI carries the frames."""
    served, asked = services(), cast(Any, websocket)._get_current_object()
    bind_trace(asked.scope, came_with(asked.scope["headers"]))
    own: OwnWebsocketConnection = asked.scope[SCOPE_KEY]
    take = partial(_connected, served, asked, execution)
    subprotocol = SUBPROTOCOL if SUBPROTOCOL in asked.requested_subprotocols else None
    if own.hand_over is not None:
        own.hand_over(take)
        await asked.accept(subprotocol=subprotocol)
        own.give_up()
        return
    outbox = AsgiOutbox(asked.send, served.options.ws_send_timeout_s)
    await asked.accept(subprotocol=subprotocol)
    outbox.owner = connection = take(outbox)
    try:
        if not await outbox.run(own.receive, asked.close):
            own.give_up()
    finally:
        connection.gone(CloseCode.LOST)
        if not outbox.peer_left:
            own.discard_rest()


def _connected(
    served: Services, asked: Websocket, execution: str | None, end: SocketEnd
) -> Connection:
    session, time = _session(served, asked, execution), asyncio.get_running_loop().time
    hub, lists = served.hub, served.live_lists
    rule, refused = asked.url_rule, partial(socket_refused, served, asked)
    route = rule.rule if rule is not None else None
    record = SocketRecord(served.request_log, session.id, route, refused)
    connection = Connection(session, time, end, hub, lists, served.sockets, record)
    let_in = partial(_let_in, served, asked, connection)
    if served.tracer is not None:
        from handrail.web.live.socket_spans import traced  # noqa: PLC0415 an extra's SDK

        let_in = partial(traced, served.tracer, asked, connection, let_in)
    connection.let_in(let_in())
    return connection


async def _let_in(served: Services, asked: Websocket, connection: Connection) -> None:
    """A refusal is a close code, which is all that a browser can tell its page."""
    session = connection.session
    of_one = session.only is not None
    if (wrong := refused_on_socket(asked.args, of_one=of_one)) is not None:
        connection.perform(session.close(CloseCode.BAD_MESSAGE, wrong))
        return
    try:
        found = await _admitted(served, asked, connection)
        connection.perform(session.authenticated(found, served.clock.now()))
        connection.admitted()
    except ServiceError as error:
        connection.perform(session.refuse(error))
    except Exception:
        log.exception("socket failed", execution=session.only and session.only.execution)
        connection.perform(session.close(CloseCode.INTERNAL_ERROR))


async def _admitted(
    served: Services, asked: Websocket, connection: Connection
) -> Principal | ServiceError | None:
    """Whose socket it is, None with authentication off, or why that can't be told. Raises what is
    no fault of the credential's: Forbidden, Draining, Unavailable, TooManySockets."""
    headers = asked.headers
    check_origin(headers.get("Origin"), headers.get("Host"), served.options.origins)
    if not from_own_machine(served, asked):
        raise Forbidden("Only this machine's own programs and pages may call.")
    served.sockets.add(connection)
    bearer, key = headers.get("Authorization"), headers.get("X-Api-Key")
    credential = Credential.shown(bearer, key, asked.args)
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
    if who.expires_at is not None:
        connection.after(seconds_left(who.expires_at), connection.expire)
    return who


def _session(served: Services, asked: Websocket, execution: str | None) -> Session:
    query, only = asked.args, None
    if execution is not None:
        after = query.get("after", "")[:MAX_CURSOR] or None
        only = SubscriptionRequest(ONLY, execution, query.get("level", Level.STATES), after)
    now, auth = asyncio.get_running_loop().time(), served.auth.asks
    return Session(secrets.token_hex(8), served.options.session, now, only, auth)
