"""The limits of the live hub, as the composition root sets them."""

from dataclasses import dataclass, field

from service.core.pacing import Pace
from service.core.protocol.paths import PATHS, Addresses

LOOKS_S = (1.0, 2.0)
"""Before each further look for an execution that isn't found and that nobody has vouched for."""


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """Seconds and bytes. `addresses` are what links lead to.

    `patience_s` is how long a request may have to wait for the turn of its first read. Watchers
    wait as long as it takes: there are `max_watchers` at most, of one principal
    `principal_watches`, and a principal's first reads are due at `principal_reads_per_s`.
    `memory_bytes` is what all watchers may keep of events together, each at most `log_bytes`.
    `promises` is whether watchers tell within how many seconds a change is seen, `looks_s` after
    how long each what isn't found is looked for again."""

    pace: Pace = field(default_factory=Pace)
    linger_s: float = 3.0
    log_bytes: int = 8 * 1024 * 1024
    memory_bytes: int = 256 * 1024 * 1024
    max_watchers: int = 2_000
    addresses: Addresses = PATHS
    patience_s: float = 10.0
    principal_watches: int = 1_000
    principal_reads_per_s: float = 2.0
    promises: bool = True
    looks_s: tuple[float, ...] = LOOKS_S
