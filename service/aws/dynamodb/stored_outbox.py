"""Stores the news to be sent, how far executions are treated, and who sends: the adapter of
`news_outbox.Outbox`.

A delivery is written together with its key, under the condition that the key isn't known, and with
its lane, under the condition that the lane is what was seen of it; where one of them isn't, it is
looked at again.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from handrail.aws.dynamodb import outbox_items as items
from handrail.aws.dynamodb.expressions import Item, Key, Write
from handrail.aws.dynamodb.items import expired, expiry, read
from handrail.aws.dynamodb.outbox_lease import StoredLease
from handrail.aws.dynamodb.table import Table, TableAdapter, Unmet
from handrail.clock import Clock
from handrail.core.errors import Throttled
from handrail.core.models import ExecutionId, Page, from_ms, to_ms
from handrail.core.news.deliveries import DeadLetter, Delivery, DeliveryKey, DeliveryLane
from handrail.core.news.letter_keys import Place, key_text, letters_page, letters_place
from handrail.core.news.news_outbox import Followed, OutboxCounts
from handrail.core.news.outbox_rules import LETTERS_KEPT, REMEMBERED, as_new, split

ATTEMPTS = 8
"""How often another write may come in between two looks at a lane."""

MOST_AT_ONCE = 33
"""Deliveries in a transaction: each with its key and its lane, and the position, are the hundred
items that DynamoDB takes. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html"""

MOST_BYTES_AT_ONCE = 3 * 1024 * 1024  # of the four megabytes, for all that isn't a body
FAR = 10**14  # ms: later than whatever is stored
KNOWN = {"known": True}

_Step = tuple[DeliveryKey | DeliveryLane | Followed | None, Write]


class AwsOutbox(TableAdapter):
    """Times are kept to the millisecond. `due`, `counts` and `letters` find things by the index,
    which lags behind what was written by less than a second as a rule."""

    def __init__(self, table: Table, clock: Clock) -> None:
        super().__init__(table, clock)
        self._lease = StoredLease(table, clock)

    async def lead(self, holder: str, for_s: float) -> bool:
        return await self._lease.take(holder, for_s)

    async def resign(self, holder: str) -> None:
        await self._lease.give_up(holder)

    async def put(self, followed: Followed, deliveries: Sequence[Delivery]) -> None:
        *before, last = split(deliveries, most=MOST_AT_ONCE, most_bytes=MOST_BYTES_AT_ONCE)
        for batch in before:
            await self._put(None, batch)
        await self._put(followed, last)

    async def followed(self) -> Sequence[Followed]:
        found = await asyncio.gather(*map(self._followed_in, items.SHARDS))
        return [each for shard in found for each in shard]

    async def find(self, execution: ExecutionId) -> Followed | None:
        item = await self._table.get(items.followed_key(execution))
        if item is None or ("expires_at" in item and expired(item, self._clock.now())):
            return None
        return read(items.followed_in, item)

    async def watermark(self, machine: str) -> datetime | None:
        item = await self._table.get(items.watermark_key(machine))
        return None if item is None else from_ms(item["at"])

    async def set_watermark(self, machine: str, at: datetime) -> None:
        await self._table.write(Write.put(items.watermark_key(machine), {"at": to_ms(at)}))

    async def due(
        self, now: datetime, limit: int, *, without: Collection[str] = ()
    ) -> Sequence[Delivery]:
        return await self._heads(to_ms(now), limit, without)

    async def next_due_at(self, *, without: Collection[str] = ()) -> datetime | None:
        most = None if without else 1
        async for page in self._table.indexed(items.LANE, since=0, until=FAR, limit=most):
            for item in page:
                if items.subscription_in(item["sk"]) not in without:
                    return from_ms(item["due_at"])
        return None

    async def retry(self, delivery: Delivery) -> None:
        key, lane_key = items.delivery_key(delivery.key), items.lane_key(delivery.lane)
        change = Write.set(key, items.retried(delivery), when=items.THERE)
        for _ in range(ATTEMPTS):
            writes, lane = [change], await self._table.get(lane_key)
            if lane is not None and items.head_key(lane) == key:
                members = {"due_at": to_ms(delivery.due_at), "mark": uuid4().hex}
                when = items.UNCHANGED
                writes.append(Write.set(lane_key, members, when=when, was=lane["mark"]))
            unmet = await self._table.transact(*writes)
            if unmet[0] or not any(unmet):
                return
        raise _contended()

    async def done(self, delivery: Delivery) -> None:
        await self._take_out(delivery.key, REMEMBERED)

    async def bury(self, letter: DeadLetter) -> None:
        key = letter.delivery.key
        write = Write.put(items.letter_key(key), items.letter_item(letter))
        await self._take_out(key, LETTERS_KEPT + REMEMBERED, write)

    async def counts(self) -> OutboxCounts:
        waiting, oldest_at = Counter[str](), None
        async for page in self._table.indexed(items.WAITING, since=0, until=FAR):
            oldest_at = oldest_at or from_ms(page[0]["due_at"])
            waiting.update(items.machine_in(item["pk"]) for item in page)
        dead, since = Counter[str](), self._oldest_letter_ms()
        async for page in self._table.indexed(items.DEAD, since=since, until=FAR):
            dead.update(items.machine_in(item["pk"]) for item in page)
        by_machine = {machine: (waiting[machine], dead[machine]) for machine in waiting | dead}
        return OutboxCounts(waiting.total(), dead.total(), oldest_at, by_machine)

    async def waiting(self, limit: int) -> Sequence[Delivery]:
        return await self._heads(FAR, limit)

    async def letters(self, limit: int, page: str | None) -> Page[DeadLetter]:
        after = letters_place(page)
        keys: dict[Place, Key] = {}
        async for found in self._table.indexed(
            items.DEAD,
            since=self._oldest_letter_ms(),
            until=FAR if after is None else after[0],
            limit=limit + 1,
            newest_first=True,
        ):
            for item in found:
                key = items.key_in(item["pk"], item["sk"])
                keys[item["due_at"], key_text(key)] = item["pk"], item["sk"]
            places, next_page = letters_page(keys, limit, after)
            if next_page is not None and found[-1]["due_at"] < places[-1][0]:
                break
        places, next_page = letters_page(keys, limit, after)
        there = await self._table.get_all([keys[place] for place in places])
        known = (read(items.letter_in, there[keys[p]]) for p in places if keys[p] in there)
        return Page(tuple(each for each in known if each is not None), next_page)

    async def revive(self, key: DeliveryKey) -> Delivery | None:
        now = self._clock.now()
        for _ in range(ATTEMPTS):
            if (item := await self._table.get(items.delivery_key(key))) is not None:
                waiting = replace(items.delivery_in(item), due_at=now)
                await self.retry(waiting)
                return waiting
            if (item := await self._table.get(items.letter_key(key))) is None:
                return None
            delivery = as_new(items.letter_in(item).delivery, now)
            unmet = await self._add_again(delivery)
            if not any(unmet):
                return delivery
        raise _contended()

    async def drop(self, key: DeliveryKey) -> bool:
        if await self._take_out(key, REMEMBERED):
            return True
        unmet = await self._table.transact(
            Write.delete(items.letter_key(key), when=items.THERE), self._known(key, REMEMBERED)
        )
        return not any(unmet)

    async def _put(self, followed: Followed | None, batch: Sequence[Delivery]) -> None:
        """Adds these in one step."""
        adding = {delivery.key: delivery for delivery in batch}
        lanes: dict[DeliveryLane, Item | None] = {}
        for _ in range(ATTEMPTS):
            steps = list(self._steps(adding.values(), lanes))
            if followed is not None:
                steps.append((followed, items.followed_write(followed, self._clock.now())))
            if not steps:
                return
            unmet = await self._table.transact(*(write for _, write in steps))
            if not any(unmet):
                return
            for (what, _), why in zip(steps, unmet, strict=True):
                match why, what:
                    case Unmet(), DeliveryKey():
                        del adding[what]  # it is known
                    case Unmet(), DeliveryLane():
                        lanes[what] = why.item
                    case Unmet(), Followed():
                        followed = None  # another was further
        raise _contended()

    def _steps(
        self, adding: Iterable[Delivery], lanes: Mapping[DeliveryLane, Item | None]
    ) -> Iterator[_Step]:
        first: dict[DeliveryLane, Delivery] = {}
        for each in adding:
            yield each.key, Write.put(items.known_key(each.key), KNOWN, when=items.ABSENT)
            yield None, Write.put(items.delivery_key(each.key), items.delivery_item(each))
            first.setdefault(each.lane, each)
        for lane, delivery in first.items():
            yield lane, items.lane_write(lane, lanes.get(lane), delivery)

    async def _add_again(self, delivery: Delivery) -> Sequence[Unmet | None]:
        """A letter becomes a delivery."""
        key, lane = delivery.key, await self._table.get(items.lane_key(delivery.lane))
        return await self._table.transact(
            Write.delete(items.letter_key(key), when=items.THERE),
            Write.put(items.delivery_key(key), items.delivery_item(delivery)),
            Write.set(items.known_key(key), {**KNOWN, "expires_at": None}),
            items.lane_write(delivery.lane, lane, delivery),
        )

    async def _take_out(self, key: DeliveryKey, known: timedelta, *others: Write) -> bool:
        """Removes one that waits; its lane goes on. False where it waits no longer."""
        lane_key, own = items.lane_key(items.lane_of(key)), items.delivery_key(key)
        prefix = items.deliveries_prefix(items.lane_of(key))
        for _ in range(ATTEMPTS):
            if (lane := await self._table.get(lane_key)) is None:
                return False
            where = "#pk = :pk AND begins_with(#sk, :prefix)"
            first = await self._table.first(where, 2, pk=own[0], prefix=prefix)
            rest = next((item for item in first if item["sk"] != own[1]), None)
            unmet = await self._table.transact(
                Write.delete(own, when=items.THERE),
                items.lane_without(lane, rest),
                self._known(key, known),
                *others,
            )
            if unmet[0] or not any(unmet):
                return unmet[0] is None
        raise _contended()

    def _known(self, key: DeliveryKey, kept: timedelta) -> Write:
        expires_at = expiry(self._clock.now(), kept)
        return Write.set(items.known_key(key), {**KNOWN, "expires_at": expires_at})

    async def _followed_in(self, shard: str) -> Sequence[Followed]:
        found: list[Followed | None] = []
        async for page in self._table.pages("#pk = :pk", pk=items.followed_pk(shard)):
            found += [read(items.followed_in, item) for item in page]
        return [each for each in found if each is not None and not each.ended]

    async def _heads(
        self, until: int, limit: int, without: Collection[str] = ()
    ) -> Sequence[Delivery]:
        """The first deliveries of the lanes whose are due first: three calls, however many wait,
        and one more for each 10,000 or so lanes that are left out."""
        lanes, most = list[Key](), None if without else limit
        async for page in self._table.indexed(items.LANE, since=0, until=until, limit=most):
            keys = ((item["pk"], item["sk"]) for item in page)
            lanes += (key for key in keys if items.subscription_in(key[1]) not in without)
            if len(lanes) >= limit:
                break
        there = await self._table.get_all(lanes[:limit])
        found = (there[key] for key in lanes[:limit] if key in there)
        heads = [items.head_key(lane) for lane in found if lane["due_at"] <= until]
        first = await self._table.get_all(heads)
        known = (read(items.delivery_in, first[key]) for key in heads if key in first)
        return [each for each in known if each is not None]

    def _oldest_letter_ms(self) -> int:
        return to_ms(self._clock.now() - LETTERS_KEPT)


def _contended() -> Throttled:
    return Throttled("Too many writers contend for one execution's news.", retry_after_s=1)
