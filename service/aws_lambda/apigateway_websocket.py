"""Hands API Gateway's WebSocket events to the use-cases, and answers its routes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
"""

import structlog
from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from handrail.core.access.origins import check_origin
from handrail.core.access.principals import Credential
from handrail.core.errors import InvalidRequest, ServiceError
from handrail.core.models import Json
from handrail.core.protocol.client_messages import SUBPROTOCOL
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
    body: str | None = Field(None, repr=False)
    binary: bool = Field(False, alias="isBase64Encoded")


async def answer_socket(sockets: GatewaySockets, event: Event, *, deadline: float) -> RouteAnswer:
    """Answers the route; API Gateway looks at $connect's answer alone. `deadline` is a time of
    `sockets.clock.monotonic()`."""
    try:
        read = SocketEvent.model_validate(event)
    except ValidationError:
        log.error("socket event can't be read")
        return {"statusCode": 400}
    route = read.route
    try:
        match route:
            case "$connect":
                return await _connect(sockets, read)
            case "$disconnect":
                await sockets.conversation.disconnect(read.connection)
            case _:
                frame = _frame(read)
                await sockets.conversation.receive(read.connection, frame, deadline=deadline)
    except ServiceError as error:
        log.warning("socket event refused", route=route, code=error.code)
        return {"statusCode": error.status}
    except Exception:
        log.exception("socket event failed", route=route)
        return {"statusCode": 500}
    return {"statusCode": 200}


async def _connect(sockets: GatewaySockets, event: SocketEvent) -> RouteAnswer:
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
    await sockets.conversation.connect(event.connection, Handshake(credential, **asked))
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
