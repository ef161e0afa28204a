"""Finds the definitions that watched executions run, read once a machine, not once an execution.

DescribeStateMachineForExecution says exactly what an execution runs, once a second for a whole
account; DescribeStateMachine says what the machine runs now, twenty times as often. What the first
said holds for every execution started between the machine's last update and the newest start it was
compared for. For a later one the machine is asked whether its definition is still the same.
"""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from handrail.core.definition.definition import Definition
from handrail.core.errors import ServiceError
from handrail.core.models import DescribedStateMachine
from handrail.core.ports import StateMachines

from .read_budget import PacedCalls, ReadBudget

KEPT = 256
REVISIONS = 8
UPDATE_LAG = timedelta(seconds=10)
"""For so long after an update a new execution may run the old definition: "eventually consistent".
https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html"""


@dataclass(slots=True)
class Known:
    """One revision of a definition, run by executions started within these two moments."""

    revision: tuple[str | None, str]
    definition: Definition | None
    since: datetime
    until: datetime


@dataclass(slots=True)
class Machine:
    """The known definitions of one machine, the newest found last. One asks at a time."""

    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    known: deque[Known] = field(default_factory=lambda: deque(maxlen=REVISIONS))


@dataclass(frozen=True, slots=True, repr=False)
class Definitions:
    machines: StateMachines
    budget: ReadBudget
    _kept: dict[str, Machine] = field(init=False, default_factory=dict)

    async def of(
        self, arn: str, at: datetime, version: str | None, *, late: timedelta = timedelta(0)
    ) -> Definition | None:
        """What the execution runs that started then; None where AWS refuses it or it can't be
        parsed. The definition of a `version`, by its ARN, never changes. One that was in force so
        `late` will do where it is known. Raises what may pass (ServiceError, retryable)."""
        key = version or machine_arn_of(arn)
        machine = self._kept[key] = self._kept.pop(key, Machine())
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        async with machine.asking:
            known = (known for known in machine.known if known.since <= at <= known.until + late)
            found = next(known, None) if version is None else None
            found = found or await self._found(machine, arn, at, versioned=version is not None)
        return found.definition if found is not None else None

    async def _found(
        self, machine: Machine, arn: str, at: datetime, *, versioned: bool
    ) -> Known | None:
        for known in machine.known:
            if versioned or known.since <= at <= known.until:
                return known
        if (current := await self._still_current(machine, arn, at)) is not None:
            return current
        machines, budget = self.machines, self.budget
        if ":express:" in arn:  # AWS only tells what their state machine runs now
            now = machine_arn_of(arn)
            described = await _unless_refused(budget.machines, machines.describe, now)
        else:
            describe = machines.describe_for_execution
            described = await _unless_refused(budget.execution_machines, describe, arn)
        if described is None:
            return None
        since = min(described.created_at + UPDATE_LAG, at)  # when this definition came to be
        for known in machine.known:
            if known.revision == _revision(described):
                known.since, known.until = min(known.since, since), max(known.until, at)
                return known
        definition = None
        with suppress(ServiceError):
            definition = Definition.parse(described.definition)
        machine.known.append(Known(_revision(described), definition, since, at))
        return machine.known[-1]

    async def _still_current(self, machine: Machine, arn: str, at: datetime) -> Known | None:
        """The newest that is known, where the machine still has it after this execution began."""
        newest = max(machine.known, key=lambda known: known.until, default=None)
        if newest is None or at < newest.until:
            return None
        describe, calls = self.machines.describe, self.budget.machines
        now = await _unless_refused(calls, describe, machine_arn_of(arn))
        if now is None or _revision(now) != newest.revision:
            return None  # deleted, not to be read, or another: the execution itself may say
        newest.until = max(at, now.answered_at - UPDATE_LAG if now.answered_at else at)
        return newest


async def _unless_refused(
    calls: PacedCalls, describe: Callable[[str], Awaitable[DescribedStateMachine]], arn: str
) -> DescribedStateMachine | None:
    try:
        return await calls.call(describe, arn)
    except ServiceError as error:
        if error.retryable:
            raise
        return None


def _revision(described: DescribedStateMachine) -> tuple[str | None, str]:
    return described.revision_id, described.definition


def machine_arn_of(execution_arn: str) -> str:
    """The machine's unqualified ARN, also where the execution is a Map Run's child."""
    base, _, id = re.split("(:execution:|:express:)", execution_arn, maxsplit=1)
    return f"{base}:stateMachine:{re.split('[:/]', id)[0]}"
