"""Bounds how long a request takes, whatever it waits for: AWS, its turn to read, another request.

A server whose answers are lost after a certain time says so in the ASGI scope (`handrail.deadline`,
by the loop's clock); one that hands answers over whole says that too (`handrail.buffered`)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from inspect import CO_COROUTINE
from math import inf, isfinite
from pathlib import Path
from types import FunctionType
from typing import Any, cast

import structlog
from quart import Quart, Response, has_request_context, request
from quart.ctx import RequestContext
from quart.typing import ResponseTypes

from handrail.core.errors import DeadlineExceeded
from handrail.web.caching import FOR_EVER, file_in, revalidated
from handrail.web.docs.requests import LONGEST_WAIT_S
from handrail.web.services import EXTENSION, Services, services
from handrail.web.site import Site, media_type

from .root_path import rooted
from .url_rules import UnbuiltRule

DEADLINE = "handrail.deadline"
BUFFERED = "handrail.buffered"
WARNED = "handrail.prefix_warned"
REMEDY = "set HANDRAIL_PUBLIC_URL to where clients find the service, path included"
WINDING_UP_S = 0.5  # what a wait leaves of the time: the answer is drawn after it
SYNC_LIMIT_S = 310.0
"""A synchronous start answers when its Express execution has ended, within five minutes."""
SYNC = "executions.start_sync_execution"
LATE = (
    "The request took longer than it may. It may have taken effect all the same: a start is safe to"
    " repeat with its name or Idempotency-Key."
)


log = structlog.get_logger(__name__)


class App(Quart):
    """Quart, its handlers bounded. The body of a stream, sent after its handler, is not."""

    url_rule_class = UnbuiltRule

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.site = Site()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Below whatever path the app is mounted or proxied."""
        if scope["type"] != "lifespan":
            prefix = cast(Services, self.extensions[EXTENSION]).addresses.prefix
            scope = rooted(scope, prefix)
            if scope.get("root_path") and not prefix and not self.extensions.get(WARNED):
                self.extensions[WARNED] = True
                log.warning("links lack the prefix", prefix=scope["root_path"], remedy=REMEDY)
        await super().__call__(scope, receive, send)

    def ensure_async(self, func: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        """Quart asks for each function of each request, by what takes longer than most of them."""
        code = func.__code__ if type(func) is FunctionType else None
        return func if code and code.co_flags & CO_COROUTINE else super().ensure_async(func)

    async def make_response(self, result: Any) -> ResponseTypes:
        """Handlers answer whole responses: there is nothing to convert."""
        return result if isinstance(result, Response) else await super().make_response(result)

    async def send_static_file(self, filename: str) -> Response:
        """Raises NotFound."""
        name, data = self.site.named(filename)
        if data is not None:
            response = await revalidated(data, media_type(name), FOR_EVER)
        else:
            response = await revalidated(*file_in(Path(str(self.static_folder)), name))
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def make_default_options_response(self) -> Response:
        """Which methods there are, by a header alone."""
        response = await super().make_default_options_response()
        response.status_code = 204
        del response.headers["Content-Type"], response.headers["Content-Length"]  # RFC 9110, 8.6
        return response

    async def full_dispatch_request(self, context: RequestContext | None = None) -> ResponseTypes:
        """With what comes before the handler, authentication above all."""
        try:
            async with asyncio.timeout(limit_s()) as deadline:
                return await super().full_dispatch_request(context)
        except TimeoutError:
            if not deadline.expired():
                raise
        answer = await self.handle_user_exception(DeadlineExceeded(LATE, retry_after_s=1.0))
        return await self.finalize_request(answer, context)


def limit_s() -> float:
    """The running request's limit: the setting and its `?wait=`, or a synchronous start's own;
    never past its deadline."""
    if request.endpoint == SYNC:
        return min(SYNC_LIMIT_S, left_s())
    usual_s = services().options.request_timeout_s
    if request.query_string:
        with suppress(ValueError):  # what is no number the handler refuses
            wait_s = float(request.args.get("wait", ""))
            usual_s += min(max(wait_s, 0.0), LONGEST_WAIT_S) if isfinite(wait_s) else 0.0
    return min(usual_s, left_s())


def left_s() -> float:
    """How long the running request has until its deadline; for ever where it has none."""
    ends_at: float = cast(dict[str, Any], request.scope).get(DEADLINE, inf)
    return max(0.0, ends_at - asyncio.get_running_loop().time())


def within(wait_s: float) -> float:
    """As much of a wait as leaves time to answer."""
    return min(wait_s, max(0.0, left_s() - WINDING_UP_S))


def buffered() -> bool:
    """Whether the running request's answer goes out whole, once it is complete."""
    return has_request_context() and bool(cast(dict[str, Any], request.scope).get(BUFFERED))
