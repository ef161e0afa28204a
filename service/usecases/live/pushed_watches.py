"""Takes what is pushed to this process to the watchers that it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from handrail.core.history.facts import OUTCOMES
from handrail.core.history.payloads import shows_all_are_logged
from handrail.core.models import Account, Execution, ExecutionId
from handrail.core.pacing import promise_s
from handrail.core.pushes import Push, PushedEvent, PushedStatus

from .express_histories import ExpressHistories
from .listed_ends import compare_listed
from .read_schedule import HubContext
from .unwatched_pushes import UnwatchedPushes
from .watcher import Watcher


@dataclass(slots=True, repr=False)
class PushedWatches:
    """`account` is where this service's executions are, None while that isn't known."""

    watchers: Mapping[ExecutionId, Watcher]
    context: HubContext
    account: Callable[[], Account | None]
    express: ExpressHistories | None
    _unwatched: UnwatchedPushes = field(init=False, default_factory=UnwatchedPushes)
    _promised_s: float = field(init=False, default=0.0)

    def pushed(self, push: Push) -> None:
        """Returns at once. What nobody here watches is dropped, but for a moment after an execution
        began; and what is of another account."""
        if push.account != self.account():
            return
        self.context.observers.pushed(push)
        if isinstance(push, PushedEvent) and shows_all_are_logged(push.event):
            self.context.pushes.reached(push.execution.machine)
        watcher = self.watchers.get(push.execution)
        if push.execution.express:
            self._pushed_express(push, watcher)
        elif isinstance(push, PushedEvent):
            if watcher is None:
                self._unwatched.add(push, self.context.clock.monotonic())
            else:
                watcher.pushed(push)
        elif watcher is not None and compare_listed(watcher, _listed(push)) and push.stopped_at:
            lag = self.context.clock.now() - push.stopped_at
            self.context.observers.lag_seen("push", max(0.0, lag.total_seconds()))
        if watcher is None and (ends := self.context.observers.ends) is not None and _ends(push):
            ends.pushed_end(push.execution, push.redrive_count)

    def begun(self, watcher: Watcher) -> Watcher:
        """This one is watched from now on."""
        for push in self._unwatched.take(watcher.id):
            watcher.pushed(push)
        return watcher

    def push_state(self, healthy: bool, behind_s: float) -> None:
        """Whether pushes arrive, and how far behind. Where they don't, or those of a state machine
        don't, all who relied on them are read at once, in the order of their urgency."""
        relied = [each for each in self.watchers.values() if each.rhythm.pushed]
        missed = self.context.pushes.take_missed()
        polled = [each for each in self.watchers.values() if each.id.machine in missed]
        self.context.pushes.healthy, self.context.pushes.behind_s = healthy, behind_s
        if healthy and self.express is not None:
            self.express.open = True
        for watcher in (*polled, *relied):
            if not watcher.rhythm.pushed:
                watcher.fall_back()
        seen_in_s = self.context.pushes.promised_s(self.context.clock.monotonic())
        promised_s = promise_s(seen_in_s) if healthy else 0.0
        if promised_s != self._promised_s:
            self._promised_s = promised_s
            for watcher in relied:
                watcher.promise_anew()

    def _pushed_express(self, push: Push, watcher: Watcher | None) -> None:
        if self.express is not None and isinstance(push, PushedEvent):
            self.express.add(push)
            if watcher is not None:
                watcher.nudge()


def _listed(push: PushedStatus) -> Execution:
    return Execution(
        push.execution,
        push.account.execution_arn(push.execution),
        push.status,
        push.started_at,
        push.stopped_at,
        redrive_count=push.redrive_count,
    )


def _ends(push: Push) -> bool:
    return push.event.type in OUTCOMES if isinstance(push, PushedEvent) else push.status.terminal
