"""Takes what is pushed to this process to the watchers that it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from handrail.clock import Clock
from handrail.core.history.payloads import shows_all_are_logged
from handrail.core.models import Account, Execution, ExecutionId
from handrail.core.pacing import promise_s
from handrail.core.pushes import Push, PushedEvent, PushedStatus

from .express_histories import ExpressHistories
from .listed_ends import compare_listed
from .push_state import PushState
from .unwatched_pushes import UnwatchedPushes
from .watcher import Watcher


@dataclass(slots=True, repr=False)
class PushedWatches:
    """`account` is where this service's executions are, None while that isn't known."""

    watchers: Mapping[ExecutionId, Watcher]
    state: PushState
    clock: Clock
    account: Callable[[], Account | None]
    express: ExpressHistories | None
    _unwatched: UnwatchedPushes = field(init=False, default_factory=UnwatchedPushes)
    _promised_s: float = field(init=False, default=0.0)

    def pushed(self, push: Push) -> None:
        """Returns at once. What nobody here watches is dropped, but for a moment after an execution
        began; and what is of another account."""
        if push.account != self.account():
            return
        if isinstance(push, PushedEvent) and shows_all_are_logged(push.event):
            self.state.reached(push.execution.machine)
        watcher = self.watchers.get(push.execution)
        if push.execution.express:
            self._pushed_express(push, watcher)
        elif isinstance(push, PushedEvent):
            if watcher is None:
                self._unwatched.add(push, self.clock.monotonic())
            else:
                watcher.pushed(push)
        elif watcher is not None:
            compare_listed(watcher, _listed(push))

    def begun(self, watcher: Watcher) -> Watcher:
        """This one is watched from now on."""
        for push in self._unwatched.take(watcher.id):
            watcher.pushed(push)
        return watcher

    def push_state(self, healthy: bool, behind_s: float) -> None:
        """Whether pushes arrive, and how far behind. Where they don't, or those of a state machine
        don't, all who relied on them are read at once, in the order of their urgency."""
        relied = [each for each in self.watchers.values() if each.rhythm.pushed]
        missed = self.state.take_missed()
        polled = [each for each in self.watchers.values() if each.id.machine in missed]
        self.state.healthy, self.state.behind_s = healthy, behind_s
        if healthy and self.express is not None:
            self.express.open = True
        for watcher in (*polled, *relied):
            if not watcher.rhythm.pushed:
                watcher.fall_back()
        promised_s = promise_s(self.state.promised_s(self.clock.monotonic())) if healthy else 0.0
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
