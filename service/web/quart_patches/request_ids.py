"""One id for each request: in its answer, its problems and its log lines."""

import re
import secrets
from typing import Any, cast

from quart import has_request_context, request

HEADER = "X-Request-Id"
SCOPE_KEY = "handrail.request_id"
_ACCEPTED = re.compile(r"[0-9A-Za-z._:/+=-]{1,128}")


def chosen(sent: str | None) -> str:
    """The caller's own id where it sent a sane one, else a new one."""
    return sent if sent is not None and _ACCEPTED.fullmatch(sent) else secrets.token_hex(8)


def request_id() -> str:
    """The running request's id; a refused WebSocket handshake gets a new one."""
    scope = cast(dict[str, Any], request.scope) if has_request_context() else {}
    return str(scope.get(SCOPE_KEY) or chosen(None))
