"""Keeps how far each state machine's executions are known: those that began before its watermark
were followed, or are no news."""

from dataclasses import dataclass, field
from datetime import datetime

from handrail.clock import Clock
from handrail.core.news.news_outbox import Outbox


@dataclass(slots=True, repr=False)
class Watermarks:
    """As the outbox has them. Raises what that raises."""

    outbox: Outbox
    clock: Clock
    _known: dict[str, datetime] = field(init=False, default_factory=dict)

    async def of(self, machine: str) -> datetime:
        """A state machine first seen has its watermark now: what happened before is no news."""
        known = self._known.get(machine) or await self.outbox.watermark(machine)
        if known is None:
            known = self.clock.now()
            await self.outbox.set_watermark(machine, known)
        self._known[machine] = known
        return known

    async def move(self, machine: str, to: datetime) -> None:
        """Never back."""
        if to > await self.of(machine):
            await self.outbox.set_watermark(machine, to)
            self._known[machine] = to

    def forget(self) -> None:
        """Another process may move them from now on."""
        self._known.clear()
