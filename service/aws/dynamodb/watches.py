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

from handrail.aws.dynamodb.expressions import Write
from handrail.aws.dynamodb.items import WATCH, WATCH_SK, expiry, watch_key
from handrail.aws.dynamodb.table import TableAdapter
from handrail.core.errors import Throttled
from handrail.core.models import Json, to_ms

SETTLING = timedelta(seconds=60)
"""For so long after `watch` a subscription may still be on its way: longer than any invocation
takes from the one to the other."""

SOON = timedelta(seconds=10)
"""After `watch`: what an invocation stored and didn't live to deliver is delivered then."""

ATTEMPTS = 8
"""How often another write may come in between two looks at a watch."""

_FREE = "attribute_exists(#pk) AND (attribute_not_exists(#owner) OR #until <= :now)"
_OWNED = "attribute_exists(#owner) AND #until > :now"
_MINE = "#owner = :me"
_NO_REREAD = f"{_MINE} AND attribute_not_exists(#word)"
_SETTLED = f"{_NO_REREAD} AND (attribute_not_exists(#watched_at) OR #watched_at <= :settled)"


class AwsWatches(TableAdapter):
    """Times are kept to the millisecond."""

    async def take(self, execution: str, *, owner: str, until: datetime, now: datetime) -> bool:
        key, mark = watch_key(execution), uuid4().hex
        members = {"owner": owner, "mark": mark, "word": None, **_until(until)}
        take = Write.set(key, members, when=_FREE, now=to_ms(now))
        request_reread = Write.set(key, {"word": True}, when=_OWNED, now=to_ms(now))
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
        members = {"watched_at": to_ms(now), "word": True, "due_kind": WATCH, **_due(now + SOON)}
        await self._table.write(Write.set(watch_key(execution), members))

    async def extend(self, execution: str, *, owner: str, until: datetime) -> bool:
        write = Write.set(watch_key(execution), _until(until), when=_MINE, me=owner)
        return await self._table.write(write) is None

    async def release(self, execution: str, *, owner: str, due_at: datetime | None) -> bool:
        """Taking a reread's request back extends nothing: the owner may be extending at the same
        moment, and the lease would end sooner than they believe."""
        key = watch_key(execution)
        take_back = Write.update(key, "REMOVE #word", when=_MINE, me=owner)
        for _ in range(ATTEMPTS):
            now = self._clock.now()
            soon, settled = now + SETTLING, to_ms(now - SETTLING)
            if due_at is None:
                write = Write.delete(key, when=_SETTLED, me=owner, settled=settled)
            else:  # what is due before it settles may have been watched at any time
                when, since = (_NO_REREAD, None) if due_at <= soon else (_SETTLED, settled)
                members = {"owner": None, "until": None, "mark": None, **_due(due_at)}
                write = Write.set(key, members, when=when, me=owner, settled=since)
            unmet = await self._table.write(write)
            item = unmet.item if unmet else None
            if item is None or item.get("owner") != owner:
                return True
            if "word" not in item:
                due_at = soon  # it was watched lately
            elif await self._table.write(take_back) is None:
                return False
        raise _contended()

    async def due(self, now: datetime, *, limit: int) -> Sequence[str]:
        found: list[str] = []
        async for page in self._table.due(WATCH, since=0, until=to_ms(now), limit=limit):
            found += [pk.removeprefix("E#") for pk, sk in page if sk == WATCH_SK]
            if len(found) >= limit:
                break
        return found[:limit]


def _due(at: datetime) -> dict[str, Json]:
    return {"due_at": to_ms(at), "expires_at": expiry(at)}


def _until(at: datetime) -> dict[str, Json]:
    return {"until": to_ms(at), **_due(at)}


def _contended() -> Throttled:
    return Throttled("Too many writers contend for one execution's watch.", retry_after_s=1)
