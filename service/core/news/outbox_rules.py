"""The rules that every outbox keeps, wherever it is: what moves an execution's position, how long
things are remembered, and how much goes into one step."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from handrail.core.errors import OutboxFull

from .deliveries import Delivery
from .news_outbox import Followed

REMEMBERED = timedelta(hours=25)
"""For so long it is known that an execution ended, and that a delivery was done: a day, and an hour
for clocks that differ."""

MOST_REMEMBERED = 250_000
"""Deliveries that were done, where memory is short: some 25 MB. What was put is put again only by
a leader that died in between, so those of the last minutes matter."""

LETTERS_KEPT = timedelta(days=14)
MOST_BYTES = 64 * 1024 * 1024  # of bodies, where memory is short
SAME_START = timedelta(seconds=10)
"""AWS dates a start and its first event a little apart; a name begins anew later than that."""

RETRY_AFTER_S = 30.0


def moves_on(known: Followed | None, followed: Followed) -> bool:
    """Whether a position is ahead of the one known: of the same execution, or of a newer one of its
    name. An end is news at the same position, a redrive at a later one."""
    if known is None or known.started_at + SAME_START < followed.started_at:
        return True
    if followed.started_at + SAME_START < known.started_at:
        return False
    if followed.position == known.position:
        return followed.ended and not known.ended
    return followed.position > known.position


def as_new(delivery: Delivery, now: datetime) -> Delivery:
    """A letter's delivery that is to be sent again."""
    return replace(delivery, created_at=now, due_at=now, attempts=0, problem=None)


def split(
    deliveries: Sequence[Delivery], *, most: int, most_bytes: int
) -> Sequence[Sequence[Delivery]]:
    """In the order of their events, so many and so many bytes of bodies at once; one that is larger
    stands alone. Of none, one that is empty: a position moves on all the same."""
    batches: list[list[Delivery]] = [[]]
    size = 0
    for delivery in sorted(deliveries, key=lambda each: each.event_id):
        length = body_bytes(delivery)
        if batches[-1] and (len(batches[-1]) == most or size + length > most_bytes):
            batches.append([])
            size = 0
        batches[-1].append(delivery)
        size += length
    return batches


def body_bytes(delivery: Delivery) -> int:
    return len(delivery.body.encode())


def full() -> OutboxFull:
    detail = "As much news waits to be sent as is kept here."
    return OutboxFull(detail, retry_after_s=RETRY_AFTER_S)
