"""Live events: a socket's own, and the news that somebody should be told of."""

import asyncio
from typing import Any

import structlog

from service.core.errors import DeadlineExceeded
from service.foundation import Foundation
from service.gateway import sockets_on

from .context import Context, working_s
from .nudges import answer_nudges
from .shapes import Event, Kind
from .websocket import answer_late, answer_socket

log = structlog.get_logger(__name__)

SOCKET_S = 25.0
"""API Gateway waits 29 s for a socket's integration, a cold start included, however long the
function may take: what takes longer is told by an invocation of its own.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""


class LiveEvents:
    """The sockets that API Gateway holds, over one foundation. Raises SettingsError."""

    def __init__(self, foundation: Foundation) -> None:
        self._sockets = sockets_on(foundation)

    async def answer(self, event: Event, kind: Kind, context: Context) -> Any:
        """What the sender expects: a route's answer, a batch's failures, or nothing.

        Work ends by itself in good time; what hangs is cut off. Raises DeadlineExceeded then, which
        has queues, EventBridge and the logs bring the event again."""
        ends_in_s = working_s(context)
        try:
            async with asyncio.timeout(ends_in_s) as limit:
                return await self._answer(event, kind, ends_in_s)
        except TimeoutError:
            if not limit.expired():
                raise
        log.error("event cut off", kind=kind.value)
        if kind is Kind.WEBSOCKET:
            return answer_late()
        raise DeadlineExceeded("The invocation's time was up.")

    async def _answer(self, event: Event, kind: Kind, ends_in_s: float) -> Any:
        deadline = asyncio.get_running_loop().time() + time_for(kind, ends_in_s)
        if kind is Kind.WEBSOCKET:
            return await answer_socket(self._sockets, event, deadline=deadline)
        return await answer_nudges(self._sockets, event, deadline=deadline)


def time_for(kind: Kind, left_s: float) -> float:
    """How long an event may be served of what the invocation has left."""
    return min(left_s, SOCKET_S) if kind is Kind.WEBSOCKET else left_s
