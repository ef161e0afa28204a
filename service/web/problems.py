"""Answers every failure as problem+json (RFC 9457): a stable `type` and `code`, a request's id."""

from collections.abc import Mapping
from dataclasses import asdict

import structlog
from quart import Quart, Response, has_request_context, request, websocket
from werkzeug.exceptions import HTTPException
from werkzeug.routing import WebsocketMismatch

from handrail.core import errors
from handrail.core.json_text import json_bytes
from handrail.core.protocol import problem
from handrail.core.protocol.problem import NOT_KEPT, Failure, Refusal
from handrail.core.task_tokens.redaction import redacted

from .quart_patches.deadlines import buffered
from .quart_patches.request_ids import HEADER, request_id
from .request_record import record
from .services import services

log = structlog.get_logger(__name__)

CHALLENGE = 'Bearer realm="handrail"'
EXPIRED = f'{CHALLENGE}, error="invalid_token", error_description="The credential has expired"'
"""RFC 6750, section 3."""
ITS_ADDRESS = "This is a WebSocket: connect with ws:// or wss://."
UPGRADE = Refusal(
    426, "upgrade_required", "Upgrade Required", ITS_ADDRESS, headers=(("Upgrade", "websocket"),)
)
NO_SOCKET = Refusal(404, "not_found", "Not Found", "No WebSocket is served under this name.")
NO_SOCKETS = "No WebSocket is served here: ask for `events` with ?wait=20."
ELSEWHERE = "WebSockets are served at the address in `ws`; ?execution= follows a single one."
FAILED = Refusal(500, "internal_error", "Internal error", "The service failed.")


class BadJson(errors.ServiceError):
    """The body isn't JSON at all."""

    code, title, status = "bad_json", "Body is not JSON", 400


def register(app: Quart) -> None:
    app.register_error_handler(errors.ServiceError, service_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, _unexpected)


async def service_error(error: errors.ServiceError) -> Response:
    headers = {}
    if error.retryable:
        headers["Retry-After"] = problem.retry_after(error.retry_after_s)
    if isinstance(error, errors.Unauthenticated):
        expired = isinstance(error, errors.CredentialExpired)
        headers["WWW-Authenticate"] = EXPIRED if expired else CHALLENGE
    return _problem(error, headers)


async def http_error(error: HTTPException) -> Response:
    if isinstance(error, WebsocketMismatch):
        if not has_request_context():
            return _problem(NO_SOCKET, {})
        if not buffered():
            return _problem(UPGRADE, dict(UPGRADE.headers))
        url = services().addresses.socket_url
        facts = {"ws": url} if url is not None else {}
        detail = ELSEWHERE if facts else NO_SOCKETS
        return await service_error(errors.StreamingUnavailable(detail, facts=facts))
    code, status = error.name.lower().replace(" ", "_").replace("'", ""), error.code or 500
    detail = error.description or error.name
    refusal = Refusal(status, code, error.name, detail, retryable=status in {408, 503})
    ours = {"content-type", "content-length"}
    sent = {name: text for name, text in error.get_headers() if name.lower() not in ours}
    return _problem(refusal, sent)


async def _unexpected(error: Exception) -> Response:
    rule = (request if has_request_context() else websocket).url_rule
    # The route, not the path: a path may hold a signed link, which is a credential.
    log.error("request failed", route=rule.rule if rule else "unmatched", exc_info=error)
    return _problem(FAILED, {})


def _problem(failure: Failure, headers: Mapping[str, str]) -> Response:
    id, record().code = request_id(), failure.code
    body: dict[str, object] = {**problem.problem_document(failure, request_id=id)}
    if isinstance(failure, errors.ServiceError):
        body |= failure.facts
        if failure.errors:
            body["errors"] = [asdict(error) for error in failure.errors]
    # A path in `errors` names members as the caller did, and anything may be one's name.
    text = redacted(json_bytes(body).decode())
    told = {"Cache-Control": NOT_KEPT, HEADER: id, **headers}
    return Response(text, failure.status, told, content_type=problem.CONTENT_TYPE)
