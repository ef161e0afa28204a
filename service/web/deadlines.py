"""How long a request may take, whatever it waits for: AWS, its turn to read, or another request."""

import asyncio
from math import isfinite
from typing import Any

from quart import Quart, Response, request
from quart.ctx import RequestContext
from quart.typing import ResponseReturnValue, ResponseTypes

from service.core.errors import DeadlineExceeded

from .models import LONGEST_WAIT_S
from .services import services

SYNC_LIMIT_S = 310.0
"""A synchronous start answers when its Express execution has ended, within five minutes."""

SYNC = "executions.start_sync_execution"
RETRY_AFTER_S = 1.0


class App(Quart):
    """Quart, its handlers bounded. The body of a stream, sent after its handler, is not."""

    async def make_response(self, result: Any) -> ResponseTypes:
        """Handlers answer whole responses: there is nothing to convert."""
        return result if isinstance(result, Response) else await super().make_response(result)

    async def dispatch_request(
        self, request_context: RequestContext | None = None
    ) -> ResponseReturnValue:
        """Raises DeadlineExceeded, which is answered as a problem."""
        try:
            async with asyncio.timeout(limit_s()) as deadline:
                return await super().dispatch_request(request_context)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise DeadlineExceeded(
                "The request took longer than it may. It may have taken effect all the same: a"
                " start is safe to repeat with its name or Idempotency-Key.",
                retry_after_s=RETRY_AFTER_S,
            ) from error


def limit_s() -> float:
    """The running request's limit: the setting, what `?wait=` asks for on top, or a synchronous
    start's own."""
    if request.endpoint == SYNC:
        return SYNC_LIMIT_S
    usual = services().settings.request_timeout_s
    return usual + _wait_s(request.args.get("wait", "")) if request.query_string else usual


def _wait_s(text: str) -> float:
    """0 for what the handler will refuse anyway."""
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT_S) if isfinite(seconds) else 0.0
