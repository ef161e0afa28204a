"""Remembers which trace an execution's start was a part of: what this process started it knows, of
each other AWS is asked once, where somebody wants to know it. DescribeExecution alone tells."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from handrail.clock import Clock, within
from handrail.core.errors import ServiceError
from handrail.core.models import Account, Cursor, Execution, ExecutionId, to_ms
from handrail.core.ports import Executions
from handrail.core.trace_context import TraceContext
from handrail.usecases.live.read_budget import PacedCalls

from .in_memory import keep_newest

KEPT = 10_000
PATIENCE_S = 1.0
Known = tuple[Cursor, TraceContext | None]


@dataclass(frozen=True, slots=True, repr=False)
class TraceContexts:
    """`calls` are DescribeExecution's; `account` is where executions live, as far as that is known;
    `looks_up` is whether AWS is asked for what is only shown."""

    executions: Executions
    calls: PacedCalls
    account: Callable[[], Account | None]
    clock: Clock
    looks_up: bool = True
    _known: dict[ExecutionId, Known] = field(init=False, default_factory=dict)

    def note(self, execution: Execution) -> None:
        """It has started, or AWS described it."""
        self._known.pop(execution.id, None)
        self._known[execution.id] = Cursor(to_ms(execution.started_at), 0), execution.trace
        keep_newest(self._known, KEPT)

    def known(self, id: ExecutionId, epoch: int) -> TraceContext | None:
        """Of the execution of this id that began then, without asking."""
        found = self._found(id, epoch)
        return found[1] if found is not None else None

    async def of(
        self,
        id: ExecutionId,
        account: Account,
        started_at: datetime,
        due_at: Callable[[], float] | None = None,
    ) -> TraceContext | None:
        """None for a trace of its own, which an Express execution has that was started elsewhere:
        AWS describes none. Somebody waits for it since `due_at`, where that is given. Raises
        ExecutionNotFound, and what calls do."""
        found = self._found(id, to_ms(started_at))
        if found is not None or id.express:
            return found[1] if found is not None else None
        describe, arn = self.executions.describe, account.execution_arn(id)
        if due_at is None:
            described = await self.calls.call(describe, arn)
        else:
            described = await self.calls.request(due_at(), describe, arn)
        self.note(described)
        return described.trace

    async def look_up(self, id: ExecutionId, epoch: int) -> None:
        """Has it known from now on, as far as AWS tells at once and a call is to spare. Raises
        nothing of AWS's."""
        if id.express or not self.looks_up or self._found(id, epoch) is not None:
            return
        account, quota = self.account(), self.calls.queue.quota
        if account is None or await quota.claim(self.clock.monotonic()) > 0:
            return
        with suppress(ServiceError, TimeoutError):
            async with within(self.clock, PATIENCE_S):
                self.note(await self.executions.describe(account.execution_arn(id)))

    def _found(self, id: ExecutionId, epoch: int) -> Known | None:
        found = self._known.get(id)
        return found if found is not None and found[0].belongs_to(epoch) else None
