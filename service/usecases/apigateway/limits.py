"""Limits of sockets that API Gateway holds."""

from dataclasses import dataclass, field

from handrail.core.pacing import Pace
from handrail.core.protocol.session import SessionLimits

TICK_S = 60.0
"""Between two calls of the schedule."""

COLD_READS = 2
"""What an execution costs that this instance hasn't read yet: its description and its history."""


@dataclass(frozen=True, slots=True)
class GatewayLimits(SessionLimits):
    """Seconds, bytes, counts and rates: a session's, of which nobody here pings, and these.

    `lifetime_s` is below API Gateway's two hours, and each socket's is shorter by up to `spread_s`:
    they don't come back together. `max_post_bytes` is below its 128 KB a message however a KB is
    counted; `lease_s` is how long a lease's owner may give no sign of life, `closing_s` what is
    kept back of an invocation's time to end in order, `shown_within_s` how long a read may take to
    show what a nudge knew, and `soon_s` when it is read again where something was left undone: by
    `tries_again` nudges, each after three times as long as the one before, and by ticks. `pace` is
    that of the reads nobody nudged for, while an execution runs, and `ended_s` after.
    """

    max_subscriptions: int = 100
    max_message_bytes: int = 16 * 1024
    max_messages_per_s: float = 50.0
    reads_per_s: float = 20 / 3
    reads_burst: int = 133
    heartbeat_s: float = 240.0
    pings: bool = False
    lifetime_s: float = 6_600.0
    spread_s: float = 600.0
    max_post_bytes: int = 128_000
    posts_at_once: int = 50
    lease_s: float = 10.0
    closing_s: float = 3.0
    shown_within_s: float = 3.0
    soon_s: float = 5.0
    tries_again: int = 3
    pace: Pace = field(default_factory=lambda: Pace(10.0, 120.0))
    ended_s: float = 600.0

    @property
    def executions_a_tick(self) -> int:
        """How many one tick reads at most: what this instance may read at once, and has regained a
        minute later. Each execution may be new to it."""
        reads = min(self.reads_burst, self.reads_per_s * TICK_S)
        return max(1, int(reads / COLD_READS))
