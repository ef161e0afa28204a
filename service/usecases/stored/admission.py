"""Who may open a socket, and what may be subscribed to on it."""

from dataclasses import dataclass, field

from service.core.errors import (
    ExecutionNotFound,
    InvalidRequest,
    Unauthenticated,
    UnsupportedByType,
)
from service.core.principals import AccessScope, Principal, check_execution, check_somewhere
from service.core.protocol import MAX_CURSOR, ONLY, Level
from service.core.stored import Wanted
from service.usecases.authentication import Authentication, Credential
from service.usecases.clock import Clock
from service.usecases.live import Hub
from service.usecases.live.hub import reference
from service.usecases.live.source import EXPRESS_HAS_NO_HISTORY
from service.usecases.tickets import Tickets

MAX_ID_BYTES = 512
"""Of an execution's id: AWS's names have 80 characters each, and the table's keys are bounded."""

NEEDS_ID = "Without a credential in the handshake, name the execution by its id, not its ARN."


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client brought to the handshake. With an `execution` the socket is for it alone, from
    the cursor `after` on, at `level`."""

    credential: Credential = field(default_factory=Credential)
    ticket: str | None = field(default=None, repr=False)
    execution: str | None = None
    after: str | None = None
    level: str | None = None


class Admission:
    """Knows nothing of sockets; `authentication` is None where nobody is asked who they are."""

    def __init__(
        self,
        hub: Hub,
        clock: Clock,
        *,
        authentication: Authentication | None,
        tickets: Tickets,
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._authentication = authentication
        self._tickets = tickets

    def awaits_init(self, handshake: Handshake) -> bool:
        """Whether who it is has still to be said."""
        shown = handshake.credential.given or handshake.ticket is not None
        return self._authentication is not None and not shown

    async def principal_of(self, handshake: Handshake) -> Principal | None:
        """None where nobody is asked, or nothing was shown.

        Raises Unauthenticated, CredentialExpired, Unavailable."""
        if self._authentication is None or self.awaits_init(handshake):
            return None
        if handshake.ticket is not None:
            return await self._tickets.redeem(handshake.ticket)
        return await self._authentication.principal_of(handshake.credential)

    async def identified(self, token: str) -> Principal | None:
        """Who says this in an init. Raises as `principal_of`."""
        if self._authentication is None:
            return None
        return await self._authentication.principal_of(Credential(bearer=token))

    async def only(self, handshake: Handshake) -> Wanted | None:
        """What the socket is for, None for whatever it subscribes to. Raises InvalidRequest and
        what `wanted` raises."""
        if handshake.execution is None:
            return None
        level = handshake.level or Level.STATES
        if level not in set(Level):
            raise InvalidRequest("level is status, states or events.")
        if self.awaits_init(handshake) and handshake.execution.startswith("arn:"):
            raise InvalidRequest(NEEDS_ID)  # whose account it is takes a look, not for strangers
        after = (handshake.after or "")[:MAX_CURSOR] or None
        return await self.wanted(ONLY, handshake.execution, level=Level(level), after=after)

    async def wanted(self, id: str, execution: str, *, level: Level, after: str | None) -> Wanted:
        """Raises ExecutionNotFound for what can't be an id or stands in another account,
        UnsupportedByType for an Express execution, Unavailable."""
        execution_id, account = reference(execution)
        if len(str(execution_id).encode()) > MAX_ID_BYTES:
            raise ExecutionNotFound("No execution has an id as long as that.")
        if execution_id.express:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        if account is not None:
            async with self._hub.held(execution, fresh=False):
                pass  # whose account it is stands in what was read
        return Wanted(id, str(execution_id), level.value, after)

    def check(self, principal: Principal | None, execution: str | None) -> None:
        """May this principal watch that, or, without one, anything? Raises Forbidden,
        ExecutionNotFound, and Unauthenticated for nobody where everybody is asked by now."""
        if principal is None:
            if self._authentication is not None:
                raise Unauthenticated("This socket was opened before anybody was asked.")
            return
        if execution is None:
            check_somewhere(principal, AccessScope.READ)
        else:
            check_execution(principal, AccessScope.READ, execution)

    def expired(self, principal: Principal | None) -> bool:
        """Whether the credential behind it is over."""
        return principal is not None and principal.expired(self._clock.now())
