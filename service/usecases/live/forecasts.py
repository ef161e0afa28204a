"""Finds what is to be expected of executions: the paths of their definitions, and how long those
took that succeeded last. Nobody waits for it long, and each state machine is asked for once in
minutes."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf

from handrail.clock import Clock
from handrail.core.definition.definition import Definition
from handrail.core.definition.expected_path import ExpectedPaths, expected_paths
from handrail.core.errors import ServiceError
from handrail.core.forecast import LEAST, typical_s
from handrail.core.machine_reference import qualifier_of
from handrail.core.models import Execution, ExecutionId, ExecutionStatus
from handrail.core.ports import Executions
from handrail.core.read_queue import Urgency, Waiter
from handrail.usecases.in_memory import keep_newest

from .definition_cache import Definitions, machine_arn_of
from .read_budget import PacedCalls

KEPT_S = 300.0
FEW_S = 60.0  # where too few are known to tell anything; then twice as long, and so on
LATER_S = 10.0  # where who asked couldn't wait: nobody else waits in vain either
KEPT = 256
FORESEEN_S = 0.5  # so long a snapshot may wait for what is expected
LISTED = 100  # of those that succeeded, the newest
LATE = timedelta(seconds=60)
"""For so long after a definition was last seen in force it isn't asked for again."""


@dataclass(slots=True)
class _Listed:
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    executions: Sequence[Execution] = ()
    next_at: float = -inf
    few_s: float = FEW_S


@dataclass(slots=True, repr=False)
class Forecasts:
    """`lists` are the calls of ListExecutions, of which it is the least urgent user."""

    definitions: Definitions
    executions: Executions
    lists: PacedCalls
    clock: Clock
    _paths: dict[Definition, ExpectedPaths] = field(init=False, default_factory=dict)
    _listed: dict[str, _Listed] = field(init=False, default_factory=dict)

    async def paths(
        self, arn: str, started_at: datetime, version: str | None
    ) -> ExpectedPaths | None:
        """Of what this execution runs, or its state machine ran a minute ago at most when it
        started. `version` is an ARN. None where AWS doesn't say."""
        definition: Definition | None = None
        with suppress(ServiceError):
            definition = await self.definitions.of(arn, started_at, version, late=LATE)
        if definition is None:
            return None
        if (paths := self._paths.get(definition)) is None:
            paths = self._paths[definition] = expected_paths(definition)
            keep_newest(self._paths, KEPT)
        return paths

    async def typical_s(self, id: ExecutionId, arn: str, version: str | None) -> float | None:
        """As `forecast.typical_s`, by a list that is minutes old at most; None where AWS doesn't
        list it, as it does neither Express executions nor the children of Map Runs."""
        if id.express or id.label:
            return None
        listed = self._listed.get(id.machine) or _Listed()
        self._listed.pop(id.machine, None)
        self._listed[id.machine] = listed
        keep_newest(self._listed, KEPT)
        async with listed.asking:
            if (now := self.clock.monotonic()) >= listed.next_at:
                listed.next_at = now + LATER_S
                with suppress(ServiceError):
                    listed.executions = await self._succeeded(machine_arn_of(arn), now)
                few = len(listed.executions) < LEAST  # as where it was refused
                listed.next_at = now + (listed.few_s if few else KEPT_S)
                listed.few_s = min(2 * listed.few_s, KEPT_S) if few else FEW_S
        return typical_s(listed.executions, qualifier_of(version))

    async def _succeeded(self, machine_arn: str, due_at: float) -> Sequence[Execution]:
        async with self.lists.turn(Waiter(Urgency.IDLE, due_at)):
            page = await self.executions.list_page(
                machine_arn, status=ExecutionStatus.SUCCEEDED, limit=LISTED
            )
        return page.items
