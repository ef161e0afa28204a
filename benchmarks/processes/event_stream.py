"""A Kinesis data stream that holds its readers to AWS's quotas, and may be split meanwhile.

https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
"""

import base64
import json
import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field

from .account import Body, Refusal
from .quotas import Quotas

STREAM = "executions"
READS = (5, 5)
"""GetRecords and GetShardIterator of a shard: five a second each."""

BYTES_PER_S, MOST_BYTES = 2 * 2**20, 10 * 2**20
"""Read from a shard. An answer has up to 10 MiB, after which nothing is read for five seconds."""

ITERATOR_S = 300.0
EXCEEDED = "ProvisionedThroughputExceededException"


@dataclass(slots=True)
class KeptShard:
    """One shard and what it holds, each record with the time of its arrival."""

    id: str
    parent: str | None = None
    closed: bool = False
    records: list[tuple[float, bytes]] = field(default_factory=list)
    quotas: Quotas = field(
        default_factory=lambda: Quotas({"GetRecords": READS, "GetShardIterator": READS})
    )
    bytes_left: float = MOST_BYTES
    read_at: float = -math.inf

    def admit(self, action: str, now: float) -> None:
        """Raises Refusal. What was read before may have to be waited for."""
        left = self.bytes_left + (now - self.read_at) * BYTES_PER_S
        if not self.quotas.admit(action, now) or (action == "GetRecords" and left <= 0):
            raise Refusal(EXCEEDED)

    def take(self, at: int, limit: int, now: float) -> list[tuple[float, bytes]]:
        taken, size = list[tuple[float, bytes]](), 0
        for record in self.records[at : at + limit]:
            size += len(record[1])
            if size > MOST_BYTES and taken:
                break
            taken.append(record)
        left = min(MOST_BYTES, self.bytes_left + (now - self.read_at) * BYTES_PER_S)
        self.bytes_left, self.read_at = left - sum(len(data) for _, data in taken), now
        return taken


class EventStream:
    """One stream. Records go to its open shards in turn, as a subscription filter with the
    distribution `Random` has it: what belongs together may come in any order."""

    def __init__(self, shards: int = 1) -> None:
        self._shards = {shard.id: shard for shard in map(_new, range(shards))}
        self._next = 0
        self.operations: dict[str, Callable[[Body, float], bytes]] = {
            "ListShards": self._list_shards,
            "GetShardIterator": self._get_shard_iterator,
            "GetRecords": self._get_records,
        }

    def put(self, data: bytes, now: float) -> None:
        open_ones = [shard for shard in self._shards.values() if not shard.closed]
        open_ones[self._next % len(open_ones)].records.append((now, data))
        self._next += 1

    def split(self) -> None:
        """The first open shard is closed, and two others take over from it."""
        parent = next(shard for shard in self._shards.values() if not shard.closed)
        parent.closed, known = True, len(self._shards)
        for number in (known, known + 1):
            child = _new(number, parent.id)
            self._shards[child.id] = child

    def _list_shards(self, body: Body, now: float) -> bytes:
        self._named(body)
        return json.dumps({"Shards": [_shown(each) for each in self._shards.values()]}).encode()

    def _get_shard_iterator(self, body: Body, now: float) -> bytes:
        self._named(body)
        shard = self._shard(body["ShardId"])
        shard.admit("GetShardIterator", now)
        match body["ShardIteratorType"]:
            case "LATEST":
                at = len(shard.records)
            case "TRIM_HORIZON":
                at = 0
            case "AT_TIMESTAMP":
                at = bisect_left(shard.records, body["Timestamp"], key=lambda each: each[0])
            case kind:
                at = _place(body["StartingSequenceNumber"]) + (kind == "AFTER_SEQUENCE_NUMBER")
        return json.dumps({"ShardIterator": _iterator(shard, at, now)}).encode()

    def _get_records(self, body: Body, now: float) -> bytes:
        id, at, issued_at = body["ShardIterator"].split("/")
        if now - float(issued_at) > ITERATOR_S:
            raise Refusal("ExpiredIteratorException")
        shard, first = self._shard(id), int(at)
        shard.admit("GetRecords", now)
        taken = shard.take(first, body.get("Limit") or 10_000, now)
        after = first + len(taken)
        left = shard.records[after:]
        over = shard.closed and not left
        next_iterator = {} if over else {"NextShardIterator": _iterator(shard, after, now)}
        behind_ms = int(1000 * (now - left[0][0])) if left else 0
        records = b",".join(
            b'{"SequenceNumber":"%b","ApproximateArrivalTimestamp":%.3f,"PartitionKey":"p",'
            b'"Data":"%b"}' % (_number(first + place).encode(), arrived, base64.b64encode(data))
            for place, (arrived, data) in enumerate(taken)
        )
        rest = json.dumps({"MillisBehindLatest": behind_ms, **next_iterator}).encode()
        return b'{"Records":[' + records + b"]," + rest[1:]

    def _named(self, body: Body) -> None:
        if body.get("StreamName") != STREAM:
            raise Refusal("ResourceNotFoundException")

    def _shard(self, id: str) -> KeptShard:
        if id not in self._shards:
            raise Refusal("ResourceNotFoundException")
        return self._shards[id]


def _new(number: int, parent: str | None = None) -> KeptShard:
    return KeptShard(f"shardId-{number:012d}", parent)


def _shown(shard: KeptShard) -> Body:
    numbers = {"StartingSequenceNumber": _number(0)}
    if shard.closed:
        numbers["EndingSequenceNumber"] = _number(len(shard.records))
    parent = {"ParentShardId": shard.parent} if shard.parent else {}
    keys = {"StartingHashKey": "0", "EndingHashKey": str(2**128 - 1)}
    return {
        "ShardId": shard.id,
        "HashKeyRange": keys,
        "SequenceNumberRange": numbers,
        **parent,
    }


def _iterator(shard: KeptShard, at: int, now: float) -> str:
    return f"{shard.id}/{at}/{now:.3f}"


def _number(place: int) -> str:
    """Behind it stands the record's place, counted from zero."""
    return f"4966{place:052d}"


def _place(number: str) -> int:
    if not number.startswith("4966") or not number.isdecimal():
        raise Refusal("InvalidArgumentException")
    return int(number.removeprefix("4966"))
