"""Stores which executions have subscribers, and who delivers to them: the adapter of
`apigateway.Watches`.

A watch with an owner is due at its lease's end: if its owner dies, it is read again then. A reread
is requested under the condition that the watch has an owner, and the lease given back under the
condition that none is requested; one of the two happens first, so no nudge gets lost between them.
In items the request is called `word`, as it was before it had this name.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from service.aws.dynamodb.expressions import Write
from service.aws.dynamodb.items import WATCH, WATCH_SK, expiry, watch_key
from service.aws.dynamodb.table import Table
from service.clock import Clock
from service.core.errors import Throttled
from service.core.models import Json, to_ms

SETTLING = timedelta(seconds=60)
"""For so long after `watch` a subscription may still be on its way: longer than any invocation
takes from the one to the other."""

SOON = timedelta(seconds=10)
"""After `watch`: what an invocation stored and didn't live to deliver is delivered then."""

ATTEMPTS = 8
"""How often another write may come in between two looks at a watch."""

_TAKE = (
    "SET #owner = :owner, #until = :until, #mark = :mark, #due_at = :until, "
    "#expires_at = :expires_at REMOVE #word"
)
_EXTEND = "SET #until = :until, #due_at = :until, #expires_at = :expires_at"
_RELEASE = "SET #due_at = :due_at, #expires_at = :expires_at REMOVE #owner, #until, #mark"
_WATCH = (
    "SET #watched_at = :now, #word = :yes, #due_at = :due_at, #due_kind = :kind, "
    "#expires_at = :expires_at"
)
_FREE = "(attribute_not_exists(#owner) OR #until <= :now)"
_OWNED = "attribute_exists(#owner) AND #until > :now"
_MINE = "#owner = :owner"
_NO_REREAD = f"{_MINE} AND attribute_not_exists(#word)"
_SETTLED = f"{_NO_REREAD} AND (attribute_not_exists(#watched_at) OR #watched_at <= :settled)"


class AwsWatches:
    """Times are kept to the millisecond."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    async def take(self, execution: str, *, owner: str, until: datetime, now: datetime) -> bool:
        key, mark = watch_key(execution), uuid4().hex
        times = {"until": to_ms(until), "expires_at": expiry(until), "now": to_ms(now)}
        free = f"attribute_exists(#pk) AND {_FREE}"
        take = Write.update(key, _TAKE, when=free, owner=owner, mark=mark, **times)
        request_reread = Write.update(
            key, "SET #word = :yes", when=_OWNED, yes=True, now=to_ms(now)
        )
        for _ in range(ATTEMPTS):
            unmet = await self._table.write(take)
            if unmet is None:
                return True
            if unmet.item is None:
                return False
            if unmet.item.get("mark") == mark:
                return True  # by an attempt before, whose answer was lost
            if await self._table.write(request_reread) is None:
                return False
        raise _contended()

    async def watch(self, execution: str) -> None:
        now = self._clock.now()
        times = {"now": to_ms(now), "due_at": to_ms(now + SOON), "expires_at": expiry(now + SOON)}
        write = Write.update(watch_key(execution), _WATCH, when=None, yes=True, kind=WATCH, **times)
        await self._table.write(write)

    async def extend(self, execution: str, *, owner: str, until: datetime) -> bool:
        times = {"until": to_ms(until), "expires_at": expiry(until)}
        return await self._change_if_mine(_EXTEND, execution, owner, **times)

    async def release(self, execution: str, *, owner: str, due_at: datetime | None) -> bool:
        """Taking a reread's request back extends nothing: the owner may be extending at the same
        moment, and the lease would end sooner than they believe."""
        key = watch_key(execution)
        for _ in range(ATTEMPTS):
            now = self._clock.now()
            soon, settled = now + SETTLING, to_ms(now - SETTLING)
            if due_at is None:
                write = Write.delete(key, when=_SETTLED, owner=owner, settled=settled)
            else:  # what is due before it settles may have been watched at any time
                when, since = (_NO_REREAD, None) if due_at <= soon else (_SETTLED, settled)
                times = {"due_at": to_ms(due_at), "expires_at": expiry(due_at), "settled": since}
                write = Write.update(key, _RELEASE, when=when, owner=owner, **times)
            unmet = await self._table.write(write)
            item = unmet.item if unmet else None
            if item is None or item.get("owner") != owner:
                return True
            if "word" not in item:
                due_at = soon  # it was watched lately
            elif await self._change_if_mine("REMOVE #word", execution, owner):
                return False
        raise _contended()

    async def due(self, now: datetime, *, limit: int) -> Sequence[str]:
        found: list[str] = []
        async for key in self._table.due(WATCH, since=0, until=to_ms(now), limit=limit):
            if key[1] == WATCH_SK:
                found.append(key[0].removeprefix("E#"))
            if len(found) == limit:
                break
        return found

    async def _change_if_mine(
        self, change: str, execution: str, owner: str, **values: Json
    ) -> bool:
        write = Write.update(watch_key(execution), change, when=_MINE, owner=owner, **values)
        return await self._table.write(write) is None


def _contended() -> Throttled:
    return Throttled("Too many writers contend for one execution's watch.", retry_after_s=1)
