"""One hub on fakes, and a client that believes what it is told."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from handrail.core.history.projection import Projection
from handrail.core.json_text import json_bytes
from handrail.core.models import Cursor, ExecutionId, HistoryEvent, to_ms
from handrail.core.pacing import Pace
from handrail.core.protocol import documents
from handrail.core.protocol.encoded_messages import Message
from handrail.core.protocol.paths import PATHS
from handrail.core.pushes import Push
from handrail.core.shares import Shares
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.in_memory import InMemoryNudges, InMemoryStarts
from handrail.usecases.live import Hub, HubObservers, Level, LiveLimits, LiveLists, Subscription
from handrail.usecases.live.definition_cache import Definitions
from handrail.usecases.live.end_listeners import EndListener
from handrail.usecases.live.express_histories import ExpressHistories
from handrail.usecases.live.list_pages import ListPages
from handrail.usecases.live.map_run_counts import MapRunCounts
from handrail.usecases.live.read_budget import read_budget
from handrail.usecases.live.source import ExecutionSource
from tests.core.histories import History
from tests.fakes import (
    ACCOUNT,
    BEGIN,
    FakeClock,
    FakeExecutions,
    FakeHistories,
    FakeMapRuns,
    FakeStateMachines,
    machine,
    run_until_idle,
)

ID = "orders:one"
EPOCH = to_ms(BEGIN) + 100  # when the first event is dated
MIDDLE = 0.5
"""The jitter that changes nothing."""


def arn_of(id: str) -> str:
    return ACCOUNT.execution_arn(ExecutionId.parse(id))


def cursor(event_id: int, epoch: int = EPOCH) -> str:
    return str(Cursor(epoch, event_id))


def decoded(message: Message) -> dict[str, Any]:
    document = json.loads(message.text)
    assert isinstance(document, dict)
    return document


@dataclass
class Client:
    """Holds what messages told it, by the contract's words and nothing more."""

    execution: dict[str, Any] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    tasks: list[Any] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    progress: dict[str, Any] | None = None
    cursor: str | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)

    def take(self, message: Message) -> dict[str, Any]:
        document = self.take_document(decoded(message))
        if document["type"] != "error":
            assert message.cursor == self.cursor
        return document

    def take_document(self, document: dict[str, Any]) -> dict[str, Any]:
        self.messages.append(document)
        kind = document["type"]
        if kind == "reset" or (kind == "subscribed" and not document["recovered"]):
            self.events = []
            self.replace(document["snapshot"])
        elif kind == "update":
            told = {**document["execution"]}
            self.progress = told.pop("progress", self.progress)
            self.execution |= told
            self.states |= {state["state"]: state for state in document.get("states", ())}
            self.tasks = document.get("tasks", self.tasks)
            self.events += [event["id"] for event in document.get("events", ())]
        if kind != "error":
            self.cursor = document["cursor"]
        return document

    def take_all(self, subscription: Subscription) -> list[dict[str, Any]]:
        """Everything that is due now."""
        taken = []
        while (message := subscription.next_message()) is not None:
            taken.append(self.take(message))
        return taken

    @property
    def holds(self) -> dict[str, Any]:
        return {"execution": self.execution, "states": self.states, "tasks": self.tasks}

    def replace(self, snapshot: dict[str, Any]) -> None:
        names = documents.EXECUTION_FIELDS
        self.execution = {name: snapshot[name] for name in names}
        self.progress = snapshot["progress"]
        self.states = {state["state"]: state for state in snapshot["states"]}
        self.tasks = snapshot["tasks"]


def told(subscription: Subscription) -> list[str]:
    """The types of what is due, errors by their code."""
    return [m.get("code", m["type"]) for m in Client().take_all(subscription)]


def truth(events: list[HistoryEvent], id: str = ID) -> dict[str, Any]:
    """What a client must hold that knows all these events."""
    projection = Projection()
    projection.fold(events)
    whole = documents.snapshot(ExecutionId.parse(id), Cursor(EPOCH, len(events)), projection)
    client = Client()
    client.replace(json.loads(json_bytes(whole)))
    return client.holds


class Stage:
    """Everything a hub needs, on fakes. Time stands still unless a test moves it."""

    def __init__(
        self,
        *,
        linger_s: float = 3.0,
        log_bytes: int = 8 * 1024 * 1024,
        max_watchers: int = 100,
        memory_bytes: int = 256 * 1024 * 1024,
        reads_per_s: float = 1000,
        burst: float = 10_000,
        **limits: Any,
    ) -> None:
        self.clock = FakeClock()
        self.histories = FakeHistories()
        self.machines = FakeStateMachines(machine("orders"))
        self.executions = FakeExecutions(self.clock)
        self.map_runs = FakeMapRuns()
        self.recent = InMemoryStarts(self.clock)
        self.histories.clock = self.clock
        self.budget = read_budget(self.clock, reads_per_s=reads_per_s, burst=burst)
        self.catalogue = Catalogue(self.machines, self.clock)
        self.source = ExecutionSource(
            self.catalogue,
            self.executions,
            self.histories,
            Definitions(self.machines, self.budget),
            budget=self.budget,
            recent=self.recent,
            map_runs=MapRunCounts(self.map_runs, self.budget.map_runs, self.clock),
            express=ExpressHistories(self.clock),
        )
        limits.setdefault("looked_for_s", 0.0)
        self._limits = LiveLimits(
            Pace(0.25, 10), linger_s, log_bytes, memory_bytes, max_watchers, **limits
        )
        self.lags: list[tuple[str, float]] = []
        self.listed: list[ExecutionId] = []
        self.heard: list[Push] = []
        self.nudges = InMemoryNudges()
        self.pages = ListPages(self.executions, self.budget.lists, self.clock, self.nudges)
        shares = Shares(self._limits.principal_watches)
        self.lists = LiveLists(self.catalogue, self.pages, self.clock, PATHS, shares)
        self.hub = self.another_hub(self.nudges)

    def another_hub(
        self, nudges: InMemoryNudges | None = None, *, ends: EndListener | None = None
    ) -> Hub:
        """Of another process, which has read nothing yet."""
        return Hub(
            self.source,
            self._limits,
            self.clock,
            nudges=nudges,
            random=lambda: MIDDLE,
            observers=HubObservers(
                self.pages.note,
                lambda *lag: self.lags.append(lag),
                lambda execution: self.listed.append(execution.id),
                self.heard.append,
                ends,
            ),
        )

    def execution(self, id: str = ID) -> History:
        """A running execution; what is written to its history is there to be read."""
        history = History()
        self.executions.add(id)
        self.histories.events[arn_of(id)] = history.events
        return history

    def execution_begun(self, ahead_s: float) -> History:
        """As `execution`, dated by a clock that is ahead of the host's by so much."""
        history = History(begin=BEGIN + timedelta(seconds=ahead_s))
        self.executions.add(ID)
        self.histories.events[arn_of(ID)] = history.events
        return history

    @property
    def read_count(self) -> int:
        return len(self.histories.reads)

    def subscribe(
        self,
        id: str = ID,
        *,
        sub_id: str = "s1",
        after: str | None = None,
        level: Level = Level.STATES,
        wake: Callable[[], None] = lambda: None,
    ) -> Subscription:
        return self.hub.subscribe(id, id=sub_id, after=after, level=level, wake=wake)

    async def subscribed(self, id: str = ID, **options: Any) -> Subscription:
        """A subscription whose first read is over."""
        subscription = self.subscribe(id, **options)
        await run_until_idle()
        return subscription

    async def nudged(self, id: str = ID) -> None:
        """A read of what is new, and time enough for it."""
        await self.hub.nudge(ExecutionId.parse(id))
        await run_until_idle()

    @contextmanager
    def no_reads(self) -> Iterator[None]:
        before = self.read_count
        yield
        assert self.read_count == before
