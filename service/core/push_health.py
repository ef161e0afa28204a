"""Tells from the reads of a stream's shards whether what is pushed arrives, and how late."""

from dataclasses import dataclass, field
from math import inf

HEALTHY_S = 10.0
"""Further behind than that, whoever watches had better read again too."""


@dataclass(slots=True)
class PushHealth:
    """Times are monotonic seconds. A stream without shards, or with one never read, brings
    nothing."""

    _complete_to: dict[str, float] = field(init=False, default_factory=dict)

    def begin(self, shard: str, complete_to: float = -inf) -> None:
        """It is being read from now on; it has nothing from before `complete_to`."""
        self._complete_to[shard] = complete_to

    def read(self, shard: str, at: float, *, behind_s: float) -> None:
        """What was asked for at `at` brought all but the last `behind_s` seconds."""
        self._complete_to[shard] = at - behind_s

    def end(self, shard: str) -> None:
        self._complete_to.pop(shard, None)

    def clear(self) -> None:
        self._complete_to.clear()

    def behind_s(self, now: float) -> float:
        """How old what is missing may be, in the shard that is furthest behind."""
        return max(0.0, now - min(self._complete_to.values(), default=-inf))

    def healthy(self, now: float) -> bool:
        return self.behind_s(now) <= HEALTHY_S
