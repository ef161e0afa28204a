"""An execution as spans, for whoever asks: as it stands, in the trace that it was started in."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from handrail.core.errors import NotShownYet, Unavailable
from handrail.core.models import Cursor
from handrail.core.trace_context import TraceContext
from handrail.usecases.execution_traces import ExecutionTraces
from handrail.usecases.state_pages import HistoryFolding
from handrail.usecases.traces import TraceContexts
from tests.core.histories import History
from tests.fakes import run_until_idle

from .live.pushing import push
from .live.stage import EPOCH, ID, Stage

WITHIN = TraceContext("1" * 32, "2" * 16, True)
EXPRESS = "orders:one:run-1"


class Desk(Stage):
    def __init__(self) -> None:
        super().__init__()
        calls, account = self.budget.executions, self.catalogue.known_account
        self.started = TraceContexts(self.executions, calls, account, self.clock)
        self.traces = ExecutionTraces(self.hub, HistoryFolding(self.hub), self.started)

    async def spans(self, id: str = ID, after: Cursor | None = None) -> list[dict[str, Any]]:
        document: Any = await self.traces.document(id, after=after)
        spans: list[dict[str, Any]] = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
        return spans


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.catalogue.account()
    yield desk
    await desk.hub.close()


async def test_it_is_shown_in_the_trace_it_was_started_in(desk: Desk) -> None:
    desk.execution().main.visit("Pass", "First").then("ExecutionSucceeded")
    own = await desk.spans()
    desk.started.note(desk.executions.add(ID, trace=WITHIN))
    given = await desk.spans()
    assert [span["name"] for span in given] == ["execution orders", "First"]
    assert [span["spanId"] for span in own] == [span["spanId"] for span in given]
    assert {span["traceId"] for span in given} == {WITHIN.trace_id}
    assert given[0]["parentSpanId"] == WITHIN.span_id


async def test_where_aws_doesn_t_say_its_trace_there_is_no_answer(desk: Desk) -> None:
    """Never in another trace than the next time."""
    desk.execution()
    desk.executions.fail("describe", Unavailable("Not now."))
    with pytest.raises(Unavailable):
        await desk.spans()


async def test_an_express_execution_is_asked_for_nowhere(desk: Desk) -> None:
    history = History()
    history.main.visit("Pass", "First")
    await push(desk, history.events, EXPRESS)
    assert [span["name"] for span in await desk.spans(EXPRESS)] == ["execution orders", "First"]
    assert desk.executions.count("describe") == 0


async def test_it_is_read_up_to_the_cursor_at_least(desk: Desk) -> None:
    desk.execution()
    asking = asyncio.create_task(desk.spans(after=Cursor(EPOCH, 9)))
    await run_until_idle()
    await desk.clock.advance(30)
    with pytest.raises(NotShownYet):
        await asking
