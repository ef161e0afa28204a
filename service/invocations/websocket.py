"""API Gateway's WebSocket routes: its events as calls of the use-cases, and their answers back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
"""

from collections.abc import Mapping
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.core.errors import ServiceError
from service.core.models import Json
from service.core.origins import check_origin
from service.core.protocol import SUBPROTOCOL
from service.usecases.authentication import Credential
from service.usecases.stored import Handshake, StoredSockets

from .shapes import Event

log = structlog.get_logger(__name__)

OK = 200
BAD_REQUEST = 400
INTERNAL_ERROR = 500
TIMEOUT = 504

Answer = dict[str, Json]


class RequestContext(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    route_key: str = Field(alias="routeKey")
    connection_id: str = Field(alias="connectionId", min_length=1)


class SocketEvent(BaseModel):
    """What is read of an event. Headers come once or with all their values."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    context: RequestContext = Field(alias="requestContext")
    headers: dict[str, str] | None = Field(None, repr=False)
    all_headers: dict[str, list[str]] | None = Field(None, alias="multiValueHeaders", repr=False)
    query: dict[str, str] | None = Field(None, alias="queryStringParameters", repr=False)
    body: str | None = Field(None, repr=False)
    binary: bool = Field(False, alias="isBase64Encoded")


async def answer_socket(sockets: StoredSockets, event: Event, *, deadline: float) -> Answer:
    """The route's answer. Only $connect's is looked at: 200 opens the socket, 401, 403 and other
    4xx refuse it, 503 is to be tried again. `deadline` is a time of `sockets.clock.monotonic()`."""
    try:
        read = SocketEvent.model_validate(event)
    except ValidationError:
        log.error("socket event can't be read")
        return _answer(BAD_REQUEST)
    route = read.context.route_key
    try:
        match route:
            case "$connect":
                return await _connect(sockets, read)
            case "$disconnect":
                await sockets.conversation.disconnect(read.context.connection_id)
            case _:
                await _receive(sockets, read, deadline=deadline)
    except ServiceError as error:
        log.warning("socket event refused", route=route, code=error.code)
        return _answer(error.status)
    except Exception:
        log.exception("socket event failed", route=route)
        return _answer(INTERNAL_ERROR)
    return _answer(OK)


def answer_late() -> Answer:
    """For a route that found no time."""
    return _answer(TIMEOUT)


async def _connect(sockets: StoredSockets, event: SocketEvent) -> Answer:
    """Raises what refuses the handshake."""
    headers = _headers(event)
    check_origin(headers.get("origin"), headers.get("host"), sockets.origins)
    query = event.query or {}
    handshake = Handshake(
        Credential.shown(headers.get("authorization"), headers.get("x-api-key")),
        ticket=query.get("ticket"),
        execution=query.get("execution"),
        after=query.get("after"),
        level=query.get("level"),
    )
    await sockets.conversation.connect(event.context.connection_id, handshake)
    offered = headers.get("sec-websocket-protocol", "").split(",")
    chosen = SUBPROTOCOL in {protocol.strip() for protocol in offered}
    return _answer(OK, {"Sec-WebSocket-Protocol": SUBPROTOCOL} if chosen else None)


async def _receive(sockets: StoredSockets, event: SocketEvent, *, deadline: float) -> None:
    data = _frame(event)
    await sockets.conversation.receive(event.context.connection_id, data, deadline=deadline)


def _frame(event: SocketEvent) -> str | bytes:
    """Text, or bytes for what isn't: a binary frame, or half of a character. What they hold doesn't
    matter: none is taken."""
    text = event.body or ""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="surrogatepass")
    return data if event.binary else text


def _headers(event: SocketEvent) -> Mapping[str, str]:
    """By lower-case name; of a repeated one all values, with commas (RFC 9110, 5.3)."""
    joined = {name: ", ".join(values) for name, values in (event.all_headers or {}).items()}
    return {name.lower(): text for name, text in {**(event.headers or {}), **joined}.items()}


def _answer(status: int, headers: Mapping[str, str] | None = None) -> Answer:
    answer: dict[str, Any] = {"statusCode": status}
    return {**answer, "headers": dict(headers)} if headers else answer
