"""Does what falls due with time: rereads executions nobody nudged for, and ends sockets."""

import asyncio

import structlog

from service.clock import Clock
from service.core.apigateway import GatewayConnection, GatewayPorts, Nudge
from service.core.errors import DeadlineExceeded, ServiceError
from service.core.protocol.close_codes import CloseCode
from service.core.protocol.session import CloseSocket

from .connection_writer import ConnectionWriter
from .fan_out import FanOut
from .limits import GatewayLimits
from .timing import gather_bounded, within

log = structlog.get_logger(__name__)

BATCH = 100
TELLING_AT_ONCE = 10


class Schedule:
    """Called each minute. What one tick leaves, by its time or by the reads it may make, stays due
    and comes first at the next. One socket's or execution's trouble is no other's."""

    def __init__(
        self,
        ports: GatewayPorts,
        writer: ConnectionWriter,
        fan_out: FanOut,
        clock: Clock,
        *,
        limits: GatewayLimits,
    ) -> None:
        self._ports = ports
        self._writer = writer
        self._fan_out = fan_out
        self._clock = clock
        self._limits = limits

    async def tick(self, *, deadline: float) -> None:
        """Raises ServiceError where what is due can't be looked up."""
        half_s = (deadline - self._clock.monotonic()) / 2
        try:
            await within(self._clock, self._end_due(deadline - half_s), half_s)
        except DeadlineExceeded:
            log.warning("out of time: sockets left open until the next tick")
        limit = self._limits.executions_a_tick
        due = await self._ports.watches.due(self._clock.now(), limit=limit)

        async def tell(execution: str) -> None:
            await self._tell(execution, deadline=deadline)

        await gather_bounded(due, tell, asyncio.Semaphore(TELLING_AT_ONCE))

    async def _end_due(self, deadline: float) -> None:
        seen: set[str] = set()

        async def end(connection: GatewayConnection) -> None:
            await self._end(connection, deadline=deadline)

        bound = asyncio.Semaphore(self._limits.posts_at_once)
        while not self._over(deadline):
            found = await self._ports.connections.due(self._clock.now(), limit=BATCH)
            if not (fresh := [one for one in found if one.id not in seen]):
                return
            seen.update(one.id for one in fresh)
            await gather_bounded(fresh, end, bound)

    async def _end(self, connection: GatewayConnection, *, deadline: float) -> None:
        if self._over(deadline):
            return
        close = CloseSocket(CloseCode.RESTARTING, "The socket has been open for as long as it may.")
        if connection.awaits_init:
            close = CloseSocket(CloseCode.INIT_TIMEOUT)
        elif connection.principal is not None and connection.principal.expired(self._clock.now()):
            close = CloseSocket(CloseCode.CREDENTIAL_EXPIRED)
        try:
            await self._writer.end(connection.id, close)
        except ServiceError as error:
            log.warning("socket not ended", code=error.code)
        except Exception:
            log.exception("socket not ended")

    async def _tell(self, execution: str, *, deadline: float) -> None:
        if self._over(deadline):
            return
        nudge = Nudge(execution, again=self._limits.tries_again)  # the next tick is the next try
        try:
            await self._fan_out.tell(nudge, deadline=deadline)
        except ServiceError as error:
            log.warning("execution not delivered", execution=execution, code=error.code)
        except Exception:
            log.exception("execution not delivered", execution=execution)

    def _over(self, deadline: float) -> bool:
        return self._clock.monotonic() >= deadline - self._limits.closing_s
