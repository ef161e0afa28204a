"""Live events: a socket's own, and the news that somebody should be told of."""

import asyncio
from typing import Any

from service.foundation import Foundation
from service.gateway import sockets_on

from .context import Context
from .nudges import answer_nudges
from .shapes import Event, Kind
from .websocket import answer_socket


class LiveEvents:
    """The sockets that API Gateway holds, over one foundation. Raises SettingsError."""

    def __init__(self, foundation: Foundation) -> None:
        self._sockets = sockets_on(foundation)

    async def answer(self, event: Event, kind: Kind, context: Context) -> Any:
        """What the sender expects: a route's answer, a batch's failures, or nothing."""
        left_s = context.get_remaining_time_in_millis() / 1000
        deadline = asyncio.get_running_loop().time() + left_s
        if kind is Kind.WEBSOCKET:
            return await answer_socket(self._sockets, event, deadline=deadline)
        return await answer_nudges(self._sockets, event, deadline=deadline)
