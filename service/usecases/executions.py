"""Starts and lists executions, and tells a replayed start from a first one: AWS answers both alike
where the input is the same."""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite

from pydantic_core import to_json

from service.clock import Clock, within
from service.core import limits
from service.core.errors import (
    ExecutionConflict,
    ExecutionNotFound,
    FieldError,
    InvalidInput,
    InvalidRequest,
    ServiceError,
    UnsupportedByType,
)
from service.core.json_values import canonical, same_json
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
from service.core.ports import Executions, RecentStarts
from service.core.remote_clock import RemoteClock
from service.usecases.catalogue import Catalogue
from service.usecases.lag import REQUEST_S, OwnWrite, OwnWrites, looked_for, not_shown
from service.usecases.live.source import EXPRESS_HAS_NO_HISTORY

LONGEST_KEY = 255
READS = 2  # at most for one start: a second where the first took too long on its way


@dataclass(frozen=True, slots=True)
class NewExecution:
    """An execution to start. `key` is the caller's Idempotency-Key."""

    machine: str
    input: Json
    name: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """An answered start. A replay began earlier, by the same key or name and the same input."""

    execution: Execution
    cursor: Cursor
    replayed: bool


@dataclass(frozen=True, slots=True, repr=False)
class ExecutionService:
    catalogue: Catalogue
    executions: Executions
    recent: RecentStarts
    remote: RemoteClock
    clock: Clock
    own: OwnWrites
    new_name: Callable[[], str]
    _reading: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def start(self, start: NewExecution, *, patience_s: float = REQUEST_S) -> Started:
        """Start, or answer the execution that the same name or key started before, which may take
        `patience_s` longer to tell. Raises StateMachineNotFound, InvalidInput, InvalidName,
        InvalidRequest, and ExecutionConflict where the name or key belongs to another input."""
        machine, text = await self._checked(start)
        name = self._name(start, machine)
        given = start.name is not None or start.key is not None
        try:
            started = await self.executions.start(machine.arn, name=name, input=text)
        except ExecutionConflict:
            return await self._existing(machine, name, text, given=given)
        id, began = ExecutionId.parse(started.arn), started.started_at
        fingerprint = fingerprint_of(text) if given else None
        before = await self.recent.add(id, began, fingerprint=fingerprint)
        replayed = before is not None and before.started_at == began
        if not (id.express or replayed):
            replayed = await self._replayed(started, given=given, patience_s=patience_s)
        execution = Execution(id, started.arn, ExecutionStatus.RUNNING, began, input=text)
        cursor = Cursor(to_ms(began), 0)
        if not (id.express or replayed):
            self.own.add(OwnWrite(execution, cursor))
        return Started(execution, cursor, replayed)

    async def start_sync(self, start: NewExecution) -> tuple[ExecutionId, SyncResult]:
        """Run an Express execution to its end. Raises as `start`, and UnsupportedByType."""
        machine, text = await self._checked(start)
        if machine.type is not MachineType.EXPRESS:
            raise UnsupportedByType("Only Express state machines answer synchronously.")
        name = self._name(start, machine)
        result = await self.executions.start_sync(machine.arn, name=name, input=text)
        return ExecutionId.parse(result.arn), result

    async def list_page(
        self, machine: str, status: ExecutionStatus | None, limit: int, token: str | None
    ) -> Page[Execution]:
        """Newest first. Raises StateMachineNotFound, UnsupportedByType, InvalidRequest."""
        found = await self.catalogue.resolve(machine)
        if found.type is MachineType.EXPRESS:
            raise UnsupportedByType(EXPRESS_HAS_NO_HISTORY)
        try:
            page = await self.executions.list_page(
                found.arn, status=status, limit=limit, token=token
            )
            return self.own.shown(page, found.name, status, first=token is None)
        except InvalidRequest as error:
            if token is None:
                raise
            message = "No `next_page` of this list."
            raise InvalidRequest(message, errors=[FieldError("page", message)]) from error

    async def _replayed(self, started: StartedExecution, *, given: bool, patience_s: float) -> bool:
        """True if it began before this start was asked for, which only one whose name was `given`
        can have. Mostly what AWS answered before tells, else one shared read. What isn't told
        within `patience_s`, or came within the time of a call or two, counts as a first start."""
        if not given:
            self.remote.began(started)
            return False
        if (told := self._told(started)) is not None:
            return told
        with suppress(TimeoutError):
            async with within(self.clock, patience_s), self._reading:
                for _ in range(READS):
                    if (told := self._told(started)) is not None:
                        return told
                    now = self.clock.monotonic()
                    await self.clock.sleep(self.remote.telling_at(started, now) - now)
                    with suppress(ServiceError):  # an answer's date counts, whatever it says
                        await self.executions.describe(started.arn)
        return bool(self._told(started))

    def _told(self, started: StartedExecution) -> bool | None:
        return self.remote.began_before(started, self.clock.monotonic())

    async def _checked(self, start: NewExecution) -> tuple[StateMachine, str]:
        if start.name is not None:
            limits.check_name(start.name)
        if start.key is not None and not 1 <= len(start.key) <= LONGEST_KEY:
            message = f"An Idempotency-Key has 1 to {LONGEST_KEY} characters."
            raise InvalidRequest(message, errors=[FieldError("Idempotency-Key", message)])
        text = to_json(start.input, inf_nan_mode="constants").decode()
        if "Infinity" in text and not only_finite(start.input):
            raise InvalidInput("A number in the input is too large: JSON's are doubles at most.")
        limits.check_payload("input", text)
        machine = await self.catalogue.resolve(start.machine)
        self.catalogue.check_input(machine.name, start.input)
        if start.key is not None and machine.type is MachineType.EXPRESS:
            raise UnsupportedByType("Express executions are not idempotent: send no key.")
        return machine, text

    def _name(self, start: NewExecution, machine: StateMachine) -> str:
        """Always one: with a name AWS's SDK may repeat a start whose answer was lost."""
        if start.name is not None:
            return start.name
        if start.key is None:
            return self.new_name()
        return hashlib.sha256(f"{machine.arn}\n{start.key}".encode()).hexdigest()[:40]

    async def _existing(
        self, machine: StateMachine, name: str, text: str, *, given: bool
    ) -> Started:
        """The execution that has this name. Raises ExecutionConflict for another input."""
        id = ExecutionId(machine.name, name)
        arn = Account.of(machine.arn).execution_arn(id)
        start = await self.recent.find(id)
        if start is None or start.fingerprint is None:
            execution = await self._found(arn)
            same = execution.input is not None and same_json(execution.input, text)
        else:
            same = start.fingerprint == fingerprint_of(text)
            execution = Execution(id, arn, ExecutionStatus.RUNNING, start.started_at, input=text)
            if same:
                with suppress(ServiceError):  # how it stands is told where AWS shows it
                    execution = await self.executions.describe(arn)
        if not same:
            raise ExecutionConflict("This name or key was used before, with another input.")
        return Started(execution, Cursor(to_ms(execution.started_at), 0), given)

    async def _found(self, arn: str) -> Execution:
        """AWS says that it exists."""

        async def look() -> Execution | None:
            with suppress(ExecutionNotFound):
                return await self.executions.describe(arn)
            return None

        if (found := await looked_for(self.clock, look, REQUEST_S)) is not None:
            return found
        raise not_shown()


def fingerprint_of(input: str) -> bytes:
    """The same for every text of the same value."""
    return hashlib.sha256(canonical(input)).digest()


def only_finite(value: Json) -> bool:
    """True if JSON can say it: a literal like 1e999 is read as infinity."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return all(map(only_finite, value))
    return not isinstance(value, float) or isfinite(value)
