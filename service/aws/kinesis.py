"""Reads a Kinesis data stream: the adapter of `core.shards.EventShards`.

https://docs.aws.amazon.com/streams/latest/dev/developing-consumers-with-sdk.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.core.models import Json
from handrail.core.shards import Shard, ShardRecords, ShardStart, StreamRecord


class AwsEventShards:
    """`stream` is a name, or an ARN, which may be of another region and another account."""

    def __init__(self, clients: Clients, calls: AwsCalls, stream: str) -> None:
        self._clients, self._calls, self._stream = clients, calls, stream
        by_arn = stream.startswith("arn:")
        self._region = stream.split(":")[3] if by_arn else None
        self._arn = {"StreamARN": stream} if by_arn else {}
        self._named = self._arn or {"StreamName": stream}

    async def list_all(self) -> Sequence[Shard]:
        found: list[Shard] = []
        asked: dict[str, Json] = dict(self._named)
        while True:
            answer = await self._call("ListShards", "list_shards", asked)
            found += map(_shard, answer.get("Shards", ()))
            if not (token := answer.get("NextToken")):
                return found
            asked = {"NextToken": token, **self._arn}  # a name beside a token is refused

    async def iterator(self, start: ShardStart) -> str:
        asked = {"ShardId": start.shard, **_place(start), **self._named}
        answer = await self._call("GetShardIterator", "get_shard_iterator", asked)
        return str(answer["ShardIterator"])

    async def read(self, iterator: str, *, limit: int) -> ShardRecords:
        asked = {"ShardIterator": iterator, "Limit": limit, **self._arn}
        answer = await self._call("GetRecords", "get_records", asked)
        return ShardRecords(
            tuple(StreamRecord(each["SequenceNumber"], each["Data"]) for each in answer["Records"]),
            answer.get("NextShardIterator"),
            answer.get("MillisBehindLatest", 0) / 1000,
        )

    async def _call(self, operation: str, method: str, asked: Mapping[str, Json]) -> Any:
        async def call() -> Any:
            kinesis = await self._clients.stream(self._region)
            return await getattr(kinesis, method)(**asked)

        return await self._calls.call(operation, call(), resource=self._stream)


def _place(start: ShardStart) -> dict[str, Json]:
    if start.after is not None:
        kind = "AFTER_SEQUENCE_NUMBER"
        return {"ShardIteratorType": kind, "StartingSequenceNumber": start.after}
    if start.since is not None:
        return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": start.since}
    return {"ShardIteratorType": "LATEST" if start.newest else "TRIM_HORIZON"}


def _shard(shown: Mapping[str, Any]) -> Shard:
    parents = (shown.get("ParentShardId"), shown.get("AdjacentParentShardId"))
    ends = shown["SequenceNumberRange"].get("EndingSequenceNumber")
    return Shard(shown["ShardId"], tuple(filter(None, parents)), open=ends is None)
