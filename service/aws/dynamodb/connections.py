"""Stores the sockets that API Gateway holds: the adapter of `stored.Connections`.

Whatever is written under a condition carries a mark of its own: a write whose answer was lost and
that the client sent once more finds its own mark, and knows that it had succeeded.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import uuid4

from service.aws.dynamodb.expressions import Key, Write
from service.aws.dynamodb.items import (
    CONNECTION,
    KEPT,
    WATCH_SK,
    connection_in,
    connection_item,
    connection_key,
    expired,
    expiry,
    index_key,
    listed_in,
    listed_item,
    ms,
    principal_item,
    read,
    subscription_in,
    subscription_item,
    subscription_key,
)
from service.aws.dynamodb.table import Table, Unmet
from service.clock import Clock
from service.core.access.principals import Principal
from service.core.apigateway import GatewayConnection, GatewaySubscription, SubscriptionRequest
from service.core.errors import ConnectionGone, SubscriptionExists, TooManySubscriptions
from service.core.models import Cursor

THERE = "attribute_exists(#pk)"
ABSENT = "attribute_not_exists(#pk)"


class AwsConnections:
    """Times are kept to the millisecond."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    async def open(self, connection: GatewayConnection) -> None:
        key = connection_key(connection.id)
        await self._table.write(Write.put(key, connection_item(connection), when=ABSENT))

    async def find(self, id: str) -> GatewayConnection | None:
        item = await self._table.get(connection_key(id))
        if item is None or expired(item, self._clock.now()):
            return None
        return read(connection_in, item)

    async def greeted(self, id: str) -> None:
        change = Write.update(connection_key(id), "SET #greeted = :yes", when=THERE, yes=True)
        await self._table.write(change)

    async def identified(self, id: str, principal: Principal, due_at: datetime) -> bool:
        mark = _mark()
        unmet = await self._table.write(
            Write.update(
                connection_key(id),
                "SET #principal = :principal, #due_at = :due_at, #awaits_init = :no, #mark = :mark",
                when=f"{THERE} AND #awaits_init = :yes AND #expires_at > :now",
                principal=principal_item(principal),
                due_at=ms(due_at),
                yes=True,
                no=False,
                mark=mark,
                now=ms(self._clock.now()) // 1000,
            )
        )
        return _written(unmet, mark)

    async def spend(
        self, connection: GatewayConnection, full_at: datetime, *, now: datetime
    ) -> None:
        was = connection.full_at
        if was is not None and was > now:
            change, value = "SET #full_at = #full_at + :spent", ms(full_at) - ms(was)
        else:
            change, value = "SET #full_at = :spent", ms(full_at)
        key = connection_key(connection.id)
        await self._table.write(Write.update(key, change, when=THERE, spent=value))

    async def close(self, id: str) -> None:
        """Deletes the connection first, so that none subscribes any more, and the list of its
        subscriptions last, so that what a failure leaves behind is found by the next call."""
        await self._table.write(Write.delete(connection_key(id)))
        listed, subscribed = [], []
        where = "#pk = :pk AND begins_with(#sk, :prefix)"
        async for page in self._table.pages(where, pk=f"C#{id}", prefix="S#"):
            for item in page:
                listed.append((item["pk"], item["sk"]))
                if found := read(listed_in, item):
                    subscribed.append(subscription_key(found.execution, id, found.id))
        await self._table.delete_all(subscribed)
        await self._table.delete_all(listed)

    async def subscribe(self, connection: str, request: SubscriptionRequest, *, most: int) -> None:
        now, generation = self._clock.now(), _mark()
        whole = subscription_item(request, generation=generation, expires_at=expiry(now))
        listing = listed_item(request, generation=generation, expires_at=expiry(now))
        listed, _, counted = await self._table.transact(
            Write.put(index_key(connection, request.id), listing, when=ABSENT),
            Write.put(subscription_key(request.execution, connection, request.id), whole),
            Write.update(
                connection_key(connection),
                "SET #subscriptions = #subscriptions + :one",
                when=f"{THERE} AND #expires_at > :now AND #subscriptions < :most",
                one=1,
                now=ms(now) // 1000,
                most=most,
            ),
        )
        if counted and (counted.item is None or expired(counted.item, now)):
            raise ConnectionGone("The socket was closed meanwhile.")
        if listed:
            raise SubscriptionExists("A subscription of this id is in use on this socket.")
        if counted:
            raise TooManySubscriptions(f"A socket takes {most} subscriptions at most.")

    async def unsubscribe(self, connection: str, id: str) -> None:
        key = index_key(connection, id)
        item = await self._table.get(key)
        if item is None or (found := read(listed_in, item)) is None:
            return
        forget = (
            Write.delete(key, when="#keeping = :keeping", keeping=found.generation),
            Write.delete(subscription_key(found.execution, connection, id)),
        )
        change = "SET #subscriptions = #subscriptions - :one"
        count = Write.update(connection_key(connection), change, when=THERE, one=1)
        listed, _, counted = await self._table.transact(*forget, count)
        if counted and not listed:
            await self._table.transact(*forget)

    async def subscriptions(self, execution: str) -> AsyncIterator[Sequence[GatewaySubscription]]:
        where = "#pk = :pk AND #sk > :watch"
        async for page in self._table.pages(where, pk=f"E#{execution}", watch=WATCH_SK):
            now = self._clock.now()
            found = [read(subscription_in, item) for item in page if not expired(item, now)]
            if subscriptions := [each for each in found if each is not None]:
                yield subscriptions

    async def told(
        self, subscription: GatewaySubscription, cursor: Cursor, *, completed_at: int | None
    ) -> bool:
        request, mark = subscription.request, _mark()
        ended = "REMOVE #completed_at" if completed_at is None else ", #completed_at = :completed"
        unmet = await self._table.write(
            Write.update(
                subscription_key(request.execution, subscription.connection, request.id),
                f"SET #cursor = :cursor, #mark = :mark {ended}",
                when=_as_it_was(subscription),
                cursor=str(cursor),
                completed=completed_at,
                mark=mark,
                keeping=subscription.generation or None,
                was=subscription.cursor and str(subscription.cursor),
                ended=subscription.completed_at,
            )
        )
        return _written(unmet, mark)

    async def due(self, now: datetime, *, limit: int) -> Sequence[GatewayConnection]:
        """Those that fell due longer ago than an item is kept are over in any case."""
        found: list[GatewayConnection] = []
        since, until = ms(now - KEPT), ms(now)
        keys: list[Key] = []
        async for key in self._table.due(CONNECTION, since=since, until=until, limit=limit):
            keys.append(key)
            if len(keys) == limit:
                found += await self._still_due(keys, now)
                keys.clear()
            if len(found) >= limit:
                return found[:limit]
        return (found + await self._still_due(keys, now))[:limit]

    async def _still_due(self, keys: Sequence[Key], now: datetime) -> list[GatewayConnection]:
        """Looks up what the index says, which lags behind."""
        items = await self._table.get_all(keys)
        listed = (items[key] for key in keys if key in items)
        found = (read(connection_in, item) for item in listed if not expired(item, now))
        return [each for each in found if each is not None and each.due_at <= now]


def _as_it_was(subscription: GatewaySubscription) -> str:
    cursor, ended = subscription.cursor is not None, subscription.completed_at is not None
    conditions = [
        THERE,
        "#cursor = :was" if cursor else "attribute_not_exists(#cursor)",
        "#completed_at = :ended" if ended else "attribute_not_exists(#completed_at)",
    ]
    if subscription.generation:
        conditions.append("#keeping = :keeping")
    return " AND ".join(conditions)


def _mark() -> str:
    return uuid4().hex


def _written(unmet: Unmet | None, mark: str) -> bool:
    return unmet is None or (unmet.item or {}).get("mark") == mark
