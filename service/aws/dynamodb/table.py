"""Reads and writes the one table in which everything is stored.

A condition that doesn't hold is an answer, not an error. What a transaction locks at the moment,
and what DynamoDB leaves over of a batch, is asked for again, a few times, after random pauses.
"""

import random as stdlib_random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.aws.dynamodb.expressions import Item, Key, Write, expressions, key_of, plain
from handrail.aws.errors import RETRY_AFTER_S
from handrail.clock import Clock
from handrail.core.errors import InvalidRequest, Throttled
from handrail.core.pacing import backoff

INDEX = "due"
"""What has to be looked after, by kind (`due_kind`) and time (`due_at`, ms); keys only."""

ATTEMPTS = 8
PAUSE_S = 0.04
LONGEST_PAUSE_S = 0.4
DELETES_A_CALL = 25
READS_A_CALL = 100
"""Both are DynamoDB's limits:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"""

Reason = Mapping[str, Any]
"""DynamoDB's, of one write of a transaction: its `Code`, and the `Item` that is there."""

_BUSY = frozenset({"TransactionConflict", "TransactionConflictException"})
_THROTTLES = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded"})
_MET_OR_NOT = frozenset({"None", "ConditionalCheckFailed", "TransactionConflict"})


@dataclass(frozen=True, slots=True)
class Unmet:
    """Says that a condition didn't hold: nothing was written. `item` is the one there, if any."""

    item: Item | None


@dataclass(frozen=True, slots=True)
class Table:
    """Raises UpstreamRefused where there is no such table, or one of another make. `random`
    answers [0, 1)."""

    clients: Clients
    calls: AwsCalls
    name: str
    clock: Clock
    random: Callable[[], float] = stdlib_random.random

    async def get(self, key: Key) -> Item | None:
        """Reads an item as it is now: every write that was answered is in it."""
        asked = {"TableName": self.name, "Key": key_of(key)}
        answer = await self._ask("GetItem", **asked, ConsistentRead=True)
        return plain(answer["Item"]) if "Item" in answer else None

    async def get_all(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        """Reads those that exist, as they are now."""
        found: dict[Key, Item] = {}

        async def read(asked: Sequence[Any]) -> Sequence[Any]:
            requests = {self.name: {"Keys": asked, "ConsistentRead": True}}
            answer = await self._ask("BatchGetItem", RequestItems=requests)
            items = map(plain, answer["Responses"].get(self.name, ()))
            found.update({(item["pk"], item["sk"]): item for item in items})
            return answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys") or ()

        for start in range(0, len(keys), READS_A_CALL):
            await self._to_the_end(read, list(map(key_of, keys[start : start + READS_A_CALL])))
        return found

    def pages(self, where: str, **values: Any) -> AsyncIterator[list[Item]]:
        """Reads what a condition on the key finds, as it is now, page by page to the end."""
        asked = expressions(values, KeyConditionExpression=where)
        return self._pages(**asked, ConsistentRead=True)

    async def first(self, where: str, limit: int, **values: Any) -> Sequence[Item]:
        """Reads the first of what a condition on the key finds, as it is now."""
        asked = expressions(values, KeyConditionExpression=where)
        query = {"TableName": self.name, **asked, "Limit": limit}
        answer = await self._ask("Query", **query, ConsistentRead=True)
        return [plain(item) for item in answer["Items"]]

    async def due(
        self, kind: str, *, since: int, until: int, limit: int
    ) -> AsyncIterator[list[Key]]:
        """Reads keys of what falls due between the two (ms), longest due first, `limit` a page. The
        index lags behind what was written, by less than a second as a rule."""
        async for page in self.indexed(kind, since=since, until=until, limit=limit):
            yield [(item["pk"], item["sk"]) for item in page]

    def indexed(
        self,
        kind: str,
        *,
        since: int,
        until: int,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> AsyncIterator[list[Item]]:
        """Reads as `due`, with the times: `pk`, `sk`, `due_at`. Without a limit as many a page as
        DynamoDB reads at once."""
        where = "#due_kind = :kind AND #due_at BETWEEN :since AND :until"
        values = {"kind": kind, "since": since, "until": until}
        asked = expressions(values, KeyConditionExpression=where)
        most = {} if limit is None else {"Limit": limit}
        return self._pages(**asked, **most, IndexName=INDEX, ScanIndexForward=not newest_first)

    async def write(self, write: Write) -> Unmet | None:
        """None where it was written."""
        asked = {"TableName": self.name, **write.arguments}
        (reason,) = await self._reasons(f"{write.kind}Item", asked)
        return _unmet(reason)

    async def swap(self, write: Write) -> Item | Unmet:
        """Changes an item that exists, and answers it as it was before."""
        asked = {"TableName": self.name, **write.arguments, "ReturnValues": "ALL_OLD"}
        (reason,) = await self._reasons(f"{write.kind}Item", asked)
        return _unmet(reason) or plain(reason["Item"])

    async def transact(self, *writes: Write) -> Sequence[Unmet | None]:
        """Writes all or nothing: all None, or one condition at least didn't hold."""
        items = [{write.kind: {"TableName": self.name, **write.arguments}} for write in writes]
        reasons = await self._reasons("TransactWriteItems", {"TransactItems": items})
        return [_unmet(r) for r in reasons] if len(reasons) == len(writes) else [None] * len(writes)

    async def pop(self, key: Key) -> Item | None:
        """Deletes an item and answers what it was: to one of all that ask."""
        asked = {"TableName": self.name, "Key": key_of(key)}
        answer = await self._ask("DeleteItem", **asked, ReturnValues="ALL_OLD")
        return plain(answer["Attributes"]) if answer.get("Attributes") else None

    async def delete_all(self, keys: Sequence[Key]) -> None:
        """Deletes in several calls and not all at once: a failure leaves some behind."""

        async def delete(requests: Sequence[Any]) -> Sequence[Any]:
            try:
                answer = await self._ask("BatchWriteItem", RequestItems={self.name: requests})
            except Throttled:  # or a transaction locks one of them
                return requests
            return answer.get("UnprocessedItems", {}).get(self.name) or ()

        requests = [{"DeleteRequest": {"Key": key_of(key)}} for key in keys]
        for start in range(0, len(requests), DELETES_A_CALL):
            await self._to_the_end(delete, requests[start : start + DELETES_A_CALL])

    async def _pages(self, **asked: Any) -> AsyncIterator[list[Item]]:
        start: dict[str, Any] = {}
        while True:
            answer = await self._ask("Query", TableName=self.name, **asked, **start)
            if answer["Items"]:
                yield [plain(item) for item in answer["Items"]]
            if not (last := answer.get("LastEvaluatedKey")):
                return
            start = {"ExclusiveStartKey": last}

    async def _to_the_end(
        self, ask: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]], asked: Sequence[Any]
    ) -> None:
        """Asks again for what is left over, until nothing is."""
        async for _ in self._attempts():
            if not (asked := await ask(asked)):
                return

    async def _reasons(self, operation: str, asked: Mapping[str, Any]) -> Sequence[Reason]:
        """Writes as `_try` does, again while something is locked."""
        reasons: Sequence[Reason] = ()
        async for _ in self._attempts():
            write = partial(self._try, operation, asked)
            reasons = await self.calls.call_configured(operation, self.name, write)
            if not {reason["Code"] for reason in reasons} & _BUSY:
                break
        return reasons

    async def _try(self, operation: str, asked: Mapping[str, Any]) -> Sequence[Reason]:
        """Writes, and answers why nothing was written, write by write, as DynamoDB says it of a
        transaction; one with the code None where all was written. Raises Throttled, or
        InvalidRequest for what no repetition mends."""
        try:
            answered = await self._method(operation, **asked)
        except ClientError as error:
            answer: Mapping[str, Any] = error.response
            code = answer.get("Error", {}).get("Code")
            reasons = answer.get("CancellationReasons")
            if code == "ConditionalCheckFailedException":
                return [{"Code": "ConditionalCheckFailed", "Item": answer.get("Item")}]
            if code in _BUSY:
                return [{"Code": code}]
            if code != "TransactionCanceledException" or not reasons:
                raise
            codes = {reason.get("Code") for reason in reasons}
            if codes & _THROTTLES:
                raise _throttled() from error
            if not codes <= _MET_OR_NOT:
                raise InvalidRequest("DynamoDB refuses the transaction.") from error
            return list(reasons)
        return [{"Code": "None", "Item": answered.get("Attributes")}]

    async def _ask(self, operation: str, **asked: Any) -> Any:
        call = partial(self._method, operation, **asked)
        return await self.calls.call_configured(operation, self.name, call)

    async def _method(self, operation: str, **asked: Any) -> Any:
        dynamodb = await self.clients.client("dynamodb")
        return await getattr(dynamodb, xform_name(operation))(**asked)

    async def _attempts(self) -> AsyncIterator[int]:
        """Comes at once, and then a few times after random pauses. Raises Throttled at the end."""
        yield 0
        for failures in range(1, ATTEMPTS):
            longest_s, jitter = LONGEST_PAUSE_S, self.random()
            pause_s = backoff(failures, first_s=PAUSE_S, max_s=longest_s, jitter=jitter)
            await self.clock.sleep(pause_s)
            yield failures
        raise _throttled()


class TableAdapter:
    """Stores things in the table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock


def _unmet(reason: Reason) -> Unmet | None:
    if reason["Code"] != "ConditionalCheckFailed":
        return None
    return Unmet(plain(reason["Item"]) if reason.get("Item") else None)


def _throttled() -> Throttled:
    text = "The table takes no more of these writes for now."
    return Throttled(text, retry_after_s=RETRY_AFTER_S)
