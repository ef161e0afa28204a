"""Follows one execution over WebSocket: pings, drops, and resuming by cursor."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from handrail.core.json_text import exact
from handrail.core.models import Json
from handrail.core.protocol.close_codes import AfterClose, after_close

from .errors import ClientError, RequestRefused, StreamClosed
from .omitted import whole
from .request import TO_RESUME, Requester
from .view import Message, next_cursor

_SUBPROTOCOL = "handrail.v1"
_HANDSHAKE_S = 15
_HEARTBEAT_S = 25.0  # until `ready` says another
_PONG_S = 25.0  # at most: where an API Gateway sits between, a heartbeat takes minutes
_MAX_BYTES = 16 * 1024 * 1024
_TO_CONNECT = 4  # tries
_ABNORMAL = 1006


class _Dropped(ClientError):
    """The socket is gone; the stream may go on over another."""


async def follow(
    requester: Requester, execution: str, after: str | None, level: str
) -> AsyncIterator[Message]:
    """See Client.follow. `execution` comes quoted."""
    there = f"?after={after.partition(':')[0]}:0" if after else ""  # AWS may not show it yet
    shown = await requester.call("GET", f"executions/{execution}{there}")
    address = socket_address(requester.base, execution, shown.get("links") or {})
    cursor, failures, attempts = after, 0, _TO_CONNECT
    while True:
        try:
            async with aclosing(_connection(requester, address, cursor, level)) as messages:
                async for sent in messages:
                    message = await whole(requester, execution, sent, since=cursor, level=level)
                    cursor = next_cursor(cursor, message)
                    if message["type"] != "error":
                        failures, attempts = 0, TO_RESUME
                    yield message
                    if message["type"] == "complete":
                        return
                    # A retryable error is news: the stream goes on, or the socket is closed for us
                    # to come back. Any other ends the one subscription of this socket.
                    if message["type"] == "error" and not message.get("retryable"):
                        code = str(message.get("code") or "error")
                        raise RequestRefused(400, code, str(message.get("detail") or code))
        except _Dropped as dropped:
            failures += 1
            await requester.pause(failures, str(dropped), attempts=attempts)


def socket_address(base: str, execution: str, links: Mapping[str, Json]) -> str:
    """Finds the execution's socket: at the URL its links name, else with the rest of the API. The
    credential goes there too, but never in the clear where the service itself is asked over TLS:
    that raises RequestRefused."""
    named = str(links.get("ws") or "")
    if named.startswith("ws://") and base.startswith("https://"):
        raise RequestRefused(400, "socket_without_tls", f"The service names a socket {named}.")
    elsewhere = named.startswith(("ws://", "wss://"))
    return named if elsewhere else f"{base}/v1/executions/{execution}/ws"


async def _connection(
    requester: Requester, address: str, cursor: str | None, level: str
) -> AsyncGenerator[Message]:
    """One socket's messages; ends by raising."""
    query = {"level": level} if cursor is None else {"after": cursor, "level": level}
    mark = "&" if "?" in address else "?"
    url = URL(f"{address}{mark}{urlencode(query, quote_via=quote)}", encoded=True)
    try:
        async with asyncio.timeout(_HANDSHAKE_S):
            socket = await requester.session.ws_connect(
                url, headers=requester.headers(), protocols=[_SUBPROTOCOL], max_msg_size=_MAX_BYTES
            )
    except aiohttp.WSServerHandshakeError as error:
        detail = f"The service answered {error.status} to the WebSocket's handshake."
        if error.status >= 500 or error.status == 429:
            raise _Dropped(detail) from error
        raise RequestRefused(error.status, "handshake_refused", detail) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _Dropped(requester.unreachable(error)) from error
    try:
        async for message in _read(socket):
            yield message
    except aiohttp.ClientError as error:
        raise _Dropped("The connection broke.") from error
    finally:
        await socket.close()


async def _read(socket: aiohttp.ClientWebSocketResponse) -> AsyncGenerator[Message]:
    """Answer pings; ping when the line is quiet for a heartbeat; drop it when quiet for two."""
    heartbeat_s, quiet = _HEARTBEAT_S, False
    while True:
        try:
            silence_s = min(heartbeat_s, _PONG_S) if quiet else heartbeat_s
            frame = await socket.receive(timeout=silence_s)
        except TimeoutError as error:
            if quiet:
                raise _Dropped("The service fell silent.") from error
            quiet = True
            await socket.send_json({"type": "ping"})
            continue
        quiet = False
        if frame.type is not aiohttp.WSMsgType.TEXT:
            raise _closed(socket.close_code or _ABNORMAL, str(frame.extra or ""))
        message = _parse(frame.data)
        match message["type"]:
            case "ping":
                await socket.send_json({"type": "pong"})
            case "pong":
                pass
            case "ready":
                heartbeat_s = float(message.get("heartbeat") or heartbeat_s)
            case "closing":  # the transport is about to close with a code of its own
                code, reason = message.get("code"), str(message.get("reason") or "")
                raise _closed(code if isinstance(code, int) else _ABNORMAL, reason)
            case _:
                yield message


def _parse(text: str) -> Message:
    try:
        message: Json = exact(text)
    except ValueError:
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise StreamClosed("The service sent something that is not one of its messages.")
    return message


def _closed(code: int, reason: str) -> ClientError:
    said = f"closed with {code}" + (f": {reason}" if reason else "")
    if after_close(code) is not AfterClose.END:
        # A fresh credential needs no step of its own: the token is asked for at each handshake.
        return _Dropped(f"The connection was {said}")
    if 4400 <= code < 4500:
        return RequestRefused(code - 4000, f"closed_{code}", f"The service refused: {said}")
    return StreamClosed(f"The stream ended before the execution did ({said}).")
