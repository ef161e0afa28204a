"""Fakes of the ports, and a clock whose time only moves when a test says so."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from handrail.core.aliases import Alias, Named
from handrail.core.errors import (
    ExecutionConflict,
    ExecutionNotFound,
    InvalidRequest,
    NotFound,
    ServiceError,
    StateMachineNotFound,
)
from handrail.core.machine_reference import qualifier_of, unqualified
from handrail.core.models import (
    Account,
    DescribedStateMachine,
    Execution,
    ExecutionId,
    ExecutionStatus,
    HistoryEvent,
    MachineType,
    MapRun,
    Page,
    StartedExecution,
    StateMachine,
    SyncResult,
)
from handrail.core.remote_clock import RemoteClock
from handrail.core.trace_context import TraceContext

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = Account("aws", "eu-west-1", "123456789012")
SETTLING_TURNS = 40


async def run_until_idle() -> None:
    """Let everything that can go on go on until it waits for time or for the test."""
    for _ in range(SETTLING_TURNS):
        await asyncio.sleep(0)


@dataclass(eq=False)
class Alarm:
    at: float
    ring: Callable[[], None]


class FakeClock:
    """Implements `handrail.clock.Clock`."""

    def __init__(self, begin: datetime = BEGIN) -> None:
        self._begin = begin
        self._elapsed = 0.0
        self._alarms: list[Alarm] = []

    def now(self) -> datetime:
        return self._begin + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, delay_s: float) -> None:
        await self.wait(asyncio.Event(), delay_s)

    async def wait(self, event: asyncio.Event, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(None) as scope:
                with self._alarm(timeout_s, lambda: scope.reschedule(0)):
                    await event.wait()
        except TimeoutError:
            return False
        return True

    @property
    def waiting(self) -> int:
        """How many sleep now, or wait with a timeout."""
        return len(self._alarms)

    async def advance(self, seconds: float) -> None:
        """Let so much time pass. What falls due meanwhile happens at its own time, in order."""
        until = self._elapsed + seconds
        await run_until_idle()
        while (alarm := self._next(until)) is not None:
            self._elapsed = max(self._elapsed, alarm.at)
            self._alarms.remove(alarm)
            alarm.ring()
            await run_until_idle()
        self._elapsed = until

    def _next(self, until: float) -> Alarm | None:
        due = [alarm for alarm in self._alarms if alarm.at <= until]
        return min(due, key=lambda alarm: alarm.at, default=None)

    @contextmanager
    def _alarm(self, delay_s: float, ring: Callable[[], None]) -> Iterator[None]:
        alarm = Alarm(self._elapsed + max(0.0, delay_s), ring)
        self._alarms.append(alarm)
        try:
            yield
        finally:
            if alarm in self._alarms:
                self._alarms.remove(alarm)


class Port:
    """What the fakes share: they note their calls, fail as told, and can be held up."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._failures: dict[str, deque[Exception]] = {}
        self._held: asyncio.Event | None = None

    def fail(self, operation: str, *errors: Exception) -> None:
        """The next calls of this operation fail so, one after another."""
        self._failures.setdefault(operation, deque()).extend(errors)

    def hold(self) -> None:
        """Answer nothing from here on until `release`."""
        self._held = asyncio.Event()

    def release(self) -> None:
        if self._held is not None:
            self._held.set()
            self._held = None

    def count(self, operation: str) -> int:
        return self.calls.count(operation)

    async def _called(self, operation: str) -> None:
        self.calls.append(operation)
        failures = self._failures.get(operation)
        error = failures.popleft() if failures else None
        if self._held is not None:
            await self._held.wait()
        if error is not None:
            raise error


@dataclass(frozen=True)
class Read:
    """One GetExecutionHistory."""

    arn: str
    limit: int
    newest_first: bool
    token: str | None


class FakeHistories(Port):
    """Histories by ARN; a list handed in may go on growing. Pages are cut as AWS cuts them, and a
    token is only good for the arguments it was given for."""

    def __init__(self) -> None:
        super().__init__()
        self.events: dict[str, list[HistoryEvent]] = {}
        self.reads: list[Read] = []
        self.ignores_order = False
        self.ignores_limit = False
        self.missing: set[int] = set()
        self.empty_pages = 0
        """So many pages come without events, and a token of the next."""

        self.refused_tokens = 0
        """So many page tokens aren't taken any more."""

        self.clock: FakeClock | None = None
        """What dates the answers, where one does."""

        self.answered_ahead_s = 0.0
        """By how much AWS's clock is ahead of it."""

    async def read_page(
        self,
        execution_arn: str,
        *,
        limit: int,
        newest_first: bool = False,
        token: str | None = None,
    ) -> Page[HistoryEvent]:
        self.reads.append(Read(execution_arn, limit, newest_first, token))
        events = list(self.events.get(execution_arn, ()))
        await self._called("read_page")
        if execution_arn not in self.events:
            raise ExecutionNotFound("There is no such execution.")
        shown = [event for event in events if event.id not in self.missing]
        if newest_first and not self.ignores_order:
            shown.reverse()
        page = self._page(shown, limit, newest_first=newest_first, token=token)
        if self.clock is None:
            return page
        return replace(
            page, answered_at=self.clock.now() + timedelta(seconds=self.answered_ahead_s)
        )

    def _page(
        self, shown: Sequence[HistoryEvent], limit: int, *, newest_first: bool, token: str | None
    ) -> Page[HistoryEvent]:
        if self.ignores_limit:
            return Page(tuple(shown))
        start = 0
        if self.empty_pages:
            self.empty_pages -= 1
            return Page((), token or f"{limit}/{newest_first}/0")
        if token is not None and self.refused_tokens:
            self.refused_tokens -= 1
            raise InvalidRequest("Invalid Token")
        if token is not None:
            wanted = f"{limit}/{newest_first}/"
            if not token.startswith(wanted):
                raise InvalidRequest("This token belongs to other arguments.")
            last = int(token.removeprefix(wanted))
            before = (i for i, event in enumerate(shown) if event.id == last)
            start = 1 + next(before) if last else 0
        page = tuple(shown[start : start + limit])
        more = start + limit < len(shown)
        return Page(page, f"{limit}/{newest_first}/{page[-1].id}" if more else None)


def machine_arn(name: str) -> str:
    return f"arn:aws:states:eu-west-1:123456789012:stateMachine:{name}"


def machine(name: str, type: MachineType = MachineType.STANDARD) -> StateMachine:
    return StateMachine(name, machine_arn(name), type, BEGIN)


class FakeStateMachines(Port):
    """An account's state machines, by name, with their definitions as JSON texts, by name or
    `name:version`. Versions and aliases are by the state machine's name, newest first."""

    def __init__(self, *machines: StateMachine) -> None:
        super().__init__()
        self.machines = {machine.name: machine for machine in machines}
        self.definitions: dict[str, str] = {}
        self.versions: dict[str, list[Named]] = {}
        self.aliases: dict[str, list[Alias]] = {}

    async def list_all(self) -> Sequence[StateMachine]:
        found = tuple(self.machines.values())
        await self._called("list_all")
        return found

    async def probe(self) -> None:
        await self._called("probe")

    async def describe(self, arn: str) -> DescribedStateMachine:
        await self._called("describe")
        name, version = unqualified(arn).rpartition(":")[2], qualifier_of(arn)
        known = {each.qualifier for each in self.versions.get(name, ())}
        if version is not None and version not in known:
            raise StateMachineNotFound("There is no such state machine.")
        return self._described(name, version)

    async def describe_alias(self, arn: str) -> Alias:
        await self._called("describe_alias")
        for alias in self.aliases.get(unqualified(arn).rpartition(":")[2], ()):
            if alias.name == qualifier_of(arn):
                return alias
        raise StateMachineNotFound("There is no such state machine.")

    async def list_versions(self, arn: str) -> Sequence[Named]:
        await self._called("list_versions")
        return tuple(self.versions.get(arn.rpartition(":")[2], ()))

    async def list_aliases(self, arn: str) -> Sequence[Named]:
        await self._called("list_aliases")
        aliases = self.aliases.get(arn.rpartition(":")[2], ())
        return tuple(Named(alias.name, BEGIN) for alias in aliases)

    async def describe_for_execution(self, execution_arn: str) -> DescribedStateMachine:
        await self._called("describe_for_execution")
        return self._described(ExecutionId.parse(execution_arn).machine)

    def _described(self, name: str, version: str | None = None) -> DescribedStateMachine:
        if (found := self.machines.get(name)) is None:
            raise StateMachineNotFound("There is no such state machine.")
        default = '{"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": true}}}'
        definition = self.definitions.get(f"{name}:{version}" if version else name, default)
        whole = name, found.arn, found.type, found.created_at, definition
        return DescribedStateMachine(*whole, qualifier=version)


@dataclass(frozen=True)
class Call:
    """One operation on an execution, with what it was given."""

    operation: str
    arn: str
    given: dict[str, str | None] = field(default_factory=dict)


class FakeExecutions(Port):
    """Executions by ARN, started by AWS's rules: a name is taken unless it runs on this very
    text."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.executions: dict[str, Execution] = {}
        self.log: list[Call] = []
        self.remote = RemoteClock()
        self.dates_answers = True
        self._clock = clock

    def add(
        self,
        id: str,
        *,
        status: ExecutionStatus = ExecutionStatus.RUNNING,
        started_at: datetime = BEGIN,
        input: str | None = "{}",
        trace: TraceContext | None = None,
    ) -> Execution:
        parsed = ExecutionId.parse(id)
        arn = ACCOUNT.execution_arn(parsed)
        execution = Execution(parsed, arn, status, started_at, input=input, trace=trace)
        self.executions[arn] = execution
        return execution

    def end(self, id: str, status: ExecutionStatus = ExecutionStatus.SUCCEEDED) -> None:
        arn = ACCOUNT.execution_arn(ExecutionId.parse(id))
        self.executions[arn] = replace(self.executions[arn], status=status)

    async def start(
        self, machine_arn: str, *, name: str, input: str, trace: TraceContext | None = None
    ) -> StartedExecution:
        """An error told to `fail` stands for a lost answer: the execution starts all the same."""
        self.log.append(Call("start", machine_arn, {"name": name, "input": input}))
        machine_arn, _, _ = machine_arn.partition("#")  # a test case of the embedded engine's
        id = f"{unqualified(machine_arn).rpartition(':')[2]}:{name}"
        known = self.executions.get(ACCOUNT.execution_arn(ExecutionId.parse(id)))
        if known is None:
            known = self.add(id, input=input, started_at=self._clock.now(), trace=trace)
        elif known.input != input or known.status.terminal:
            raise ExecutionConflict("An execution of this name exists already.")
        await self._called("start")
        at = self._dated()
        return StartedExecution(known.arn, known.started_at, at, at, trace)

    def _dated(self) -> float:
        """As AWS dates answers: by its clock, which is the test's, cut to seconds."""
        at = self._clock.monotonic()
        if self.dates_answers:
            date = self._clock.now().replace(microsecond=0)
            self.remote.heard(date, asked_at=at, answered_at=at)
        return at

    async def start_sync(
        self, machine_arn: str, *, name: str, input: str, trace: TraceContext | None = None
    ) -> SyncResult:
        self.log.append(Call("start_sync", machine_arn, {"name": name, "input": input}))
        await self._called("start_sync")
        id = ExecutionId(unqualified(machine_arn).rpartition(":")[2], name, run="run-1")
        now = self._clock.now()
        arn, status = ACCOUNT.execution_arn(id), ExecutionStatus.SUCCEEDED
        return SyncResult(arn, name, status, now, now, trace=trace)

    async def describe(self, execution_arn: str) -> Execution:
        self._dated()
        await self._called("describe")
        return self._found(execution_arn)

    async def list_page(
        self,
        machine_arn: str,
        *,
        status: ExecutionStatus | None = None,
        limit: int = 50,
        token: str | None = None,
    ) -> Page[Execution]:
        self.log.append(Call("list_page", machine_arn, {"token": token, "limit": str(limit)}))
        await self._called("list_page")
        name, by = unqualified(machine_arn).rpartition(":")[2], qualifier_of(machine_arn)
        found = [e for e in self.executions.values() if e.id.machine == name]
        found = [e for e in found if by is None or by in (e.version, e.alias)]
        shown = [e for e in reversed(found) if status in {None, e.status}]
        start = int(token or 0)
        more = start + limit < len(shown)
        return Page(tuple(shown[start : start + limit]), str(start + limit) if more else None)

    async def stop(
        self, execution_arn: str, *, error: str | None = None, cause: str | None = None
    ) -> datetime:
        self.log.append(Call("stop", execution_arn, {"error": error, "cause": cause}))
        await self._called("stop")
        self._found(execution_arn)
        return self._clock.now()

    async def redrive(self, execution_arn: str) -> datetime:
        self.log.append(Call("redrive", execution_arn))
        await self._called("redrive")
        self._found(execution_arn)
        return self._clock.now()

    def _found(self, arn: str) -> Execution:
        if (execution := self.executions.get(arn)) is None:
            raise ExecutionNotFound("There is no such execution.")
        return execution


class FakeMapRuns(Port):
    """Map Runs and their child executions, by the Map Run's ARN."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: dict[str, MapRun] = {}
        self.children: dict[str, list[Execution]] = {}

    def add_child(
        self, arn: str, name: str, status: ExecutionStatus = ExecutionStatus.SUCCEEDED
    ) -> None:
        id = ExecutionId.parse(f"{arn.split(':')[6]}:{name}")
        stopped_at = None if status is ExecutionStatus.RUNNING else BEGIN + timedelta(seconds=1)
        child = Execution(id, ACCOUNT.execution_arn(id), status, BEGIN, stopped_at)
        self.children.setdefault(arn, []).append(child)

    async def describe(self, arn: str) -> MapRun:
        await self._called("describe")
        if (run := self.runs.get(arn)) is None:
            raise NotFound("There is no such Map Run.")
        return run

    async def list_children(
        self, arn: str, *, status: ExecutionStatus | None, limit: int, token: str | None
    ) -> Page[Execution]:
        await self._called("list_children")
        found = [e for e in reversed(self.children.get(arn, [])) if status in {None, e.status}]
        if token is not None and not token.isdigit():
            raise InvalidRequest("Invalid Token")
        start = int(token or 0)
        more = start + limit < len(found)
        return Page(tuple(found[start : start + limit]), str(start + limit) if more else None)


def map_run_arn(label: str, id: str = "run-1", machine: str = "orders") -> str:
    return f"arn:aws:states:eu-west-1:123456789012:mapRun:{machine}/{label}:{id}"


def map_run(*, ended: bool = True, **counts: int) -> MapRun:
    """So many items are where, none of any kind that isn't named."""
    kinds = ("pending", "running", "succeeded", "failed", "timedOut", "aborted")
    known = {**dict.fromkeys(kinds, 0), **counts}
    return MapRun(ended, {"total": sum(known.values()), **known})


def unread(error: ServiceError | None) -> str:
    """The code of an error that must be there."""
    assert error is not None
    return error.code
