"""Starting, listing, stopping and redriving executions."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite

from pydantic_core import to_json

from service.core import limits
from service.core.canonical import same_json
from service.core.errors import (
    ExecutionConflict,
    ExecutionNotFound,
    FieldError,
    InvalidInput,
    InvalidRequest,
    UnsupportedByType,
)
from service.core.models import (
    Account,
    Cursor,
    Execution,
    ExecutionId,
    ExecutionStatus,
    Json,
    MachineType,
    Page,
    StartedExecution,
    StateMachine,
    SyncResult,
    to_ms,
)
from service.core.ports import Executions
from service.usecases.catalogue import Catalogue
from service.usecases.live import Hub
from service.usecases.live.hub import reference
from service.usecases.live.source import EXPRESS_HAS_NO_HISTORY
from service.usecases.recent import RecentStarts

REPLAY_AGE_S = 2.0
"""AWS's Date header has whole seconds: an execution this much older than the answer is a replay."""

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Start:
    """One wish to start. `key` is the caller's Idempotency-Key."""

    machine: str
    input: Json
    name: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """What came of it. A replay began earlier, by the same key or name and the same input."""

    execution: Execution
    cursor: Cursor
    replayed: bool


class ExecutionService:
    """The use-cases around whole executions."""

    def __init__(
        self,
        catalogue: Catalogue,
        executions: Executions,
        hub: Hub,
        recent: RecentStarts,
        new_name: Callable[[], str],
    ) -> None:
        self._catalogue = catalogue
        self._executions = executions
        self._hub = hub
        self._recent = recent
        self._new_name = new_name

    async def start(self, start: Start) -> Started:
        """Start, or answer the execution that the same name or key started before.

        Raises StateMachineNotFound, InvalidInput, InvalidName, InvalidRequest, and
        ExecutionConflict where the name or key belongs to another input."""
        machine, text = await self._checked(start)
        name = self._name(start, machine)
        given = start.name is not None or start.key is not None
        try:
            started = await self._executions.start(machine.arn, name=name, input=text)
        except ExecutionConflict:
            return await self._existing(machine, name, text, given=given)
        id = ExecutionId.parse(started.arn)
        replayed = given and self._is_replay(id, started)
        self._recent.add(id, started.started_at)
        execution = Execution(
            id, started.arn, ExecutionStatus.RUNNING, started.started_at, input=text
        )
        if replayed and not id.express:
            with suppress(ExecutionNotFound):  # AWS's reads lag its writes
                execution = await self._executions.describe(started.arn)
        return Started(execution, Cursor(to_ms(started.started_at), 0), replayed)

    async def start_sync(self, start: Start) -> tuple[ExecutionId, SyncResult]:
        """Run an Express execution to its end. Raises as `start`, and UnsupportedByType."""
        machine, text = await self._checked(start)
        if machine.type is not MachineType.EXPRESS:
            raise UnsupportedByType("Only Express state machines answer synchronously.")
        name = self._name(start, machine)
        result = await self._executions.start_sync(machine.arn, name=name, input=text)
        return ExecutionId.parse(result.arn), result

    async def list_page(
        self, machine: str, status: ExecutionStatus | None, limit: int, token: str | None
    ) -> Page[Execution]:
        """Newest first. Raises StateMachineNotFound, UnsupportedByType, InvalidRequest."""
        found = await self._catalogue.resolve(machine)
        if found.type is MachineType.EXPRESS:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        try:
            return await self._executions.list_page(
                found.arn, status=status, limit=limit, token=token
            )
        except InvalidRequest as error:
            if token is None:
                raise
            message = "No `next_page` of this list."
            raise InvalidRequest(message, errors=[FieldError("page", message)]) from error

    async def stop(self, execution: str, error: str | None, cause: str | None) -> None:
        """Abort it; nothing happens where it has ended. Raises ExecutionNotFound."""
        limits.check_failure(error, cause)
        id, arn = await self._located(execution)
        await self._executions.stop(arn, error=error, cause=cause)
        self._hub.nudge(id)

    async def redrive(self, execution: str) -> None:
        """Run it again from where it failed. Raises ExecutionNotFound, ExecutionNotRedrivable."""
        id, arn = await self._located(execution)
        await self._executions.redrive(arn)
        self._hub.nudge(id)

    async def _checked(self, start: Start) -> tuple[StateMachine, str]:
        if start.name is not None:
            limits.check_name(start.name)
        if start.key is not None and not 1 <= len(start.key) <= LONGEST_KEY:
            message = f"An Idempotency-Key has 1 to {LONGEST_KEY} characters."
            raise InvalidRequest(message, errors=[FieldError("Idempotency-Key", message)])
        text = to_json(start.input, inf_nan_mode="constants").decode()
        if "Infinity" in text and not only_finite(start.input):
            raise InvalidInput("A number in the input is too large: JSON's are doubles at most.")
        limits.check_input(text)
        machine = await self._catalogue.resolve(start.machine)
        self._catalogue.check_input(machine.name, start.input)
        if start.key is not None and machine.type is MachineType.EXPRESS:
            raise UnsupportedByType("Express executions are not idempotent: send no key.")
        return machine, text

    def _name(self, start: Start, machine: StateMachine) -> str:
        """Always one: AWS's SDK repeats a start whose answer was lost, and the name makes the
        repetition harmless."""
        if start.name is not None:
            return start.name
        if start.key is None:
            return self._new_name()
        return hashlib.sha256(f"{machine.arn}\n{start.key}".encode()).hexdigest()[:40]

    async def _existing(
        self, machine: StateMachine, name: str, text: str, *, given: bool
    ) -> Started:
        id = ExecutionId(machine.name, name)
        execution = await self._executions.describe(Account.of(machine.arn).execution_arn(id))
        if execution.input is None or not same_json(execution.input, text):
            raise ExecutionConflict("This name or key was used before, with another input.")
        return Started(execution, Cursor(to_ms(execution.started_at), 0), given)

    def _is_replay(self, id: ExecutionId, started: StartedExecution) -> bool:
        if self._recent.started_at(id) == started.started_at:
            return True
        return started.aged_s is not None and started.aged_s > REPLAY_AGE_S

    async def _located(self, execution: str) -> tuple[ExecutionId, str]:
        id, account = reference(execution)
        if id.express:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        here = await self._catalogue.account()
        if account not in {None, here}:
            raise ExecutionNotFound("No such execution in this account and region.")
        return id, here.execution_arn(id)


def only_finite(value: Json) -> bool:
    """Whether JSON can say it: a literal like 1e999 is read as infinity."""
    if isinstance(value, dict):
        return all(map(only_finite, value.values()))
    if isinstance(value, list):
        return all(map(only_finite, value))
    return not isinstance(value, float) or isfinite(value)
