"""Does what falls due with time: rereads executions nobody nudged for, and ends sockets."""

import asyncio
from dataclasses import dataclass

import structlog

from handrail.clock import Clock
from handrail.core.apigateway import GatewayConnection, GatewayPorts, Nudge
from handrail.core.errors import DeadlineExceeded
from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.session import CloseSocket

from .fan_out import FanOut
from .gateway_session import end_socket
from .limits import GatewayLimits
from .timing import gather_bounded, succeeds, within

log = structlog.get_logger(__name__)

BATCH = 100
EXECUTIONS_AT_ONCE = 10
TOO_OLD = "The socket has been open for as long as it may."


@dataclass(frozen=True, slots=True)
class Schedule:
    """Called each minute. What one tick leaves, by its time or by the reads it may make, stays due
    and comes first at the next. One socket's or execution's trouble is no other's."""

    ports: GatewayPorts
    fan_out: FanOut
    clock: Clock
    limits: GatewayLimits

    async def tick(self, *, deadline: float) -> None:
        """Raises ServiceError where what is due can't be looked up."""
        half_s = (deadline - self.clock.monotonic()) / 2
        try:
            await within(self.clock, self._end_due(deadline - half_s), half_s)
        except DeadlineExceeded:
            log.warning("out of time: sockets left open until the next tick")
        limit = self.limits.executions_a_tick
        due = await self.ports.watches.due(self.clock.now(), limit=limit)

        async def deliver(execution: str) -> None:
            if not self._over(deadline):
                again = self.limits.tries_again  # the next tick is the next try
                nudge = Nudge(execution, again=again)
                delivery = self.fan_out.deliver(nudge, deadline=deadline)
                await succeeds(delivery, "execution not delivered", execution=execution)

        await gather_bounded(due, deliver, asyncio.Semaphore(EXECUTIONS_AT_ONCE))

    async def _end_due(self, deadline: float) -> None:
        seen: set[str] = set()

        async def end(connection: GatewayConnection) -> None:
            if self._over(deadline):
                return
            close, who = CloseSocket(CloseCode.RESTARTING, TOO_OLD), connection.principal
            if connection.awaits_init:
                close = CloseSocket(CloseCode.INIT_TIMEOUT)
            elif who is not None and who.expired(self.clock.now()):
                close = CloseSocket(CloseCode.CREDENTIAL_EXPIRED)
            await succeeds(end_socket(self.ports, connection.id, close), "socket not ended")

        bound = asyncio.Semaphore(self.limits.posts_at_once)
        while not self._over(deadline):
            found = await self.ports.connections.due(self.clock.now(), limit=BATCH)
            if not (fresh := [one for one in found if one.id not in seen]):
                return
            seen.update(one.id for one in fresh)
            await gather_bounded(fresh, end, bound)

    def _over(self, deadline: float) -> bool:
        return self.clock.monotonic() >= deadline - self.limits.closing_s
