"""Hands API Gateway's WebSocket events to the use-cases, and answers its routes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
"""

import structlog
from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError
from structlog.contextvars import bound_contextvars

from handrail.core.access.origins import check_origin
from handrail.core.access.principals import AccessScope, Credential
from handrail.core.errors import InvalidRequest, ServiceError
from handrail.core.models import Json
from handrail.core.protocol.client_messages import SUBPROTOCOL
from handrail.core.protocol.close_codes import CloseCode
from handrail.telemetry.request_log import RequestLog
from handrail.usecases.apigateway.admission import Handshake
from handrail.usecases.apigateway.gateway_sockets import GatewaySockets

from .invocation import Event

log = structlog.get_logger(__name__)

TAKEN = frozenset({"ticket", "token", "execution", "after", "level"})
"""Query parameters. Another one, misspelt maybe, would do nothing, silently."""

RouteAnswer = dict[str, Json]


class SocketEvent(BaseModel):
    """The members of an event that are read. Headers come once or with all their values."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    route: str = Field(validation_alias=AliasPath("requestContext", "routeKey"))
    connection: str = Field(
        validation_alias=AliasPath("requestContext", "connectionId"), min_length=1
    )
    headers: dict[str, str] | None = Field(None, repr=False)
    all_headers: dict[str, list[str]] | None = Field(None, alias="multiValueHeaders", repr=False)
    query: dict[str, str] | None = Field(None, alias="queryStringParameters", repr=False)
    remote: str | None = Field(
        None, validation_alias=AliasPath("requestContext", "identity", "sourceIp")
    )
    connected_at: int | None = Field(
        None, validation_alias=AliasPath("requestContext", "connectedAt")
    )
    """In ms since the epoch, as the time of the event."""
    at: int | None = Field(None, validation_alias=AliasPath("requestContext", "requestTimeEpoch"))
    close_code: int | None = Field(
        None, validation_alias=AliasPath("requestContext", "disconnectStatusCode")
    )
    body: str | None = Field(None, repr=False)
    binary: bool = Field(False, alias="isBase64Encoded")


async def answer_socket(
    sockets: GatewaySockets, event: Event, request_log: RequestLog, *, deadline: float
) -> RouteAnswer:
    """Answers the route; API Gateway looks at $connect's answer alone. `deadline` is a time of
    `sockets.clock.monotonic()`."""
    try:
        read = SocketEvent.model_validate(event)
    except ValidationError:
        log.error("socket event can't be read")
        return {"statusCode": 400}
    with bound_contextvars(connection=read.connection, remote=read.remote):
        try:
            return await _answered(sockets, read, request_log, deadline)
        except ServiceError as error:
            _log_refused(read.route, error)
            return {"statusCode": error.status}
        except Exception:
            log.exception("socket event failed", route=read.route)
            return {"statusCode": 500}


async def _answered(
    sockets: GatewaySockets, event: SocketEvent, request_log: RequestLog, deadline: float
) -> RouteAnswer:
    match event.route:
        case "$connect":
            return await _connect(sockets, event, request_log)
        case "$disconnect":
            await sockets.conversation.disconnect(event.connection)
            at, since = event.at, event.connected_at
            took = {} if at is None or since is None else {"seconds": (at - since) / 1000}
            request_log.socket_closed(event.close_code or CloseCode.LOST, **took)
        case _:
            frame = _frame(event)
            await sockets.conversation.receive(event.connection, frame, deadline=deadline)
    return {"statusCode": 200}


def _log_refused(route: str, error: ServiceError) -> None:
    if error.status in {401, 403}:
        facts = {"action": AccessScope.READ.value, "outcome": error.code, "status": error.status}
        log.warning("access refused", audit=True, route=route, **facts)
    else:
        log.warning("socket event refused", route=route, code=error.code)


async def _connect(
    sockets: GatewaySockets, event: SocketEvent, request_log: RequestLog
) -> RouteAnswer:
    """Raises what refuses the handshake."""
    joined = {name: ", ".join(values) for name, values in (event.all_headers or {}).items()}
    named = {**(event.headers or {}), **joined}  # commas: RFC 9110, 5.3
    headers = {name.lower(): text for name, text in named.items()}
    check_origin(headers.get("origin"), headers.get("host"), sockets.origins)
    query = event.query or {}
    if unknown := query.keys() - TAKEN:
        raise InvalidRequest(f"No query parameter of a socket: {', '.join(sorted(unknown))}.")
    asked = {name: query.get(name) for name in ("execution", "after", "level")}
    bearer, key = headers.get("authorization"), headers.get("x-api-key")
    credential = Credential.shown(bearer, key, query)
    handshake = Handshake(credential, **asked)
    who = await sockets.conversation.connect(event.connection, handshake)
    request_log.socket_opened(**({"principal": who.name} if who is not None else {}))
    offered = headers.get("sec-websocket-protocol", "").split(",")
    if SUBPROTOCOL not in {protocol.strip() for protocol in offered}:
        return {"statusCode": 200}
    return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": SUBPROTOCOL}}


def _frame(event: SocketEvent) -> str | bytes:
    """Reads a text, or bytes (which are refused) for a binary frame, or half of a character."""
    text = event.body or ""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="surrogatepass")
    return data if event.binary else text
