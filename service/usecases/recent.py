"""What this process started lately: AWS's reads lag its writes, and a replay is to be told."""

from collections import OrderedDict
from datetime import datetime

from service.core.models import ExecutionId

from .clock import Clock

REMEMBERED = 4096
LAG_S = 10.0


class RecentStarts:
    """A bounded memory of starts, newest kept."""

    def __init__(self, clock: Clock, *, remembered: int = REMEMBERED) -> None:
        self._clock = clock
        self._remembered = remembered
        self._starts: OrderedDict[ExecutionId, tuple[datetime, float]] = OrderedDict()

    def add(self, id: ExecutionId, started_at: datetime) -> None:
        self._starts[id] = (started_at, self._clock.monotonic())
        self._starts.move_to_end(id)
        while len(self._starts) > self._remembered:
            self._starts.popitem(last=False)

    def started_at(self, id: ExecutionId) -> datetime | None:
        """AWS's start date, None where this process didn't start it lately."""
        start = self._starts.get(id)
        return start[0] if start else None

    def just_started(self, id: ExecutionId) -> bool:
        """Whether it was started so recently that AWS's reads may not show it."""
        start = self._starts.get(id)
        return start is not None and self._clock.monotonic() - start[1] < LAG_S
