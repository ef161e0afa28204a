"""Declares where deliveries wait: in memory, in a table, or on the bus."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from handrail.core.models import ExecutionId, Page

from .deliveries import DeadLetter, Delivery, DeliveryKey


@dataclass(frozen=True, slots=True)
class Followed:
    """An execution whose news is told. `position` is the last event id treated; `ended` ones are
    remembered for a day, for redrives."""

    execution: ExecutionId
    started_at: datetime
    position: int = 0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """Deliveries that wait, and dead letters: in all, and both by state machine. The oldest that
    waits was put there at `oldest_at`."""

    waiting: int
    dead: int
    oldest_at: datetime | None = None
    by_machine: Mapping[str, tuple[int, int]] = field(default_factory=dict)


class Outbox(Protocol):
    """Each method happens in one step, and may be repeated where its answer was lost. May also
    raise Unavailable (OutboxFull)."""

    async def lead(self, holder: str, for_s: float) -> bool:
        """Take or renew the lease, so that one of a fleet sends. False where another has it. Ask
        again every few seconds: how long another's lease holds may only show by its not being
        renewed. It ends `for_s` seconds after this call began."""

    async def resign(self, holder: str) -> None:
        """Give the lease up, where this holder has it."""

    async def put(self, followed: Followed, deliveries: Sequence[Delivery]) -> None:
        """Add those not known by key to their lanes, which are in the order of event ids, and move
        the execution's position on. A key is known for a day after it was done, too. A stale call
        moves the position never back, and adds nothing twice. What is too much for one step is
        added in several, and the position moves with the last. Raises OutboxFull, and then the
        position stays."""

    async def followed(self) -> Sequence[Followed]:
        """The executions that haven't ended."""

    async def find(self, execution: ExecutionId) -> Followed | None:
        """Also one that ended less than a day ago."""

    async def watermark(self, machine: str) -> datetime | None:
        """The machine's executions that began before it are known."""

    async def set_watermark(self, machine: str, at: datetime) -> None: ...

    async def due(
        self, now: datetime, limit: int, *, without: Collection[str] = ()
    ) -> Sequence[Delivery]:
        """The first of each lane, where it is due, but of these subscriptions: so those of one that
        is busy don't stand in the way of the others'."""

    async def next_due_at(self, *, without: Collection[str] = ()) -> datetime | None:
        """When the next one is due, but of these subscriptions; None where nothing waits."""

    async def retry(self, delivery: Delivery) -> None:
        """Keep its attempts, problem and due_at. Nothing where it waits no longer."""

    async def done(self, delivery: Delivery) -> None:
        """It has arrived: its lane goes on. Nothing where it waits no longer."""

    async def bury(self, letter: DeadLetter) -> None:
        """Keep it for 14 days; its lane goes on. Nothing where it waits no longer."""

    async def counts(self) -> OutboxCounts: ...

    async def waiting(self, limit: int) -> Sequence[Delivery]:
        """The first of each lane, soonest due first: what those behind it wait for."""

    async def letters(self, limit: int, page: str | None) -> Page[DeadLetter]:
        """Newest first. Raises InvalidRequest for what is no page's token."""

    async def revive(self, key: DeliveryKey) -> Delivery | None:
        """A dead letter is to be sent again, as a delivery that is due and was never tried; one
        that waits is due at once. None where it is gone."""

    async def drop(self, key: DeliveryKey) -> bool:
        """Forget a dead letter or a waiting delivery. False where it is gone."""
