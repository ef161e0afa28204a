"""One execution whose reads lag by another time each, several replicas of the service, and a client
that goes from one to the other with the cursor it was told last."""

from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

from handrail.core.errors import ExecutionNotFound, ExecutionNotRedrivable, ServiceError
from handrail.core.history.projection import Projection
from handrail.core.models import Cursor, ExecutionStatus, StartedExecution
from handrail.core.protocol.paths import PATHS
from handrail.core.remote_clock import RemoteClock
from handrail.core.trace_context import TraceContext
from handrail.usecases.executions import ExecutionService, NewExecution
from handrail.usecases.in_memory import InMemorySettlements, InMemoryStarts
from handrail.usecases.lag import STREAM_S
from handrail.usecases.live import Hub, Level, LiveLimits
from handrail.usecases.live.source import ExecutionSource
from handrail.usecases.steering import Steering
from handrail.usecases.tasks import TaskService
from tests.core.histories import History
from tests.fakes import FakeExecutions

from .live.stage import ID, MIDDLE, Client, arn_of
from .settling import TOKEN, LaggingHistories, Setting, yes

ARN = arn_of(ID)
REPLICAS = 3
LONGEST_LAG_S = 8.0
REDRIVABLE = {ExecutionStatus.FAILED, ExecutionStatus.ABORTED}


class TimedHistories(LaggingHistories):
    """Each read shows what was written so many seconds before, and not always the same many."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self.written_at: dict[int, float] = {}
        self.longest_lag_s = LONGEST_LAG_S
        self._random = random

    def note(self) -> None:
        """What is new was written now."""
        assert self.clock is not None
        for event in self.events.get(ARN, ()):
            self.written_at.setdefault(event.id, self.clock.monotonic())

    async def read_page(self, execution_arn: str, **asked: Any) -> Any:
        self.note()
        assert self.clock is not None
        until = self.clock.monotonic() - self._random.uniform(0, self.longest_lag_s)
        events = self.events.get(execution_arn, [])
        self.missing = {each.id for each in events if self.written_at[each.id] > until}
        if len(self.missing) == len(events):
            raise ExecutionNotFound("There is no such execution.")
        return await super(LaggingHistories, self).read_page(execution_arn, **asked)


class SteeredExecutions(FakeExecutions):
    """Writes what it is told to do into the history, by AWS's rules."""

    def __init__(self, setting: "LaggingSetting") -> None:
        super().__init__(setting.clock)
        self._setting = setting

    async def start(
        self, machine_arn: str, *, name: str, input: str, trace: TraceContext | None = None
    ) -> StartedExecution:
        if ARN not in self.executions:
            self._setting.start_again()
        return await super().start(machine_arn, name=name, input=input, trace=trace)

    async def stop(
        self, execution_arn: str, *, error: str | None = None, cause: str | None = None
    ) -> datetime:
        if self._setting.status is ExecutionStatus.RUNNING:
            self._setting.write("ExecutionAborted")
        return await super().stop(execution_arn, error=error, cause=cause)

    async def redrive(self, execution_arn: str) -> datetime:
        if self._setting.status not in REDRIVABLE:
            raise ExecutionNotRedrivable("no")
        self._setting.write("ExecutionRedriven", redriveCount=self._setting.redrives + 1)
        return await super().redrive(execution_arn)


class Replica:
    """One process of the service. It shares AWS with the others, and nothing else."""

    def __init__(self, setting: "LaggingSetting") -> None:
        recent, clock = InMemoryStarts(setting.clock), setting.clock
        source = replace(setting.source, executions=setting.steered, recent=recent)
        limits = LiveLimits(setting.pace, max_watchers=100)
        self.hub = Hub(source, limits, clock, random=lambda: MIDDLE)
        self.executions = ExecutionService(
            setting.catalogue,
            setting.steered,
            recent,
            RemoteClock(),
            clock,
            self.hub.own,
            new_name=lambda: "unused",
        )
        catalogue, steered = setting.catalogue, setting.steered
        self.steering = Steering(catalogue, steered, self.hub, recent, clock, addresses=PATHS)
        settlements = InMemorySettlements()
        self.tasks = TaskService(self.hub, setting.aws, catalogue, settlements, clock)


class LaggingSetting(Setting):
    """`seen` is the cursor the client was told last."""

    source: ExecutionSource

    def __init__(self, random: Random) -> None:
        timed = TimedHistories(random)
        super().__init__(histories=timed)
        self.timed, self.random = timed, random
        self.pace = LiveLimits().pace
        self.histories.events.clear()
        self.steered = SteeredExecutions(self)
        self.replicas = [Replica(self) for _ in range(REPLICAS)]
        self.hubs += [replica.hub for replica in self.replicas]
        self.seen: Cursor | None = None

    def start_again(self) -> None:
        self.history = History(begin=self.clock.now())
        self.histories.events[ARN] = self.history.events
        self.timed.note()

    def write(self, type_: str, **details: Any) -> None:
        self.history.main.then(type_, **details)
        self.timed.note()

    def at(self, position: int) -> Projection:
        """What the execution was at this event."""
        projection = Projection()
        projection.fold(self.history.events[:position])
        return projection

    @property
    def status(self) -> ExecutionStatus:
        fields = self.at(len(self.history.events)).execution
        assert fields is not None
        return fields.status

    @property
    def redrives(self) -> int:
        fields = self.at(len(self.history.events)).execution
        return fields.redrive_count if fields else 0

    @property
    def any(self) -> Replica:
        return self.random.choice(self.replicas)

    async def start(self) -> None:
        started = await self.in_time(self.any.executions.start(NewExecution("orders", {}, "one")))
        if self.seen is None:
            self.saw(str(started.cursor))

    def saw(self, cursor: str | None) -> None:
        """What it is told never lies before what it has seen, nor after what there is."""
        assert cursor is not None
        told = Cursor.parse(cursor)
        assert told.event_id <= len(self.history.events)
        assert self.seen is None or told.event_id >= self.seen.event_id
        self.seen = told

    async def retried(self, ask: Any) -> Any:
        """The answer, where it has to be asked for again too."""
        for _ in range(20):
            try:
                return await self.in_time(ask())
            except ServiceError as error:
                if not error.retryable:
                    raise
                await self.clock.advance(1)
        raise AssertionError("it is never answered")

    async def goes_on(self) -> None:
        """AWS's own doing."""
        if self.status is not ExecutionStatus.RUNNING or self.waiting:
            return
        match self.random.choice(["fail", "wait", "visit", "visit"]):
            case "fail":
                self.write("ExecutionFailed", error="Broken")
            case "wait":
                token = f"{TOKEN[:-8]}{len(self.history.events):08}"
                self.wait(token=token)
                self.timed.note()
            case _:
                self.history.main.visit("Pass", "Look")
                self.timed.note()

    @property
    def waiting(self) -> list[int]:
        return [task.event_id for task in self.at(len(self.history.events)).tasks]

    async def reads(self) -> None:
        """A snapshot, in no way older than what was seen."""
        hub = self.any.hub

        async def ask() -> dict[str, Any]:
            async with hub.watching(ID, after=self.seen) as watcher:
                return dict(watcher.require_feed().snapshot())

        document = await self.retried(ask)
        self.saw(document["cursor"])
        assert self.seen is not None
        then = self.at(self.seen.event_id)
        assert then.execution is not None
        assert document["status"] == then.execution.status.value
        assert document["redrive_count"] == then.execution.redrive_count
        assert [task["event_id"] for task in document["tasks"]] == [t.event_id for t in then.tasks]

    async def follows(self) -> None:
        """A subscription resumes from what was seen, or says that it is to be tried again."""
        subscription = self.any.hub.subscribe(
            ID, id="s1", after=str(self.seen), level=Level.EVENTS, wake=lambda: None
        )
        client = Client()
        for _ in range(int(2 * STREAM_S)):
            await self.clock.advance(1)
            client.take_all(subscription)
            if subscription.failure is not None or len(client.messages) > 1:
                break
        subscription.close()
        assert subscription.failure is None or subscription.failure.retryable
        assert {m["code"] for m in client.messages if m["type"] == "error"} <= {"unavailable"}
        told = [message["cursor"] for message in client.messages if message["type"] != "error"]
        after = self.seen.event_id if self.seen else 0
        for cursor in told:
            self.saw(cursor)
        assert client.events == list(range(after + 1, after + 1 + len(client.events)))

    async def stops(self) -> None:
        knew = self.knows_all
        if self.status.terminal and not knew:  # an end that nobody has seen may be its stop's
            return
        document = await self.in_time(self.any.steering.stop(ID, None, None, after=self.seen))
        assert document["status"] == self.status.value
        self.saw(document["cursor"])
        assert self.knows_all or not knew

    async def redrives_it(self) -> None:
        if self.status not in REDRIVABLE:
            return
        before, knew = self.redrives, self.knows_all
        document = await self.in_time(self.any.steering.redrive(ID, after=self.seen))
        assert document["status"] == "RUNNING"
        assert document["redrive_count"] in {None, before + 1}
        self.saw(document["cursor"])
        assert self.knows_all or not knew

    async def settles(self) -> None:
        seen = self.at(self.seen.event_id).tasks if self.seen else ()
        known = [task.event_id for task in seen if task.event_id in self.waiting]
        if not known:
            return
        event_id, knew = known[0], self.knows_all
        for replayed in (False, True):
            tasks = self.any.tasks

            async def ask(tasks: TaskService = tasks) -> Any:
                return await tasks.settle(ID, event_id, yes(), after=self.seen)

            settled = await self.retried(ask)
            assert settled.replayed is replayed
            self.saw(str(settled.cursor))
            assert self.knows_all or not knew

    @property
    def knows_all(self) -> bool:
        """Whether the client has seen all there is: what is written next lies before the cursor
        that it is told."""
        return self.seen is not None and self.seen.event_id == len(self.history.events)
