"""Runs a worker: polls, runs what comes, and at the end loses nothing that can be kept."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from handrail.core.errors import NotFound, ServiceError, Unavailable, UpstreamRefused
from handrail.core.models import ActivityTask
from handrail.core.ports import Activities

from .activity_handlers import Registration
from .answer_delivery import TaskDependencies
from .heartbeat_pace import HeartbeatPace, refused_s, retry_s
from .task_run import TaskRun

HAND_BACK_S = 4.0
"""For the last calls to AWS, after the grace."""

HASTY_S = 1.0
"""AWS holds an empty poll for a minute; what answers sooner than this isn't asked at once again."""

log = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True)
class Limits:
    """`concurrency` counts handlers of all activities. A poll holds a slot too, so `pollers`, for
    each activity, are cut to what leaves every activity as many. `heartbeat_s` is for activities
    that don't say; `grace_s` is what handlers and polls have left at the end."""

    concurrency: int = 10
    pollers: int = 1
    heartbeat_s: float = 20.0
    grace_s: float = 25.0


async def resolve(
    names: Mapping[str, Registration], activities: Activities, *, create: bool
) -> dict[str, Registration]:
    """The same by ARN. Raises NotFound naming what is missing, unless it is to be created."""
    arns = {name: name for name in names if name.startswith("arn:")}
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


class Slots(asyncio.Semaphore):
    """Limits how many handlers run at once, all activities together: first come, first served."""

    closed = False

    async def take(self) -> bool:
        """Waits for a slot, which `release` frees again; False where there will be none."""
        if not self.closed:
            await self.acquire()
            if not self.closed:
                return True
            self.release()  # wakes the next, who is told the same
        return False

    def close(self) -> None:
        """Nobody waits any longer, and nobody will get one."""
        self.closed = True
        self.release()


@dataclass(slots=True)
class Running:
    """Runs once. `served` is by ARN, as `resolve` answers it; `name` is the worker's."""

    served: Mapping[str, Registration]
    activities: Activities
    using: TaskDependencies
    name: str
    limits: Limits
    _slots: Slots = field(init=False)
    _runs: dict[TaskRun, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _polling: int = field(default=0, init=False)
    _idle: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _failure: ServiceError | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._slots = Slots(self.limits.concurrency)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish. Sets it itself, and raises, where an activity
        can't be polled at all: NotFound, InvalidRequest, UnsupportedByEndpoint."""
        limits, served = self.limits, self.served
        if limits.concurrency < len(served):
            log.warning("fewer slots than activities: they wait for each other's polls")
        each = min(limits.pollers, max(1, limits.concurrency // len(served)))
        async with asyncio.TaskGroup() as group:
            pollers = [
                group.create_task(self._poll(arn, registration, group, stop))
                for arn, registration in served.items()
                for _ in range(each)
            ]
            await stop.wait()
            await self._wind_down(pollers)
        if self._failure is not None:
            raise self._failure

    async def _poll(
        self, arn: str, registration: Registration, group: asyncio.TaskGroup, stop: asyncio.Event
    ) -> None:
        """Poll for one activity until the slots are closed; a poll under way is seen through. Where
        it can't be polled, what other activities' handlers hold is finished before that is told."""
        activity, clock, failures = registration.activity, self.using.clock, 0
        self._polling += 1
        try:
            while await self._slots.take():  # first, so that a task that was got can start
                began = clock.monotonic()
                try:
                    got = await self.activities.poll(arn, worker=self.name)
                except (Unavailable, UpstreamRefused) as error:
                    failures += 1
                    got, pause_s = None, self._pause_s(activity, error, failures)
                else:
                    if failures:
                        log.info("polls are answered again", activity=activity, failed=failures)
                    failures = 0
                    hasty = got is None and clock.monotonic() - began < HASTY_S
                    pause_s = HASTY_S if hasty else 0.0
                if got is None:
                    self._slots.release()
                else:
                    self._start(group, registration, got)
                if pause_s:
                    await clock.wait(stop, pause_s)
        except ServiceError as error:
            self._failure = type(error)(f"Activity {activity}: {error.detail}")
            stop.set()
        finally:
            self._polling -= 1
            self._look()

    def _pause_s(self, activity: str, error: ServiceError, failures: int) -> float:
        """Answers the seconds until the next poll. Of failures in a row the first is logged; each
        refusal is, because an operator must mend it."""
        if isinstance(error, UpstreamRefused):
            log.error("polls are refused: check the worker's credentials", activity=activity)
            return refused_s(failures=failures, jitter=self.using.random())
        if failures == 1:
            log.warning("polls fail", activity=activity, code=error.code)
        at_least_s = error.retry_after_s or 0.0
        return retry_s(failures=failures, jitter=self.using.random(), at_least_s=at_least_s)

    def _start(
        self, group: asyncio.TaskGroup, registration: Registration, got: ActivityTask
    ) -> None:
        pace = HeartbeatPace(registration.heartbeat_s or self.limits.heartbeat_s)
        run = TaskRun(got, registration, pace, self.using, self.name, self._slots.release)
        self._runs[run] = task = group.create_task(run.run())

        def ended(_: asyncio.Task[None]) -> None:
            del self._runs[run]
            self._look()

        task.add_done_callback(ended)

    def _look(self) -> None:
        if not (self._polling or self._runs):
            self._idle.set()

    async def _wind_down(self, pollers: list[asyncio.Task[None]]) -> None:
        """No new poll; those under way may still bring a task, which AWS gives to nobody else."""
        clock, grace_s = self.using.clock, self.limits.grace_s
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
