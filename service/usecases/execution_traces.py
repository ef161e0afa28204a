"""Makes the spans of an execution of its history, which is folded again for that."""

from dataclasses import dataclass
from functools import partial

from handrail.core.history.span_log import SpanLog
from handrail.core.models import Cursor
from handrail.core.protocol.trace_document import TraceDocument, trace_document
from handrail.usecases.live import Hub

from .state_pages import HistoryFolding
from .traces import TraceContexts


@dataclass(frozen=True, slots=True, repr=False)
class ExecutionTraces:
    hub: Hub
    folding: HistoryFolding
    contexts: TraceContexts

    async def document(
        self, execution: str, *, after: Cursor | None = None, principal: str | None = None
    ) -> TraceDocument:
        """As it stands now; read up to the cursor `after` at least, of the principal's share.
        Raises what `Hub.watching` and `TraceContexts.of` do."""
        async with self.hub.watching(execution, after=after, principal=principal) as watcher:
            account = watcher.account or await self.hub.account()
            log = SpanLog(watcher.id, account)
            await self.folding.fold(watcher, principal, log.fold)
            due_at, started_at = partial(self.hub.due_at, principal), watcher.history.started_at
            trace = log.trace(await self.contexts.of(watcher.id, account, started_at, due_at))
        return trace_document(trace)
