"""A Step Functions endpoint for tests: AWS JSON 1.0 over a real socket, scripted in Python.

    async with StepFunctionsStub() as stub:
        machine = stub.add_machine("order", type="STANDARD")
        arn = stub.add_execution("order", "one")
        stub.append(arn, event("TaskStateEntered", details={"name": "Charge"}))
        stub.fail_next("StartExecution", code="ThrottlingException", times=2)
        ...  # aim a client (or AWS_ENDPOINT_URL_SFN) at stub.url
        assert stub.calls["StartExecution"] == 3

Faults queue up per operation and are used up one a call, the oldest first.
"""

import asyncio
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from .account import PASS_DEFINITION, START, Event, Machine, Refusal, Run
from .operations import Account, Answer, Body, Token, activity_arn, execution_arn, machine_arn

__all__ = ["Event", "Received", "Refusal", "Run", "StepFunctionsStub", "event"]


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in."""

    operation: str
    body: Body
    headers: Mapping[str, str]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call instead of, or besides, the plain answer.

    `refusal` answers an error; `delay_s` waits first; `hang` never answers; `drop` closes the
    connection without a byte. `apply` says whether the operation takes effect before that.
    """

    refusal: Refusal | None = None
    delay_s: float = 0
    hang: bool = False
    drop: bool = False
    apply: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def event(kind: str, *, details: Mapping[str, Any] | None = None, **members: Any) -> Event:
    """A history event of this type with its details under the key AWS uses for it.

    `members` go beside them: `previousEventId`, `timestamp` (datetime or seconds), `id`.
    """
    shown: Event = {"type": kind, **members}
    if details is not None:
        shown[details_key(kind)] = dict(details)
    return shown


def details_key(kind: str) -> str:
    """`TaskScheduled` → `taskScheduledEventDetails`; every *StateEntered shares one key."""
    for suffix in ("StateEntered", "StateExited"):
        if kind.endswith(suffix):
            return f"{suffix[0].lower()}{suffix[1:]}EventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


class StepFunctionsStub:
    """The server and the account behind it. `now` dates answers (the Date header included)."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.account = Account(now)
        self.calls: Counter[str] = Counter()
        self.requests: list[Received] = []
        self.peers: set[object] = set()  # the client's end of each connection there was
        self.url = ""
        self.dates_answers = True  # False: the Date header is empty
        self._now = now
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._arrivals: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._released = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=4 * 2**20)
        app.router.add_post("/", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._released.set()
        if self._runner:
            await self._runner.cleanup()

    # What the account holds.

    def add_machine(
        self,
        name: str,
        *,
        type: str = "STANDARD",
        definition: str | Mapping[str, Any] = PASS_DEFINITION,
        created_at: datetime = START,
    ) -> str:
        """Deploy a state machine (or replace it); answers its ARN."""
        text = definition if isinstance(definition, str) else json.dumps(definition)
        arn = machine_arn(name)
        self.account.deploy(Machine(name, arn, type, text, created_at))
        return arn

    def add_execution(
        self,
        machine: str,
        name: str,
        *,
        input: str | None = "{}",
        started_at: datetime | None = None,
    ) -> str:
        """A running execution with an empty history; answers its ARN."""
        state_machine = self.account.machines[machine_arn(machine)]
        arn = execution_arn(state_machine, name)
        started_at = started_at or self._now()
        self.account.runs[arn] = Run(arn, state_machine, name, started_at, input=input)
        return arn

    def add_history(self, execution_arn: str, events: Iterable[Mapping[str, Any]]) -> None:
        """Append recorded events; creates the execution and its machine where they're missing."""
        if execution_arn not in self.account.runs:
            machine, name = execution_arn.split(":")[6:8]
            if machine_arn(machine) not in self.account.machines:
                self.add_machine(machine)
            self.add_execution(machine, name)
        self.append(execution_arn, *events)

    def append(self, execution_arn: str, *events: Mapping[str, Any]) -> int:
        """Append events, numbered and dated where they aren't; answers the last id.

        Terminal events and ExecutionRedriven change the execution's description too.
        """
        run = self.account.runs[execution_arn]
        for each in events:
            self.account.append(run, each)
        return len(run.events)

    def add_task_token(self, token: str, execution_arn: str, scheduled_event_id: int) -> None:
        """Let SendTask* with this token settle that TaskScheduled event, once."""
        self.account.tokens[token] = Token(execution_arn, scheduled_event_id)

    def add_map_run(self, arn: str, *, status: str, counts: Mapping[str, int]) -> None:
        """What DescribeMapRun answers."""
        self.account.map_runs[arn] = {
            "mapRunArn": arn,
            "status": status,
            "itemCounts": dict(counts),
            "executionCounts": dict(counts),
        }

    def add_child(self, map_run: str, name: str, **members: Any) -> None:
        """A line of ListExecutions by the Map Run's ARN, whose children come in this order."""
        machine = map_run.split(":")[6]
        arn = f"arn:aws:states:us-east-1:123456789012:execution:{machine}:{name}"
        child = {"executionArn": arn, "mapRunArn": map_run, "name": name, **members}
        self.account.children.setdefault(map_run, []).append(child)

    def add_activity_task(self, activity: str, token: str, *, input: str = "{}") -> str:
        """Let the next free GetActivityTask answer so; answers the activity's ARN. The token
        settles nothing by itself: see `add_task_token`."""
        arn = activity_arn(activity)
        tasks = self.account.activities.setdefault(arn, [])
        tasks.append({"taskToken": token, "input": input})
        return arn

    def execution(self, execution_arn: str) -> Run:
        """The execution's own record, to be read or written."""
        return self.account.runs[execution_arn]

    def hide(self, execution_arn: str, *, reads: int) -> None:
        """The next `reads` reads answer ExecutionDoesNotExist, as right after a start."""
        self.account.runs[execution_arn].hidden_reads = reads

    def freeze(self, execution_arn: str, *, describes: int) -> None:
        """The next `describes` of DescribeExecution show the execution as it is now."""
        run = self.account.runs[execution_arn]
        run.stale, run.stale_describes = run.description(), describes

    def expire_page_tokens(self) -> None:
        """Make every page token given so far stale."""
        self.account.token_generation += 1

    def answer(self, operation: str, handler: Callable[[Body], Answer]) -> None:
        """Serve an operation with your own function; it may raise Refusal."""
        self.account.operations[operation] = handler

    # What goes wrong.

    def fail_next(
        self,
        operation: str,
        *,
        code: str,
        status: int = 400,
        message: str = "",
        times: int = 1,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer the next calls with this error; nothing is applied."""
        refusal = Refusal(code, message, status=status)
        self.add_fault(operation, Fault(refusal=refusal, headers=headers or {}), times=times)

    def hang_next(self, operation: str, *, times: int = 1) -> None:
        """Never answer the next calls (until `release` or the stub's end)."""
        self.add_fault(operation, Fault(hang=True), times=times)

    def drop_next(self, operation: str, *, times: int = 1, applied: bool = True) -> None:
        """Close the connection instead of answering, after the operation took effect or not."""
        self.add_fault(operation, Fault(drop=True, apply=applied), times=times)

    def slow_next(self, operation: str, *, delay_s: float, times: int = 1) -> None:
        """Answer the next calls properly, but this much later."""
        self.add_fault(operation, Fault(delay_s=delay_s, apply=True), times=times)

    def add_fault(self, operation: str, fault: Fault, *, times: int = 1) -> None:
        self._faults[operation].extend([fault] * times)

    def drop_connections(self) -> None:
        """Close every idle connection, as a server does after a while."""
        assert self._runner is not None
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    def release(self) -> None:
        """Let hanging calls go on: they answer properly now, and new hangs hang no more."""
        self._released.set()

    async def called(self, operation: str) -> None:
        """Wait until the next request for this operation has arrived (before it is answered)."""
        await self._arrivals[operation].wait()

    # The wire.

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        operation = request.headers.get("X-Amz-Target", "").removeprefix("AWSStepFunctions.")
        raw = await request.read()
        body = json.loads(raw or b"{}")
        self.calls[operation] += 1
        if request.transport:
            self.peers.add(request.transport.get_extra_info("peername"))
        self.requests.append(Received(operation, body, dict(request.headers), raw))
        if arrival := self._arrivals.pop(operation, None):
            arrival.set()
        faults = self._faults[operation]
        fault = faults.popleft() if faults else Fault(apply=True)
        if fault.hang:
            await self._released.wait()
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        answer = self._answer(operation, body, fault)
        if fault.drop and request.transport:
            request.transport.abort()
        return answer

    def _answer(self, operation: str, body: Body, fault: Fault) -> web.Response:
        try:
            if fault.refusal:
                raise fault.refusal
            if not (fault.apply or fault.hang):
                return self._respond({}, 200, fault.headers)
            handler = self.account.operations.get(operation)
            if handler is None:
                raise Refusal("UnknownOperationException", f"{operation} is not stubbed")
            return self._respond(handler(body), 200, fault.headers)
        except Refusal as refusal:
            shown = {"__type": refusal.code, "message": refusal.message}
            return self._respond(shown, refusal.status, fault.headers)

    def _respond(
        self, answer: Mapping[str, Any], status: int, headers: Mapping[str, str]
    ) -> web.Response:
        response = web.Response(
            body=json.dumps(answer).encode(),
            status=status,
            content_type="application/x-amz-json-1.0",
            headers=headers,
        )
        date = format_datetime(self._now().astimezone(UTC), usegmt=True)
        response.headers["Date"] = date if self.dates_answers else ""
        return response
