"""Keeps what is known of one socket until its last line in the log is written."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

import structlog

from handrail.core.access.principals import Principal
from handrail.core.protocol.close_codes import REFUSAL, CloseCode
from handrail.telemetry.request_log import RequestLog


@dataclass(slots=True, eq=False)
class SocketRecord:
    """`session` is the id that `ready` tells the client; `route` the pattern it connected to;
    `refused` is called where it is not let in for who it is."""

    log: RequestLog
    session: str
    route: str | None
    refused: Callable[[CloseCode, Principal | None], None] | None
    opened_at: float = field(init=False)
    """By the loop's time."""
    received: int = field(init=False, default=0)
    sent: int = field(init=False, default=0)
    subscriptions: int = field(init=False, default=0)
    _trace_id: str | None = field(init=False)
    """Of the handshake: the socket ends in another context."""

    def __post_init__(self) -> None:
        self.opened_at = asyncio.get_running_loop().time()
        self._trace_id = _trace_id()

    def opened(self, who: Principal | None) -> None:
        """It was let in."""
        self.refused = None  # which holds the handshake
        self._trace_id = _trace_id() or self._trace_id
        self.log.socket_opened(**self._about(who))

    def closed(self, code: int, who: Principal | None, *, by_service: bool, greeted: bool) -> None:
        """`code` is of the close frame, 1006 where there was none. Once only. Each line is written
        in a context of its own: what ends a socket may be another's request."""
        if (refused := self.refused) is not None:
            if by_service and code in REFUSAL:
                Context().run(refused, CloseCode(code), who)
            elif greeted:
                Context().run(self.opened, who)
            self.refused = None
        seconds = asyncio.get_running_loop().time() - self.opened_at
        Context().run(
            self.log.socket_closed,
            code,
            closed_by="service" if by_service else "client",
            seconds=round(seconds, 3),
            messages_in=self.received,
            messages_out=self.sent,
            subscriptions=self.subscriptions,
            **self._about(who),
        )

    def _about(self, who: Principal | None) -> dict[str, Any]:
        name = who.name if who is not None and who.name else None
        about = {"session": self.session, "route": self.route, "principal": name}
        about["trace_id"] = self._trace_id
        return {name: fact for name, fact in about.items() if fact is not None}


def _trace_id() -> str | None:
    return structlog.contextvars.get_contextvars().get("trace_id")
