"""Takes status changes of executions from outside as nudges: whoever watches the execution reads
its history now. Nothing that they say is shown: the history is the judge."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import structlog

from handrail.clock import Clock
from handrail.core.access.events_keys import EventsKeys
from handrail.core.errors import ExecutionNotFound, TooManyStatusChanges, Unavailable
from handrail.core.ports import EndClaims
from handrail.core.pushes import PushedStatus
from handrail.core.shares import Allowance
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.in_memory import keep_newest
from handrail.usecases.live import Hub

log = structlog.get_logger(__name__)

PER_S, BURST = 300.0, 3_000.0
"""EventBridge sends an API destination 300 a second unless it is told otherwise, and what it could
not send when this service was away comes at once
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html)."""

MOST_IDS = 10_000
PURPOSE = "nudged"


class Taken(StrEnum):
    """What became of one: it nudged, it had come before, or it is about nothing that is served
    here."""

    NUDGED = "nudged"
    REPEATED = "repeated"
    IGNORED = "ignored"


@dataclass(slots=True, repr=False)
class StatusNudges:
    """`keys` are what their sender shows itself by; none where they aren't taken. `claims` are
    those of all replicas, None without a bus; `count` is told of each."""

    keys: EventsKeys
    catalogue: Catalogue
    hub: Hub
    clock: Clock
    claims: EndClaims | None
    count: Callable[[str], None]
    _ids: dict[str, None] = field(init=False, default_factory=dict)
    _allowed: Allowance = field(init=False, default_factory=lambda: Allowance(PER_S, BURST))

    async def take(self, id: str, change: PushedStatus | None) -> Taken:
        """`id` is the event's, which EventBridge repeats with it; `change` is None for what says
        nothing about an execution. Raises TooManyStatusChanges, and Unavailable where AWS doesn't
        tell which account this is."""
        if (wait_s := self._allowed.take(self.clock.monotonic())) > 0:
            detail = f"{PER_S:g} status changes a second are taken here."
            raise TooManyStatusChanges(detail, retry_after_s=wait_s)
        taken = await self._taken(id, change)
        self.count(taken.value)
        return taken

    async def _taken(self, id: str, change: PushedStatus | None) -> Taken:
        if change is None or not await self._is_served(change):
            return Taken.IGNORED
        if id in self._ids:
            return Taken.REPEATED
        first = await self._is_first(id)
        self._ids[id] = None  # not before: whoever is cut off meanwhile sends it again
        keep_newest(self._ids, MOST_IDS)
        if not first:
            return Taken.REPEATED
        await self.hub.nudge(change.execution)
        return Taken.NUDGED

    async def _is_served(self, change: PushedStatus) -> bool:
        if change.execution.express:  # nothing can be read of it
            return False
        try:
            return change.account == await self.catalogue.account(change.execution.machine)
        except ExecutionNotFound:
            return False

    async def _is_first(self, id: str) -> bool:
        """Among all replicas, as far as the bus answers: a nudge too many is a read too many."""
        if self.claims is None:
            return True
        try:
            return await self.claims.claim(id, PURPOSE)
        except Unavailable:
            return True
