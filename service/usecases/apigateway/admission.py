"""Decides who may open a socket, and what may be subscribed to on it."""

from dataclasses import dataclass, field, replace

from handrail.core.access.principals import (
    AccessScope,
    Credential,
    Principal,
    check_execution,
    check_somewhere,
)
from handrail.core.apigateway import SubscriptionRequest
from handrail.core.errors import ExecutionNotFound, InvalidRequest, UnsupportedByType
from handrail.core.models import reference
from handrail.core.ports import Authenticator
from handrail.core.protocol.client_messages import MAX_CURSOR, ONLY, Level
from handrail.core.protocol.session import NO_SUCH_LEVEL
from handrail.usecases.live import Hub
from handrail.usecases.live.source import EXPRESS_HAS_NO_HISTORY

MAX_ID_BYTES = 512
"""Of an execution's id: AWS's names have 80 characters each, and the table's keys are bounded."""

NEEDS_ID = "Without a credential in the handshake, name the execution by its id, not its ARN."


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client brought to the handshake. With an `execution` the socket is for it alone, from
    the cursor `after` on, at `level`."""

    credential: Credential = field(default_factory=Credential)
    execution: str | None = None
    after: str | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Knows nothing of sockets."""

    hub: Hub
    authentication: Authenticator

    def awaits_init(self, handshake: Handshake) -> bool:
        """True where who it is has still to be said."""
        return self.authentication.asks and not handshake.credential.given

    async def let_in(
        self, handshake: Handshake
    ) -> tuple[Principal | None, SubscriptionRequest | None]:
        """Answers whose socket it is, None where nobody is asked or nothing was shown; and what it
        is for, None for whatever it subscribes to. Raises Forbidden, InvalidRequest, and what
        `Authenticator.principal_of` and `wanted` do."""
        principal, execution = None, handshake.execution
        if not self.awaits_init(handshake):
            principal = await self.authentication.principal_of(handshake.credential)
        if execution is None:
            if principal is not None:
                check_somewhere(principal, AccessScope.READ)
            return principal, None
        if principal is not None:
            check_execution(principal, AccessScope.READ, execution)
        level = handshake.level or Level.STATES
        if level not in set(Level):
            raise InvalidRequest(NO_SUCH_LEVEL)
        if self.awaits_init(handshake) and execution.startswith("arn:"):
            raise InvalidRequest(NEEDS_ID)  # whose account it is takes a look, not for strangers
        after = (handshake.after or "")[:MAX_CURSOR] or None
        return principal, await self.wanted(SubscriptionRequest(ONLY, execution, level, after))

    async def wanted(self, asked: SubscriptionRequest) -> SubscriptionRequest:
        """The same by the execution's id. Raises ExecutionNotFound for what can't be one or stands
        in another account, UnsupportedByType for an Express execution, Unavailable."""
        execution_id, account = reference(asked.execution)
        if len(str(execution_id).encode()) > MAX_ID_BYTES:
            raise ExecutionNotFound("No execution has an id as long as that.")
        if execution_id.express:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        if account is not None and account != await self.hub.account():
            raise ExecutionNotFound("No such execution in this account and region.")
        return replace(asked, execution=str(execution_id))
