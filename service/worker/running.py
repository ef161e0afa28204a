"""Runs a worker: polls, runs what comes, and at the end loses nothing that can be kept."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from service.core.errors import NotFound, ServiceError
from service.core.models import ActivityTask
from service.core.ports import Activities

from .delivery import TaskDependencies
from .held import TaskRun
from .pacing import HeartbeatPace
from .polling import Poller
from .registry import HEARTBEAT_S, Registration, is_arn
from .slots import Slots

HAND_BACK_S = 4.0
"""For the last calls to AWS, after the grace."""

log = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True)
class Limits:
    """`concurrency` counts handlers of all activities. A poll holds a slot too, so `pollers`, for
    each activity, are cut to what leaves every activity as many. `heartbeat_s` is for activities
    that don't say; `grace_s` is what handlers and polls have left at the end."""

    concurrency: int = 10
    pollers: int = 1
    heartbeat_s: float = HEARTBEAT_S
    grace_s: float = 25.0


async def resolve(
    names: Mapping[str, Registration], activities: Activities, *, create: bool
) -> dict[str, Registration]:
    """The same by ARN. Raises NotFound naming what is missing, unless it is to be created."""
    arns = {name: name for name in names if is_arn(name)}
    if len(arns) < len(names):
        arns |= {activity.name: activity.arn for activity in await activities.list_all()}
    if missing := sorted(names.keys() - arns.keys()):
        if not create:
            raise NotFound(
                f"There is no activity {', '.join(missing)} in this account and region:"
                " deploy the state machine that names it, or use --create."
            )
        arns |= {name: await activities.create(name) for name in missing}
    return {arns[name]: registration for name, registration in names.items()}


class Running:
    """Runs once. `served` is by ARN, as `resolve` answers it."""

    def __init__(
        self,
        served: Mapping[str, Registration],
        activities: Activities,
        using: TaskDependencies,
        *,
        name: str,
        limits: Limits,
    ) -> None:
        self._served = served
        self._activities = activities
        self._using = using
        self._name = name
        self._limits = limits
        self._slots = Slots(limits.concurrency)
        self._runs: dict[TaskRun, asyncio.Task[None]] = {}
        self._polling = 0
        self._idle = asyncio.Event()
        self._failure: ServiceError | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish. Sets it itself, and raises, where an activity
        can't be polled at all: NotFound, InvalidRequest, UnsupportedByEndpoint."""
        async with asyncio.TaskGroup() as group:
            pollers = [
                group.create_task(self._poll(poller, stop)) for poller in self._pollers(group)
            ]
            await stop.wait()
            await self._wind_down(pollers)
        if self._failure is not None:
            raise self._failure

    def _pollers(self, group: asyncio.TaskGroup) -> Iterator[Poller]:
        share = self._limits.concurrency // len(self._served)
        if not share:
            log.warning("fewer slots than activities: they wait for each other's polls")
        for arn, registration in self._served.items():
            for _ in range(min(self._limits.pollers, max(1, share))):
                yield Poller(
                    activity=registration.activity,
                    arn=arn,
                    worker=self._name,
                    activities=self._activities,
                    slots=self._slots,
                    using=self._using,
                    start=partial(self._start, group, registration),
                )

    async def _poll(self, poller: Poller, stop: asyncio.Event) -> None:
        """What other activities' handlers hold is finished before this one's trouble is told."""
        self._polling += 1
        try:
            await poller.run(stop)
        except ServiceError as error:
            self._failure = type(error)(f"Activity {poller.activity}: {error.detail}")
            stop.set()
        finally:
            self._polling -= 1
            self._look()

    def _start(
        self, group: asyncio.TaskGroup, registration: Registration, got: ActivityTask
    ) -> None:
        pace = HeartbeatPace(registration.heartbeat_s or self._limits.heartbeat_s)
        release = self._slots.give_back
        run = TaskRun(got, registration, pace, self._using, worker=self._name, release=release)
        self._runs[run] = task = group.create_task(run.run())
        task.add_done_callback(lambda _: self._ended(run))

    def _ended(self, run: TaskRun) -> None:
        del self._runs[run]
        self._look()

    def _look(self) -> None:
        if not (self._polling or self._runs):
            self._idle.set()

    async def _wind_down(self, pollers: list[asyncio.Task[None]]) -> None:
        """No new poll; those under way may still bring a task, which AWS gives to nobody else."""
        clock, grace_s = self._using.clock, self._limits.grace_s
        self._slots.close()
        log.info("worker stops", held=len(self._runs), polls=self._polling, grace_s=grace_s)
        if await clock.wait(self._idle, grace_s):
            return
        if self._runs:
            log.warning("tasks are handed back", held=len(self._runs))
        for poller in pollers:
            poller.cancel()
        for run in tuple(self._runs):
            run.hand_back()
        if not await clock.wait(self._idle, HAND_BACK_S):
            log.error("tasks are left to their timeouts", held=len(self._runs))
            for task in tuple(self._runs.values()):
                task.cancel()
