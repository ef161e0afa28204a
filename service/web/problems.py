"""Every failure as problem+json, RFC 9457: one shape, a stable `type` and `code`, a request id."""

from collections.abc import Mapping, Sequence

import structlog
from pydantic import ValidationError
from pydantic_core import to_json
from quart import Quart, Response, has_request_context, request, websocket
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import WebsocketMismatch

from service.core.errors import (
    CredentialExpired,
    FieldError,
    InvalidRequest,
    ServiceError,
    StreamingUnavailable,
    Unauthenticated,
)
from service.core.models import Json
from service.core.problems import CONTENT_TYPE, problem_document
from service.core.redaction import redacted

from .deadlines import buffered
from .request_ids import request_id
from .services import services

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 1.0
CHALLENGE = 'Bearer realm="handrail"'
EXPIRED = f'{CHALLENGE}, error="invalid_token", error_description="The credential has expired"'
"""RFC 6750, section 3."""


class BadJson(ServiceError):
    """The body isn't JSON at all."""

    code, title, status = "bad_json", "Body is not JSON", 400


def register(app: Quart) -> None:
    app.register_error_handler(ServiceError, service_error)
    app.register_error_handler(RequestSchemaValidationError, _schema_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, _unexpected)


def field_errors(error: ValidationError, *, root: str = "") -> list[FieldError]:
    """pydantic's findings with dotted paths, without the values."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        FieldError(".".join(filter(None, (root, *map(str, item["loc"])))), item["msg"])
        for item in found
    ]


def problem(
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    retryable: bool = False,
    errors: Sequence[FieldError] = (),
    facts: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem document as a response."""
    body: dict[str, Json] = {
        **problem_document(
            status=status,
            code=code,
            title=title,
            detail=detail,
            retryable=retryable,
            request_id=request_id(),
        ),
        **(facts or {}),
    }
    if errors:
        body["errors"] = [{"path": item.path, "message": item.message} for item in errors]
    # A path in `errors` names members as the caller did, and anything may be one's name.
    text = redacted(to_json(body).decode())
    return Response(text, status, dict(headers or {}), content_type=CONTENT_TYPE)


async def service_error(error: ServiceError) -> Response:
    headers = {}
    if error.retryable:
        headers["Retry-After"] = str(max(1, round(error.retry_after_s or RETRY_AFTER_S)))
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = EXPIRED if isinstance(error, CredentialExpired) else CHALLENGE
    return problem(
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        retryable=error.retryable,
        errors=error.errors,
        facts=error.facts,
        headers=headers,
    )


async def _schema_error(error: RequestSchemaValidationError) -> Response:
    cause = error.validation_error
    errors = field_errors(cause) if isinstance(cause, ValidationError) else []
    return await service_error(InvalidRequest("The request breaks its schema.", errors=errors))


async def http_error(error: HTTPException) -> Response:
    if isinstance(error, WebsocketMismatch):
        if buffered():
            return await service_error(_no_sockets())
        return problem(
            status=426,
            code="upgrade_required",
            title="Upgrade Required",
            detail="This is a WebSocket: connect with ws:// or wss://.",
            headers={"Upgrade": "websocket"},
        )
    status = error.code or 500
    headers = {
        name: text
        for name, text in error.get_headers()
        if name.lower() not in {"content-type", "content-length"}
    }
    return problem(
        status=status,
        code=error.name.lower().replace(" ", "_").replace("'", ""),
        title=error.name,
        detail=error.description or error.name,
        retryable=status in {408, 503},
        headers=headers,
    )


def _no_sockets() -> StreamingUnavailable:
    if (url := services().addresses.socket_url) is None:
        return StreamingUnavailable("No WebSocket is served here: ask for `events` with ?wait=20.")
    return StreamingUnavailable(
        "WebSockets are served at the address in `ws`; ?execution= follows a single one.",
        facts={"ws": url},
    )


async def _unexpected(error: Exception) -> Response:
    rule = (request if has_request_context() else websocket).url_rule
    # The route, not the path: a path may hold a signed link, which is a credential.
    log.error("request failed", route=rule.rule if rule else "unmatched", exc_info=error)
    return problem(
        status=500, code="internal_error", title="Internal error", detail="The service failed."
    )
