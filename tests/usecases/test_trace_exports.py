"""Executions that end here are exported once, sampled, behind everything else, and none is lost at
the end of the process."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
import structlog

from handrail.core.errors import Unavailable
from handrail.core.history.spans import ExecutionTrace
from handrail.core.models import ExecutionId, ExecutionStatus
from handrail.core.pushes import PushedEvent
from handrail.core.trace_context import TraceContext
from handrail.usecases import trace_exports
from handrail.usecases.trace_exports import TraceExports
from handrail.usecases.traces import TraceContexts
from tests.core.histories import History
from tests.fakes import ACCOUNT, run_until_idle

from .end_claims import Claims
from .live.pushing import push, status
from .live.stage import ID, Stage

WITHIN = TraceContext("1" * 32, "2" * 16, True)
EXPRESS = "orders:one:run-1"


@dataclass
class FakeSink:
    """Takes traces while it is `open`; `wanted` are those that nobody decided about."""

    wanted: bool = True
    taken: bool = True
    open: asyncio.Event = field(default_factory=asyncio.Event)
    came: list[ExecutionTrace] = field(default_factory=list)

    def samples(self, trace: TraceContext) -> bool:
        return self.wanted if trace.sampled is None else trace.sampled

    async def export(self, trace: ExecutionTrace) -> bool:
        await self.open.wait()
        self.came.append(trace)
        return self.taken


class Desk(Stage):
    """A hub whose ends are exported while `exports.running` is."""

    def __init__(self) -> None:
        super().__init__()
        self.sink, self.counted = FakeSink(), Counter[str]()
        self.sink.open.set()
        calls, account = self.budget.executions, self.catalogue.known_account
        self.started = TraceContexts(self.executions, calls, account, self.clock)
        self.exports = TraceExports(self.started, self.sink, self.clock, self._count, flush_s=30.0)
        self.hub = self.another_hub(self.nudges, ends=self.exports)

    def _count(self, outcome: str) -> None:
        self.counted[outcome] += 1

    @property
    def names(self) -> list[list[str]]:
        return [[span.name for span in trace.spans] for trace in self.sink.came]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.catalogue.account()  # before that nothing that is pushed is known to be ours
    async with desk.exports.running(desk.hub):
        yield desk
    await desk.hub.close()


async def ended(desk: Desk, id: str = ID) -> History:
    """Seen to run, and then to end."""
    history = desk.execution(id)
    history.main.visit("Pass", "First")
    await desk.subscribed(id)
    history.main.then("ExecutionSucceeded")
    await desk.nudged(id)
    return history


async def test_an_execution_that_is_seen_to_end_is_exported(desk: Desk) -> None:
    await ended(desk)
    assert desk.names == [["execution orders", "First"]]
    await desk.nudged()
    assert desk.counted == {"exported": 1}


async def test_one_that_ended_before_it_was_first_read_is_too_and_an_old_one_is_not(
    desk: Desk,
) -> None:
    desk.execution().main.then("ExecutionSucceeded")
    await desk.subscribed()
    assert desk.counted == {"exported": 1}
    await desk.clock.advance(600)
    desk.execution("orders:old").main.then("ExecutionSucceeded")
    await desk.subscribed("orders:old")
    assert desk.counted == {"exported": 1}


async def test_its_spans_are_where_it_was_started(desk: Desk) -> None:
    history = desk.execution()
    desk.executions.add(ID, trace=WITHIN)
    history.main.then("ExecutionSucceeded")
    await desk.subscribed()
    (trace,) = desk.sink.came
    assert (trace.context, trace.spans[0].parent_id) == (WITHIN, WITHIN.span_id)


@pytest.mark.parametrize("decided", [False, None])
async def test_what_is_not_sampled_is_not_exported(desk: Desk, decided: bool | None) -> None:
    desk.sink.wanted = False
    desk.execution().main.then("ExecutionSucceeded")
    desk.executions.add(ID, trace=replace(WITHIN, sampled=decided))
    await desk.subscribed()
    assert (desk.sink.came, desk.counted) == ([], {"unsampled": 1})


async def test_a_redrive_that_ends_is_exported_again_with_the_same_ids(desk: Desk) -> None:
    history = await ended(desk)
    history.main.then("ExecutionRedriven", redriveCount=1)
    await desk.nudged()
    history.main.then("ExecutionSucceeded")
    await desk.nudged()
    first, second = desk.sink.came
    assert second.spans[: len(first.spans)] == first.spans
    assert [span.name for span in second.spans[len(first.spans) :]] == ["redrive orders"]


async def test_what_nobody_watches_is_exported_where_its_end_is_pushed(desk: Desk) -> None:
    history = desk.execution()
    history.main.visit("Pass", "First").then("ExecutionSucceeded")
    await push(desk, history.events[-1:])
    desk.hub.pushed(status(ExecutionStatus.SUCCEEDED))  # EventBridge tells it too
    await run_until_idle()
    assert (desk.names, desk.counted) == ([["execution orders", "First"]], {"exported": 1})


async def test_an_express_execution_is_made_of_what_was_pushed(desk: Desk) -> None:
    history = History()
    history.main.visit("Pass", "First").then("ExecutionSucceeded")
    for event in history.events:
        desk.hub.pushed(PushedEvent(ExecutionId.parse(EXPRESS), ACCOUNT, event, False, 0))
    await run_until_idle()
    assert desk.names == [["execution orders", "First"]]
    assert desk.executions.count("describe") == 0


async def test_of_two_replicas_one_exports_and_while_the_bus_is_away_each_does(
    desk: Desk,
) -> None:
    other = Desk()
    other.exports.claims = desk.exports.claims = claims = Claims()
    async with other.exports.running(other.hub):
        await ended(desk)
        await ended(other)
        assert (desk.counted, other.counted) == ({"exported": 1}, {"elsewhere": 1})
        claims.away = True
        await ended(desk, "orders:two")
        await ended(other, "orders:two")
    await other.hub.close()
    assert (desk.counted["exported"], other.counted["exported"]) == (2, 1)


async def test_what_fails_is_counted_and_holds_up_nothing(desk: Desk) -> None:
    desk.executions.fail("describe", Unavailable("Not now."))
    with structlog.testing.capture_logs() as logs:
        await ended(desk)
    assert [(line["event"], line["execution"]) for line in logs] == [("trace not made", ID)]
    desk.sink.taken = False
    await ended(desk, "orders:two")
    desk.sink.taken = True
    await ended(desk, "orders:three")
    assert desk.counted == {"failed": 2, "exported": 1}


async def test_no_live_update_waits_for_an_export(desk: Desk) -> None:
    desk.sink.open.clear()
    await ended(desk)
    history, subscription = desk.execution("orders:two"), await desk.subscribed("orders:two")
    history.main.visit("Pass", "First")
    await desk.nudged("orders:two")
    feed = desk.hub.read_watchers[-1].require_feed()
    assert feed.position == len(history.events)
    assert subscription.next_message() is not None
    assert desk.sink.came == []
    desk.sink.open.set()


async def test_what_is_queued_is_exported_at_the_end_though_nobody_watches_it_any_more() -> None:
    desk = Desk()
    async with desk.exports.running(desk.hub):
        desk.sink.open.clear()
        for id in ("orders:one", "orders:two", "orders:three"):
            await ended(desk, id)
        await desk.hub.close()  # and with it what watchers remembered
        desk.sink.open.set()
    assert desk.names == [["execution orders", "First"]] * 3


async def test_a_collector_that_hangs_keeps_no_process_from_ending() -> None:
    desk = Desk()
    desk.exports.flush_s = 0.0
    desk.sink.open.clear()
    with structlog.testing.capture_logs() as logs:
        async with desk.exports.running(desk.hub):
            await ended(desk)
            await ended(desk, "orders:two")
    await desk.hub.close()
    assert [(line["event"], line["executions"]) for line in logs] == [
        ("traces of executions not exported", 2)
    ]


async def test_of_too_many_the_oldest_are_left_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_exports, "MOST_QUEUED", 2)
    desk.sink.open.clear()
    for number in range(4):
        await ended(desk, f"orders:{number}")
    assert desk.counted == {"dropped": 1}
    desk.sink.open.set()
    await desk.exports.flush()
    assert [trace.id.name for trace in desk.sink.came] == ["0", "2", "3"]
