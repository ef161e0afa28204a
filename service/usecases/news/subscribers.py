"""Knows who wants to be told of which state machine's executions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from handrail.core.machine_patterns import EVERY_MACHINE, MachinePatterns
from handrail.core.models import ExecutionId
from handrail.core.news.subscriptions import NewsSubscription
from handrail.usecases.in_memory import keep_newest

MOST_MACHINES = 10_000  # AWS lets an account have so many


@dataclass(slots=True, repr=False)
class Subscribers:
    """`by_id` are those of now: the same mapping always, which `replace` fills anew. Of other state
    machines than those `served` nobody is told."""

    served: MachinePatterns = EVERY_MACHINE
    by_id: dict[str, NewsSubscription] = field(init=False, default_factory=dict)
    _asking: dict[str, tuple[NewsSubscription, ...]] = field(init=False, default_factory=dict)

    @classmethod
    def of(cls, subscriptions: Iterable[NewsSubscription]) -> "Subscribers":
        subscribers = cls()
        subscribers.replace(subscriptions)
        return subscribers

    def replace(self, subscriptions: Iterable[NewsSubscription]) -> None:
        """What waits for one that is gone is put off, and given up after a day."""
        new = {each.id: each for each in subscriptions}
        self.by_id.clear()
        self.by_id.update(new)
        self._asking.clear()

    def asking(self, machine: str) -> Sequence[NewsSubscription]:
        """Those that ask for this state machine's executions."""
        if (found := self._asking.get(machine)) is None:
            asking = self.by_id.values() if self.served.match(machine) else ()
            found = tuple(each for each in asking if each.machines.match(machine))
            self._asking[machine] = found
            keep_newest(self._asking, MOST_MACHINES)
        return found

    def asks(self, id: ExecutionId) -> bool:
        """Whether anybody wants news of this execution."""
        return any(each.about(id) for each in self.asking(id.machine))

    def ask_for_starts(self, machine: str) -> bool:
        return any("started" in each.on.kinds for each in self.asking(machine))
