"""Starts executions, and tells a replayed start from a first one: AWS answers both alike
where the input is the same."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from handrail.clock import Clock, within
from handrail.core import limits
from handrail.core.errors import (
    ExecutionConflict,
    ExecutionNotFound,
    FieldError,
    InvalidRequest,
    ServiceError,
    UnsupportedByType,
)
from handrail.core.json_text import text_of
from handrail.core.json_values import canonical, same_json
from handrail.core.machine_reference import MachineReference
from handrail.core.metered_outcomes import failures_counted
from handrail.core.models import (
    Account,
    Cursor,
    Execution,
    ExecutionId,
    ExecutionStatus,
    Json,
    MachineType,
    StartedExecution,
    StateMachine,
    SyncResult,
    to_ms,
)
from handrail.core.ports import ExecutionMeter, Executions, RecentStarts
from handrail.core.remote_clock import RemoteClock
from handrail.core.replay_names import replay_name
from handrail.core.trace_context import TraceContext
from handrail.usecases.catalogue import Catalogue, naming
from handrail.usecases.lag import REQUEST_S, OwnWrite, OwnWrites, looked_for, not_shown

LONGEST_KEY = 255
READS = 2  # at most for one start: a second where the first took too long on its way
NO_WAIT = (
    "An Express execution that is started asynchronously can't be waited for or watched, as AWS"
    " doesn't tell how it goes on, and none of this state machine was pushed here yet."
    " POST …/sync-executions runs one to its end."
)


@dataclass(frozen=True, slots=True)
class NewExecution:
    """An execution to start. `input` is passed on as written where it is a JsonText; `key` is the
    caller's Idempotency-Key; `looked_at_by` names what asks for a look at it; `case` is a test case
    of the embedded engine's, `trace` what the start is a part of."""

    machine: str
    input: Json
    name: str | None = None
    key: str | None = None
    replay_of: ExecutionId | None = None
    looked_at_by: str | None = None
    case: str | None = None
    trace: TraceContext | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """An answered start, of which `replayed` says that it began earlier, by the same key or name
    and the same input."""

    execution: Execution
    cursor: Cursor
    replayed: bool


async def _nobody_hears(_: Execution) -> None:
    """Where no list is kept."""


@dataclass(frozen=True, slots=True, repr=False)
class ExecutionService:
    """`announce` is told of what has started, `note_trace` of what surely began by it, `ended` of
    what was run to its end; `shows_express` is whether Express executions of a state machine can be
    read here; `meter` counts starts."""

    catalogue: Catalogue
    executions: Executions
    recent: RecentStarts
    remote: RemoteClock
    clock: Clock
    own: OwnWrites
    new_name: Callable[[], str]
    announce: Callable[[Execution], Awaitable[None]] = _nobody_hears
    note_trace: Callable[[Execution], None] = lambda _: None
    shows_express: Callable[[str], bool] | None = None
    ended: Callable[[Execution], None] = lambda _: None
    meter: ExecutionMeter | None = None
    _reading: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def start(self, start: NewExecution, *, patience_s: float = REQUEST_S) -> Started:
        """Start, or answer the execution that the same name or key started before, which may take
        `patience_s` longer to tell. Raises StateMachineNotFound, InvalidInput, InvalidName,
        InvalidRequest, and ExecutionConflict where the name or key belongs to another input."""
        with failures_counted(partial(self._count, start)):
            started = await self._start(start, patience_s=patience_s)
        self._count(start, "replayed" if started.replayed else "started")
        return started

    async def start_sync(self, start: NewExecution) -> tuple[ExecutionId, SyncResult]:
        """Run an Express execution to its end. Raises as `start`, and UnsupportedByType."""
        with failures_counted(partial(self._count, start)):
            id, result = await self._start_sync(start)
        self._count(start, "started")
        began_at, stopped_at = result.started_at, result.stopped_at
        ran = Execution(id, result.arn, result.status, began_at, stopped_at, trace=result.trace)
        if ran.trace is not None:
            self.note_trace(ran)
        self.ended(ran)
        return id, result

    def _count(self, start: NewExecution, outcome: str) -> None:
        if self.meter is not None:
            self.meter.start(self.catalogue.known_name(start.machine), outcome)

    async def _start(self, start: NewExecution, *, patience_s: float) -> Started:
        machine, text = await self._checked(start)
        name = self._name(start, machine)
        given = start.name is not None or start.key is not None
        try:
            with naming(machine.reference):
                target = _target(machine, start.case)
                started = await self.executions.start(
                    target, name=name, input=text, trace=start.trace
                )
        except ExecutionConflict:
            return await self._existing(machine, name, text, given=given, case=start.case)
        id, began = ExecutionId.parse(started.arn), started.started_at
        fingerprint = fingerprint_of(text, start.case) if given else None
        before = await self.recent.add(id, began, fingerprint=fingerprint)
        replayed = before is not None and before.started_at == began
        if not (id.express or replayed):
            replayed = await self._replayed(started, given=given, patience_s=patience_s)
        surely_first = not given or id.express or self._told(started) is False
        trace = started.trace if surely_first and not replayed else None
        running = ExecutionStatus.RUNNING
        execution = Execution(id, started.arn, running, began, input=text, trace=trace)
        if trace is not None:
            self.note_trace(execution)
        meant = MachineReference.parse(machine.reference)
        if meant.qualifier is not None and surely_first and not replayed:
            execution = replace(execution, version=meant.version, alias=meant.alias)
        cursor = Cursor(to_ms(began), 0)
        if not (id.express or replayed):
            self.own.add(OwnWrite(execution, cursor))
        if not replayed:
            await self.announce(execution)
        return Started(execution, cursor, replayed)

    async def _start_sync(self, start: NewExecution) -> tuple[ExecutionId, SyncResult]:
        machine, text = await self._checked(start)
        if machine.type is not MachineType.EXPRESS:
            raise UnsupportedByType("Only Express state machines answer synchronously.")
        name = self._name(start, machine)
        with naming(machine.reference):
            target = _target(machine, start.case)
            result = await self.executions.start_sync(
                target, name=name, input=text, trace=start.trace
            )
        return ExecutionId.parse(result.arn), result

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
        text = limits.check_payload("input", text_of(start.input))
        machine = await self.catalogue.resolve(start.machine)
        await self.catalogue.check_input(machine.name, text)
        if start.case is not None:
            self.catalogue.check_case(machine.name, start.case)
        if start.key is not None and machine.type is MachineType.EXPRESS:
            raise UnsupportedByType("Express executions are not idempotent: send no key.")
        shown = self.shows_express is not None and self.shows_express(machine.name)
        if start.looked_at_by and machine.type is MachineType.EXPRESS and not shown:
            raise InvalidRequest(NO_WAIT, errors=[FieldError(start.looked_at_by, NO_WAIT)])
        return machine, text

    def _name(self, start: NewExecution, machine: StateMachine) -> str:
        """Always one: with a name AWS's SDK may repeat a start whose answer was lost."""
        if start.name is not None:
            return start.name
        made_up, of = self.new_name() if start.key is None else None, start.replay_of
        if of is not None and (name := replay_name(of, made_up or f"key\n{start.key}")) is not None:
            return name
        said = f"{machine.arn}\n{start.key}" if of is None else f"{of}\n{start.key}"
        return made_up or hashlib.sha256(said.encode()).hexdigest()[:40]

    async def _existing(
        self, machine: StateMachine, name: str, text: str, *, given: bool, case: str | None
    ) -> Started:
        """The execution that has this name. Raises ExecutionConflict for another input, and for
        another test case, or a test case that isn't known any more."""
        id = ExecutionId(machine.name, name)
        arn = Account.of(machine.arn).execution_arn(id)
        start = await self.recent.find(id)
        if start is None or start.fingerprint is None:
            execution = await self._found(arn)
            alike = execution.input is not None and same_json(execution.input, text)
            same = alike and case is None
        else:
            same = start.fingerprint == fingerprint_of(text, case)
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


def fingerprint_of(input: str, case: str | None = None) -> bytes:
    """The same for every text of the same value, in the same test case."""
    return hashlib.sha256(canonical(input) + (f"\n{case}" if case else "").encode()).digest()


def _target(machine: StateMachine, case: str | None) -> str:
    return machine.qualified_arn if case is None else f"{machine.qualified_arn}#{case}"
