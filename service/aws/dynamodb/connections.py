"""Stores the sockets that API Gateway holds: the adapter of `apigateway.Connections`.

A write under a condition carries a mark of its own: one whose answer was lost, and which the client
sent once more, finds its own mark, and knows that it had succeeded.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from handrail.aws.dynamodb import items
from handrail.aws.dynamodb.expressions import Item, Write
from handrail.aws.dynamodb.items import connection_key, expired, expiry, index_key, subscription_key
from handrail.aws.dynamodb.table import TableAdapter, Unmet
from handrail.core.access.principal_documents import principal_document
from handrail.core.access.principals import Principal
from handrail.core.apigateway import GatewayConnection, GatewaySubscription, SubscriptionRequest
from handrail.core.errors import ConnectionGone, SubscriptionExists, TooManySubscriptions
from handrail.core.models import Cursor, to_ms

THERE = "attribute_exists(#pk)"
ABSENT = "attribute_not_exists(#pk)"


class AwsConnections(TableAdapter):
    """Times are kept to the millisecond."""

    async def open(self, connection: GatewayConnection) -> None:
        key = connection_key(connection.id)
        await self._table.write(Write.put(key, items.connection_item(connection), when=ABSENT))

    async def find(self, id: str) -> GatewayConnection | None:
        item = await self._table.get(connection_key(id))
        return None if item is None else _unexpired(item, self._clock.now())

    async def greeted(self, id: str) -> None:
        await self._table.write(Write.set(connection_key(id), {"greeted": True}, when=THERE))

    async def identified(self, id: str, principal: Principal, due_at: datetime) -> bool:
        key, mark, now_s = connection_key(id), uuid4().hex, to_ms(self._clock.now()) // 1000
        members = {"principal": principal_document(principal), "due_at": to_ms(due_at)}
        members |= {"awaits_init": False, "mark": mark}
        when = f"{THERE} AND #awaits_init = :yes AND #expires_at > :now"
        write = Write.set(key, members, when=when, yes=True, now=now_s)
        return _written(await self._table.write(write), mark)

    async def spend(self, id: str, cost_s: float, *, now: datetime) -> GatewayConnection | None:
        """One call, and a second one where the allowance isn't full. A lost answer is asked for
        again: a message then costs twice as much."""
        key, full_at = connection_key(id), to_ms(now + timedelta(seconds=cost_s))
        full = f"{THERE} AND (attribute_not_exists(#full_at) OR #full_at <= :now)"
        was = await self._table.swap(
            Write.set(key, {"full_at": full_at}, when=full, now=to_ms(now))
        )
        if isinstance(was, Unmet) and was.item is not None:
            change = "SET #full_at = #full_at + :cost"
            write = Write.update(key, change, when=THERE, cost=full_at - to_ms(now))
            was = await self._table.swap(write)
        return None if isinstance(was, Unmet) else _unexpired(was, now)

    async def close(self, id: str) -> None:
        """Deletes the connection first, so that none subscribes any more, and the list of its
        subscriptions last, so that what a failure leaves behind is found by the next call."""
        await self._table.write(Write.delete(connection_key(id)))
        listed, subscribed = [], []
        where = "#pk = :pk AND begins_with(#sk, :prefix)"
        async for page in self._table.pages(where, pk=f"C#{id}", prefix="S#"):
            for item in page:
                listed.append((item["pk"], item["sk"]))
                if found := items.read(items.listed_in, item):
                    subscription, execution, _ = found
                    subscribed.append(subscription_key(execution, id, subscription))
        await self._table.delete_all(subscribed)
        await self._table.delete_all(listed)

    async def subscribe(self, connection: str, request: SubscriptionRequest, *, most: int) -> None:
        now, id, execution = self._clock.now(), request.id, request.execution
        common = {"keeping": uuid4().hex, "expires_at": expiry(now)}
        whole = {"level": request.level, "after": request.after, **common}
        change = "SET #subscriptions = #subscriptions + :one"
        when = f"{THERE} AND #expires_at > :now AND #subscriptions < :most"
        values = {"one": 1, "now": to_ms(now) // 1000, "most": most}
        listed, _, counted = await self._table.transact(
            Write.put(index_key(connection, id), {"execution": execution, **common}, when=ABSENT),
            Write.put(subscription_key(execution, connection, id), whole),
            Write.update(connection_key(connection), change, when=when, **values),
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
        if item is None or (found := items.read(items.listed_in, item)) is None:
            return
        _, execution, generation = found
        forget = (
            Write.delete(key, when="#keeping = :keeping", keeping=generation),
            Write.delete(subscription_key(execution, connection, id)),
        )
        change = "SET #subscriptions = #subscriptions - :one"
        count = Write.update(connection_key(connection), change, when=THERE, one=1)
        listed, _, counted = await self._table.transact(*forget, count)
        if counted and not listed:
            await self._table.transact(*forget)

    async def subscriptions(self, execution: str) -> AsyncIterator[Sequence[GatewaySubscription]]:
        where = "#pk = :pk AND #sk > :watch"
        async for page in self._table.pages(where, pk=f"E#{execution}", watch=items.WATCH_SK):
            now = self._clock.now()
            left = (item for item in page if not expired(item, now))
            found = [items.read(items.subscription_in, item) for item in left]
            if subscriptions := [each for each in found if each is not None]:
                yield subscriptions

    async def delivered(
        self, subscription: GatewaySubscription, cursor: Cursor, *, completed_at: int | None
    ) -> bool:
        request, mark = subscription.request, uuid4().hex
        key = subscription_key(request.execution, subscription.connection, request.id)
        was, ended_was = subscription.cursor and str(subscription.cursor), subscription.completed_at
        when = [THERE, _is("cursor", was), _is("completed_at", ended_was), "#keeping = :keeping"]
        values = {"cursor_was": was, "completed_at_was": ended_was}
        members = {"cursor": str(cursor), "completed_at": completed_at, "mark": mark}
        keeping = subscription.generation
        write = Write.set(key, members, when=" AND ".join(when), keeping=keeping, **values)
        return _written(await self._table.write(write), mark)

    async def due(self, now: datetime, *, limit: int) -> Sequence[GatewayConnection]:
        """Looks up what the index says, which lags behind. What fell due longer ago than an item is
        kept is over in any case."""
        found: list[GatewayConnection] = []
        times = {"since": to_ms(now - items.KEPT), "until": to_ms(now)}
        async for keys in self._table.due(items.CONNECTION, **times, limit=limit):
            there = await self._table.get_all(keys)
            known = (_unexpired(there[key], now) for key in keys if key in there)
            found += [each for each in known if each is not None and each.due_at <= now]
            if len(found) >= limit:
                break
        return found[:limit]


def _unexpired(item: Item, now: datetime) -> GatewayConnection | None:
    return None if expired(item, now) else items.read(items.connection_in, item)


def _is(name: str, value: object) -> str:
    return f"attribute_not_exists(#{name})" if value is None else f"#{name} = :{name}_was"


def _written(unmet: Unmet | None, mark: str) -> bool:
    return unmet is None or (unmet.item or {}).get("mark") == mark
