"""Decides, for one replica and one watch, who reads AWS: it, or another for all.

Times are this process's monotonic seconds. The lease saves calls, nothing more: two who read
at the same time read the same events, whose numbers keep them from being told twice.
"""

from dataclasses import dataclass
from enum import Enum
from math import inf

LEASE_S = 4.0  # after the death of whoever reads, another does so within this time
RENEW_S = 1.25
FOLLOW_S = 2.0  # a follower looks by itself so often, should no hint reach it
REST_S = 60.0
AGAIN_S = 0.5  # a bus that didn't answer is tried again
SILENCE_S = 3.0  # after so long without an answer a follower reads for itself
ASK_S = 1.0  # a request waits so long for whoever reads, then it reads by itself
JUST_OVER_S = 0.05  # a lease has surely run out so long after its end
FAILURES = 2  # so many failed reads in a row, and another may try


class Role(Enum):
    """`ALONE` is who can't ask the bus, or finds nobody there who reads: it reads for itself."""

    UNKNOWN = "unknown"
    ALONE = "alone"
    LEADS = "leads"
    FOLLOWS = "follows"


class Step(Enum):
    """What a watch does that is due: read AWS, show what is known, ask whoever reads to read now,
    or wait for that."""

    READ = "read"
    SHOW = "show"
    ASK = "ask"
    WAIT = "wait"


@dataclass(slots=True)
class ReaderLease:
    """`read_at` is when AWS's history was last read by anybody, as far as the bus told."""

    role: Role = Role.UNKNOWN
    read_at: float = -inf
    _attended_at: float = -inf
    _tried_at: float = -inf
    _until: float = -inf
    _asked_at: float | None = None

    def attended(
        self,
        at: float,
        *,
        leads: bool,
        left_s: float,
        read_age_s: float = inf,
        idle: bool = False,
    ) -> bool:
        """The bus said so to a question asked `at`; `idle` is whether nobody used the watch here.
        Whether the role is another than it was."""
        before, self.role = self.role, Role.LEADS if leads else Role.FOLLOWS
        if not leads and left_s <= 0:
            # Nobody reads for all, and it doesn't want to: who comes back asks again.
            self.role = Role.UNKNOWN if idle else Role.ALONE
        self._attended_at = self._tried_at = at
        self._until = at + left_s
        self.read_at = max(self.read_at, at - read_age_s)
        return before not in {self.role, Role.UNKNOWN} and self.role is not Role.UNKNOWN

    def unanswered(self, at: float) -> bool:
        """The bus said nothing to a question asked `at`. Whether the role is another than it was:
        it stays for as long as it may be what the others believe."""
        before, self._tried_at = self.role, at
        held_until = self._until if before is Role.LEADS else self._attended_at + SILENCE_S
        if before is Role.UNKNOWN or at >= held_until:
            self.role = Role.ALONE
        return before not in {self.role, Role.UNKNOWN}

    def reads(self, now: float) -> bool:
        """True if AWS is to be read here without asking the bus before."""
        return self.role is Role.ALONE or (self.role is Role.LEADS and now < self._until)

    @property
    def next_at(self) -> float:
        """When the bus is to be asked again."""
        if self._tried_at > self._attended_at:
            return self._tried_at + AGAIN_S
        if self.role is Role.FOLLOWS:
            over_at = self._until + JUST_OVER_S
            return min(self._attended_at + FOLLOW_S, max(over_at, self._attended_at + JUST_OVER_S))
        return self._attended_at + (RENEW_S if self.role is Role.LEADS else AGAIN_S)

    @property
    def asking(self) -> bool:
        """True while a request waits for whoever reads."""
        return self._asked_at is not None

    def step(
        self, now: float, *, due: bool, known: bool, hole: bool, urgent: bool, need_at: float
    ) -> Step:
        """What to do now. `due` is whether a read is, were there no others; `known` whether there
        is anything to show, `hole` whether events are missing that the bus no longer has, `urgent`
        whether a request waits, for what was read at `need_at` or later."""
        if self.role is not Role.FOLLOWS or hole:
            self._asked_at = None
            return Step.READ if due or hole else Step.WAIT
        if known and (not urgent or self.read_at >= need_at):
            self._asked_at = None
            return Step.SHOW
        if not urgent:
            return Step.WAIT
        if self._asked_at is None:
            self._asked_at = now
            return Step.ASK
        if now - self._asked_at >= ASK_S:
            self._asked_at = None
            return Step.READ
        return Step.WAIT

    def wait_s(self, now: float) -> float:
        """For how long a watch that is followed may rest, if nothing else wakes it."""
        if self._asked_at is not None:
            return max(0.0, self._asked_at + ASK_S - now)
        return REST_S
