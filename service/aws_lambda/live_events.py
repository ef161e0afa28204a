"""Answers live events: those of sockets that API Gateway holds, and news of executions."""

import asyncio
from typing import Any

import structlog

from service.core.errors import DeadlineExceeded
from service.entrypoints.compose_apigateway import sockets_on
from service.entrypoints.compose_base import Base

from .apigateway_websocket import answer_socket
from .invocation import Context, Event, Kind, time_for_work_s
from .queue import answer_nudges

log = structlog.get_logger(__name__)

SOCKET_S = 25.0
"""API Gateway waits 29 s for a socket's integration, a cold start included, however long the
function may take: what takes longer is left to an invocation of its own.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""


class LiveEvents:
    """Serves the sockets that API Gateway holds. Raises SettingsError."""

    def __init__(self, base: Base) -> None:
        self._sockets = sockets_on(base)

    async def answer(self, event: Event, kind: Kind, context: Context) -> Any:
        """Answers what the sender expects: a route's answer, a batch's failures, or nothing. What
        hangs is cut off. Raises DeadlineExceeded then, so that queues, EventBridge and the logs
        bring the event again."""
        ends_in_s = time_for_work_s(context)
        try:
            async with asyncio.timeout(ends_in_s) as limit:
                deadline = asyncio.get_running_loop().time() + time_for(kind, ends_in_s)
                if kind is Kind.WEBSOCKET:
                    return await answer_socket(self._sockets, event, deadline=deadline)
                return await answer_nudges(self._sockets, event, deadline=deadline)
        except TimeoutError:
            if not limit.expired():
                raise
        log.error("event cut off: out of time", kind=kind.value)
        if kind is Kind.WEBSOCKET:
            return {"statusCode": 504}
        raise DeadlineExceeded("The invocation's time was up.")


def time_for(kind: Kind, left_s: float) -> float:
    """How long an event may take of what the invocation has left."""
    return min(left_s, SOCKET_S) if kind is Kind.WEBSOCKET else left_s
