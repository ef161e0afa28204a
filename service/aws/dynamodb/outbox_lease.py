"""Stores which of a fleet sends news.

Whether another's lease is over is decided by no clock but one's own: it is over once it has been
seen, unrenewed, for as long as it says to hold. So clocks may differ by any amount, and whoever
comes anew waits for one lease's time where its holder died, and not at all where it resigned.
"""

from dataclasses import dataclass
from uuid import uuid4

from handrail.aws.dynamodb.expressions import Write
from handrail.aws.dynamodb.outbox_items import ABSENT, LEASE
from handrail.aws.dynamodb.table import Table, TableAdapter
from handrail.clock import Clock


@dataclass(frozen=True, slots=True)
class _Seen:
    """Another's lease, and since when, in monotonic seconds, it is known as it is."""

    mark: str
    since: float
    for_s: float


class StoredLease(TableAdapter):
    """Of the table. One process asks for one holder."""

    def __init__(self, table: Table, clock: Clock) -> None:
        super().__init__(table, clock)
        self._seen: _Seen | None = None

    async def take(self, holder: str, for_s: float) -> bool:
        """Takes or renews it; False where another has it."""
        mark, when = uuid4().hex, f"{ABSENT} OR #holder = :holder"
        seen, values = self._seen, dict[str, str]()
        if seen is not None and self._clock.monotonic() - seen.since >= seen.for_s:
            when, values = f"{when} OR #mark = :seen", {"seen": seen.mark}
        members = {"holder": holder, "mark": mark, "for_ms": int(for_s * 1000)}
        unmet = await self._table.write(Write.set(LEASE, members, when=when, **values))
        there = None if unmet is None else unmet.item
        if unmet is None or (there and there["mark"] == mark):  # taken, and the answer was lost
            self._seen = None
            return True
        if there is not None and (seen is None or seen.mark != there["mark"]):
            self._seen = _Seen(there["mark"], self._clock.monotonic(), there["for_ms"] / 1000)
        return False

    async def give_up(self, holder: str) -> None:
        """Nothing where another has it."""
        await self._table.write(Write.delete(LEASE, when="#holder = :holder", holder=holder))
