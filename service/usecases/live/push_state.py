"""Tells whether pushes arrive in this process, and how late."""

from dataclasses import dataclass, field

from handrail.usecases.in_memory import keep_newest

PUSHED_S = 1.0  # a push is promised no sooner
HOLE_S = 1.0  # so long a push waits for those before it
MOST_MACHINES = 10_000
FORGET_S = 60.0  # of how late pushes were, half is forgotten after each


@dataclass(slots=True)
class PushState:
    """`healthy` is whether the stream of pushes is read, `behind_s` how far behind its end that is.
    Without it nothing is pushed, and watchers poll."""

    healthy: bool = False
    behind_s: float = 0.0
    _machines: dict[str, None] = field(init=False, default_factory=dict)
    _missed: set[str] = field(init=False, default_factory=set)
    _late_s: float = field(init=False, default=0.0)
    _late_at: float = field(init=False, default=0.0)

    def reached(self, machine: str) -> None:
        """Every event of an execution of this state machine is pushed, so all of its others' are:
        logs are a state machine's."""
        self._machines.pop(machine, None)
        self._machines[machine] = None
        keep_newest(self._machines, MOST_MACHINES)

    def missed(self, machine: str) -> None:
        """An event of one of its executions wasn't pushed, so until one is none are taken to be."""
        self._machines.pop(machine, None)
        self._missed.add(machine)

    def take_missed(self) -> set[str]:
        """The state machines of which an event was missed since the last time."""
        missed, self._missed = self._missed, set()
        return missed

    def reaches(self, machine: str) -> bool:
        return self.healthy and machine in self._machines

    def arrived(self, late_s: float, now: float) -> None:
        """A push came so long after its event."""
        self._late_s, self._late_at = max(late_s, self._late(now)), now

    def promised_s(self, now: float) -> float:
        """Within how many seconds a change is seen that is pushed, as pushes lately came."""
        return max(PUSHED_S, self.behind_s, self._late(now)) + HOLE_S

    def _late(self, now: float) -> float:
        half_lives = (now - self._late_at) / FORGET_S
        return self._late_s * float(0.5**half_lives)  # 2.0 to this would be too large in a day
