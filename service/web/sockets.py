"""The WebSocket routes: one execution (`…/ws`) or many (`/v1/ws`) over one socket."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any, cast

import structlog
from quart import Blueprint, websocket

from service.core.closing import CUT_OFF, CloseCode, code_of_shut_door
from service.core.errors import ServiceError
from service.core.origins import allowed_origin
from service.core.principals import AccessScope, Principal, check_somewhere
from service.core.protocol import MAX_CURSOR, ONLY, SUBPROTOCOL, Level, Subscribe
from service.core.transport import EXTENSION, Transport

from .asgi import SCOPE_KEY, BoundedWebsocketConnection
from .auth import at_expiry, credential_in, from_own_machine
from .connection import Connection, SocketLimits
from .greeting import Greeting, Refused
from .outlet import AsgiOutlet, FrameOutlet, Outlet
from .services import Services, services

log = structlog.get_logger(__name__)
sockets = Blueprint("sockets", __name__)

CLOSE_FRAME_TIMEOUT_S = 1.0


@sockets.websocket("/v1/ws")
async def many() -> None:
    """Any number of subscriptions."""
    await _serve(None)


@sockets.websocket("/v1/executions/<execution:execution>/ws")
async def one(execution: str) -> None:
    """One subscription, made by connecting."""
    await _serve(execution)


async def _serve(execution: str | None) -> None:
    """Accept first: anything awaited before it would leave the handshake hanging."""
    bounded: BoundedWebsocketConnection = cast(dict[str, Any], websocket.scope)[SCOPE_KEY]
    greeting = Greeting()
    bounded.on_message = greeting.received
    offered = SUBPROTOCOL in websocket.requested_subprotocols
    await websocket.accept(subprotocol=SUBPROTOCOL if offered else None)
    served, outlet = services(), _outlet(services(), bounded)
    try:
        code, reason = await _converse(served, outlet, bounded, greeting, execution)
    except asyncio.CancelledError:
        if bounded.disconnect_code in CUT_OFF:
            served.metrics.sockets_dropped.labels(str(bounded.disconnect_code)).inc()
        raise
    except Exception:
        log.exception("socket failed", execution=execution)
        code, reason = CloseCode.INTERNAL_ERROR, "Internal error."
    served.metrics.sockets_dropped.labels(str(int(code))).inc()
    await _close(bounded, outlet, code, reason)


async def _converse(
    served: Services,
    outlet: Outlet,
    bounded: BoundedWebsocketConnection,
    greeting: Greeting,
    execution: str | None,
) -> tuple[CloseCode, str]:
    headers = websocket.headers
    if not allowed_origin(headers.get("Origin"), headers.get("Host"), served.settings.origins):
        return CloseCode.FORBIDDEN, "This origin is not allowed."
    if not from_own_machine(served, headers):
        return CloseCode.FORBIDDEN, "Only this machine's own programs and pages may call."
    try:
        who = await _principal(served, greeting)
        if who is not None and execution is None:
            check_somewhere(who, AccessScope.READ)
        connection = _connection(served, outlet, who, only=execution is not None)
        _hold(served, connection, who)
    except Refused as refused:
        return refused.code, refused.reason
    except ServiceError as error:
        return code_of_shut_door(error), error.detail
    stop_waiting = at_expiry(who, connection.expire)
    try:
        if execution is not None:
            _subscribe(connection, execution)
        await _catch_up(greeting, connection)
        bounded.on_message = connection.received
        ended = await connection.ended
        await connection.flushed()
        return ended
    finally:
        stop_waiting()
        connection.close()


async def _catch_up(greeting: Greeting, connection: Connection) -> None:
    """What was said before the socket was ready, and what is said meanwhile, in its order."""
    while greeting.early and not connection.ended.done():
        connection.received(greeting.early.popleft())
        await asyncio.sleep(0)
    if (refused := greeting.refused) is not None:
        connection.end(refused.code, refused.reason)


def _hold(served: Services, connection: Connection, who: Principal | None) -> None:
    """Until its close frame is out: a process that drains waits for that. Raises Draining,
    Unavailable, TooManySockets."""
    served.sockets.add(connection, who)
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a handler runs in a task of its own
    task.add_done_callback(lambda _: served.sockets.remove(connection))


async def _principal(served: Services, greeting: Greeting) -> Principal | None:
    """None where nobody is asked. Meanwhile the socket counts as one. Raises Refused."""
    if served.auth is None:
        return None
    served.sockets.add(greeting)
    try:
        credential, ticket = credential_in(websocket.headers), websocket.args.get("ticket")
        who = await greeting.principal(served.auth, served.tickets, credential, ticket)
        structlog.contextvars.bind_contextvars(principal=who.name)
        return who
    finally:
        served.sockets.remove(greeting)


def _connection(
    served: Services, outlet: Outlet, who: Principal | None, *, only: bool
) -> Connection:
    session = secrets.token_hex(8)
    return Connection(
        outlet, served.hub, _limits(served), session=session, only=only, principal=who
    )


def _subscribe(connection: Connection, execution: str) -> None:
    level = websocket.args.get("level", Level.STATES)
    if level not in set(Level):
        connection.end(CloseCode.BAD_MESSAGE, "level is status, states or events.")
        return
    after = websocket.args.get("after", "")[:MAX_CURSOR]
    connection.subscribe(
        Subscribe(
            type="subscribe", id=ONLY, execution=execution, after=after or None, level=Level(level)
        )
    )


async def _close(
    bounded: BoundedWebsocketConnection, outlet: Outlet, code: CloseCode, reason: str
) -> None:
    """Send the close frame; a peer that can't take even that is cut off."""
    try:
        async with asyncio.timeout(CLOSE_FRAME_TIMEOUT_S):
            await outlet.hush()
            await websocket.close(int(code), reason[:120])
    except TimeoutError:
        bounded.give_up()
        outlet.abort()
    except (OSError, RuntimeError):  # gone meanwhile; servers say so in either way
        bounded.give_up()


def _outlet(served: Services, bounded: BoundedWebsocketConnection) -> Outlet:
    timeout_s = served.settings.ws_send_timeout_s
    extensions = websocket.scope.get("extensions") or {}
    transport = cast("Callable[[], Transport | None] | None", extensions.get(EXTENSION))
    if transport is not None and (raw := transport()) is not None:
        return FrameOutlet(raw, timeout_s)
    return AsgiOutlet(websocket.send, bounded.hush, timeout_s)


def _limits(served: Services) -> SocketLimits:
    settings = served.settings
    return SocketLimits(
        heartbeat_s=settings.ws_heartbeat_s,
        max_subscriptions=settings.ws_max_subscriptions,
        max_messages_per_s=settings.ws_max_messages_per_s,
    )
