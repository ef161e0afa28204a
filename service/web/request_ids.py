"""One id for each request: in its answer, its problems and its log lines."""

import re
import secrets

import structlog
from quart import Quart, Response, g, request

HEADER = "X-Request-Id"
_ACCEPTED = re.compile(r"[0-9A-Za-z._:/+=-]{1,128}")


def register(app: Quart) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def request_id() -> str:
    """The running request's id, the caller's own where it sent a sane one."""
    found = g.get("request_id")
    if not isinstance(found, str):
        sent = request.headers.get(HEADER, "")
        found = g.request_id = sent if _ACCEPTED.fullmatch(sent) else secrets.token_hex(8)
    return found


async def _begin() -> None:
    structlog.contextvars.bind_contextvars(request_id=request_id())


async def _end(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    return response
