"""Exports the spans of executions that ended here, one after another, behind everything else."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from handrail.clock import Clock
from handrail.core.errors import ServiceError, Unavailable
from handrail.core.history.span_log import SpanLog
from handrail.core.history.spans import derived_trace_id
from handrail.core.models import Account, ExecutionId, to_ms
from handrail.core.ports import EndClaims
from handrail.core.read_queue import Urgency
from handrail.core.trace_context import TraceContext
from handrail.core.trace_ports import TraceSink
from handrail.usecases.in_memory import keep_newest
from handrail.usecases.live import Hub
from handrail.usecases.live.end_listeners import WholeHistory

from .traces import TraceContexts

log = structlog.get_logger(__name__)

MOST_QUEUED = 1_000  # ended executions; of more the oldest are left out
REMEMBERED = 10_000
FLUSH_S = 5.0
"""How long what is queued may take to be exported when the process ends."""


@dataclass(frozen=True, slots=True, repr=False)
class EndedExecution:
    """`seen` is the history that a watcher followed, None where the end alone was pushed."""

    id: ExecutionId
    redrives: int
    seen: tuple[WholeHistory, Account] | None = None


@dataclass(slots=True, repr=False)
class TraceExports:
    """An EndListener. `count` is told what became of each: `exported`, `unsampled`, `elsewhere`
    (another process has it), `failed`, `dropped` where the queue was full. `claims` are those of
    all replicas, None without a bus: what two of them export is the same spans."""

    contexts: TraceContexts
    sink: TraceSink
    clock: Clock
    count: Callable[[str], None]
    claims: EndClaims | None = None
    flush_s: float = FLUSH_S
    _queue: deque[EndedExecution] = field(init=False, default_factory=deque)
    _told: dict[tuple[ExecutionId, int], datetime | None] = field(init=False, default_factory=dict)
    _task: asyncio.Task[None] | None = field(init=False, default=None)
    _busy: bool = field(init=False, default=False)
    _more: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _idle: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    @property
    def tasks(self) -> frozenset[asyncio.Task[None]]:
        return frozenset({self._task} if self._task is not None else ())

    def saw_end(self, history: WholeHistory, account: Account) -> None:
        """Nothing where it was pushed before: it is read for that."""
        key, started_at = (history.id, history.redrives), history.started_at
        if key not in self._told or self._told[key] not in {None, started_at}:
            self._add(EndedExecution(*key, (history, account)), started_at)

    def pushed_end(self, id: ExecutionId, redrives: int) -> None:
        if (id, redrives) not in self._told:
            self._add(EndedExecution(id, redrives), None)

    @asynccontextmanager
    async def running(self, hub: Hub) -> AsyncIterator[None]:
        """Exports what `hub` sees end, and at the end what is queued, within `flush_s`."""
        exporting = self._task = asyncio.create_task(self._run(hub))
        try:
            yield
        finally:
            try:
                async with asyncio.timeout(self.flush_s):
                    await self.flush()
            except TimeoutError:
                left = len(self._queue) + self._busy
                log.warning("traces of executions not exported", executions=left)
            exporting.cancel()
            await asyncio.gather(exporting, return_exceptions=True)

    async def flush(self) -> None:
        """Until nothing is queued."""
        while self._queue or self._busy:
            self._idle.clear()
            await self._idle.wait()

    def _add(self, ended: EndedExecution, started_at: datetime | None) -> None:
        self._told[ended.id, ended.redrives] = started_at
        keep_newest(self._told, REMEMBERED)
        self._queue.append(ended)
        if len(self._queue) > MOST_QUEUED:
            self._queue.popleft()
            self.count("dropped")
        self._more.set()

    async def _run(self, hub: Hub) -> None:
        while True:
            while self._queue:
                self._busy = True
                self.count(await self._outcome(self._queue.popleft(), hub))
            self._busy = False
            self._idle.set()
            self._more.clear()
            await self._more.wait()

    async def _outcome(self, ended: EndedExecution, hub: Hub) -> str:
        try:
            if ended.seen is not None:
                return await self._export(*ended.seen, due_at=self.clock.monotonic)
            async with hub.watching(str(ended.id), lagging=True, urgency=Urgency.IDLE) as watcher:
                account = watcher.account or await hub.account()
                return await self._export(watcher.history, account, due_at=self.clock.monotonic)
        except ServiceError as error:
            log.warning("trace not made", execution=str(ended.id), code=error.code)
        except Exception:
            log.exception("trace not made", execution=str(ended.id))
        return "failed"

    async def _export(
        self, history: WholeHistory, account: Account, *, due_at: Callable[[], float]
    ) -> str:
        id, started_at = history.id, history.started_at
        arn = account.execution_arn(id)
        if not await self._claimed(history):
            return "elsewhere"
        started_in = await self.contexts.of(id, account, started_at)
        trace = started_in or TraceContext(derived_trace_id(arn, started_at))
        if not self.sink.samples(trace):
            return "unsampled"
        made = SpanLog(id, account)
        async with aclosing(history.whole(due_at)) as runs:
            async for events in runs:
                made.fold(events)
                await asyncio.sleep(0)
        return "exported" if await self.sink.export(made.trace(trace)) else "failed"

    async def _claimed(self, history: WholeHistory) -> bool:
        if self.claims is None:
            return True
        began = to_ms(history.started_at) // 1000  # an embedded engine takes a name again at once
        try:
            return await self.claims.claim(f"{history.id}:{history.redrives}:{began}", "exported")
        except Unavailable:
            return True
