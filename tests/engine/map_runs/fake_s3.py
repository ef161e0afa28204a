"""S3 as far as Map Runs use it, in a dictionary."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

AT = datetime(2026, 11, 22, 7, 40, 49, 620_000, tzinfo=UTC)


@dataclass(slots=True)
class FakeS3:
    """`objects` are by bucket and key."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    buckets: set[str] = field(default_factory=lambda: {"data"})

    def get_object(self, **asked: Any) -> dict[str, Any]:
        self._check(asked["Bucket"])
        if (found := self.objects.get((asked["Bucket"], asked["Key"]))) is None:
            raise refusal("NoSuchKey", "The specified key does not exist.")
        return {"Body": io.BytesIO(found)}

    def put_object(self, **asked: Any) -> None:
        self._check(asked["Bucket"])
        self.objects[asked["Bucket"], asked["Key"]] = asked["Body"]

    def get_paginator(self, operation: str) -> "FakeS3":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """A page an object, and an empty one."""
        self._check(asked["Bucket"])
        yield {}
        for (bucket, key), body in sorted(self.objects.items()):
            if bucket == asked["Bucket"] and key.startswith(asked.get("Prefix", "")):
                listed = {"Key": key, "ETag": '"e"', "LastModified": AT, "Size": len(body)}
                yield {"Contents": [listed]}

    def _check(self, bucket: str) -> None:
        if bucket not in self.buckets:
            raise refusal("NoSuchBucket", "The specified bucket does not exist")


def refusal(code: str, message: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": 404, "RequestId": "R1"},
    }
    return ClientError(answer, "GetObject")
