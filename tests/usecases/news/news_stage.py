"""Replicas that follow executions for news, on a hub's fakes and one outbox."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from handrail.core.machine_patterns import MachinePatterns
from handrail.core.models import ExecutionStatus, HistoryEvent
from handrail.core.news.deliveries import Delivery
from handrail.core.news.subscriptions import NewsFilter, NewsSubscription
from handrail.core.news.targets import QueueTarget, Target
from handrail.core.pushes import Push
from handrail.usecases.live import Hub, HubObservers
from handrail.usecases.live.list_pages import ListPages
from handrail.usecases.news.execution_news import NewsMaking
from handrail.usecases.news.in_memory_outbox import InMemoryOutbox
from handrail.usecases.news.news_follower import NewsFollower
from handrail.usecases.news.subscribers import Subscribers
from handrail.usecases.news.sweep import NewsSweep
from handrail.usecases.news.watermarks import Watermarks
from tests.core.histories import History
from tests.fakes import FakeClock, Port, run_until_idle
from tests.usecases.live.pushing import pushed
from tests.usecases.live.stage import ID, Stage, arn_of

QUEUE = QueueTarget("https://sqs.eu-west-1.amazonaws.com/123456789012/news")
ENDS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "ABORTED": "ExecutionAborted",
    "TIMED_OUT": "ExecutionTimedOut",
}


def subscription(
    *kinds: str, machine: str = "orders", id: str = "a1b2c3d4e5f6", target: Target = QUEUE
) -> NewsSubscription:
    return NewsSubscription(id, MachinePatterns((machine,)), NewsFilter(kinds), target)


class FailingOutbox(InMemoryOutbox, Port):
    """Notes its calls, and fails as told."""

    __slots__ = ("__dict__",)

    def __init__(self, clock: FakeClock) -> None:
        InMemoryOutbox.__init__(self, clock)
        Port.__init__(self)

    async def put(self, *args: Any) -> None:
        await self._called("put")
        await InMemoryOutbox.put(self, *args)

    async def find(self, *args: Any) -> Any:
        await self._called("find")
        return await InMemoryOutbox.find(self, *args)

    async def followed(self) -> Any:
        await self._called("followed")
        return await InMemoryOutbox.followed(self)


class NewsStage(Stage):
    """`told` is what was delivered so far, in order: `<execution>:<event id> <kinds>`."""

    def __init__(
        self, *subscriptions: NewsSubscription, push: bool = True, most: int = 50, **limits: Any
    ) -> None:
        self.push, self.most = push, most
        super().__init__(**limits)
        self.subscribers = Subscribers.of(subscriptions or (subscription("failed", "succeeded"),))
        self.outbox = FailingOutbox(self.clock)
        self.deliveries: list[Delivery] = []

    async def replica(self) -> "NewsReplica":
        """One that leads from now on."""
        replica = NewsReplica(self)
        await self.catalogue.list_all()
        await replica.start()
        return replica

    async def told(self) -> list[str]:
        """What is newly told."""
        new: list[Delivery] = []
        while due := await self.outbox.due(self.clock.now(), 100):
            for each in due:
                new.append(each)
                await self.outbox.done(each)
        self.deliveries += new
        return [f"{each.execution}:{each.event_id} {','.join(each.kinds)}" for each in new]

    def begin(self, id: str = ID, *, ago_s: float = 0.0) -> History:
        """An execution that begins now, or began so long ago; AWS shows it at once."""
        at = self.clock.now() - timedelta(seconds=ago_s)
        history = History(begin=at - timedelta(milliseconds=100))
        self.executions.add(id, started_at=at)
        self.histories.events[arn_of(id)] = history.events
        return history

    def end(self, history: History, id: str = ID, status: str = "FAILED") -> None:
        """Now."""
        history.main.then(ENDS[status], **({"error": "Boom"} if status == "FAILED" else {}))
        history.events[-1] = replace(history.events[-1], at=self.clock.now())
        arn = arn_of(id)
        found = self.executions.executions[arn]
        self.executions.executions[arn] = replace(
            found, status=ExecutionStatus(status), stopped_at=self.clock.now()
        )

    def redrive(self, history: History, id: str = ID) -> None:
        history.main.then("ExecutionRedriven", redriveCount=1)
        history.events[-1] = replace(history.events[-1], at=self.clock.now())
        arn = arn_of(id)
        found = self.executions.executions[arn]
        self.executions.executions[arn] = replace(
            found,
            status=ExecutionStatus.RUNNING,
            stopped_at=None,
            redrive_count=found.redrive_count + 1,
        )


@dataclass
class NewsReplica:
    stage: NewsStage
    follower: NewsFollower = field(init=False)
    hub: Hub = field(init=False)
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        stage = self.stage
        self.hub = Hub(
            stage.source,
            stage._limits,
            stage.clock,
            random=lambda: 0.5,
            observers=HubObservers(pushed=self._pushed),
        )
        marks = Watermarks(stage.outbox, stage.clock)
        making = NewsMaking(
            stage.outbox,
            stage.subscribers,
            stage.clock,
            stage.catalogue.known_account,
            deepest=5,
            told=lambda: None,
        )
        self.follower = NewsFollower(making, self.hub, marks, push=stage.push, most=stage.most)
        pages = ListPages(stage.executions, stage.budget.lists, stage.clock, stage.nudges)
        self.sweep = NewsSweep(
            self.follower,
            stage.subscribers,
            marks,
            stage.catalogue,
            pages,
            stage.clock,
            push=stage.push,
        )
        if stage.push:
            self.hub.push_state(True, 0.0)

    def _pushed(self, push: Push) -> None:
        self.follower.pushed(push)

    async def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())
        await run_until_idle()
        await run_until_idle()

    async def _run(self) -> None:
        resumed = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.follower.run(resumed.set))
            await resumed.wait()
            group.create_task(self.sweep.run())

    async def die(self) -> None:
        """Nothing of it is left but what is in the outbox."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.hub.close()

    async def push(self, events: Iterable[HistoryEvent], id: str = ID) -> None:
        for event in events:
            self.hub.pushed(pushed(event, id))
        await run_until_idle()
        await run_until_idle()
