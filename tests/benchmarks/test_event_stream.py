"""The endpoint's stream answers, refuses and throttles as Kinesis does."""

import base64
import json
from typing import Any

import pytest

from benchmarks.processes.account import Account, Refusal
from benchmarks.processes.delivery import STATUS, Deliverer, Delivery
from benchmarks.processes.event_stream import EXCEEDED, STREAM, EventStream
from benchmarks.processes.plans import plan
from benchmarks.processes.pushed_lines import log_batch, log_line, status_change
from handrail.core.history.events import parse_event
from handrail.core.pushes import PushedEvent, PushedStatus, parse_push

NAMED: Any = {"StreamName": STREAM}
NOW = 1_795_336_005.0


class Reading:
    """Asks the stream as a consumer does."""

    def __init__(self) -> None:
        self.stream = EventStream()

    def ask(self, operation: str, now: float = NOW, **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.stream.operations[operation](body, now))
        return answer

    def iterator(self, kind: str = "TRIM_HORIZON", shard: int = 0, **more: Any) -> str:
        body = {"ShardId": f"shardId-{shard:012d}", "ShardIteratorType": kind, **NAMED, **more}
        return str(self.ask("GetShardIterator", **body)["ShardIterator"])

    def read(self, iterator: str, now: float = NOW) -> tuple[list[bytes], dict[str, Any]]:
        answer = self.ask("GetRecords", now, ShardIterator=iterator)
        return [base64.b64decode(each["Data"]) for each in answer["Records"]], answer


def test_records_are_read_in_order_from_any_place() -> None:
    reading = Reading()
    for number in range(3):
        reading.stream.put(b"%d" % number, NOW + number)
    data, answer = reading.read(reading.iterator())
    assert data == [b"0", b"1", b"2"]
    after = answer["Records"][0]["SequenceNumber"]
    behind = reading.iterator("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=after)
    assert reading.read(behind)[0] == [b"1", b"2"]
    assert reading.read(reading.iterator("AT_TIMESTAMP", Timestamp=NOW + 1.5))[0] == [b"2"]
    newest = reading.iterator("LATEST")
    assert reading.read(newest)[0] == []
    reading.stream.put(b"3", NOW + 3)
    assert reading.read(newest, NOW + 1)[0] == [b"3"]


def test_a_shard_answers_five_reads_a_second() -> None:
    reading = Reading()
    iterator = reading.iterator()
    for _ in range(5):
        reading.read(iterator)
    with pytest.raises(Refusal, match=EXCEEDED):
        reading.read(iterator)
    assert reading.read(iterator, NOW + 0.2)[0] == []


def test_a_shard_gives_two_megabytes_a_second() -> None:
    reading = Reading()
    for _ in range(3):
        reading.stream.put(bytes(5 * 2**20), NOW)
    data, answer = reading.read(reading.iterator())
    assert len(data) == 2, "an answer has 10 MiB"
    assert answer["MillisBehindLatest"] == 0
    with pytest.raises(Refusal, match=EXCEEDED):
        reading.read(answer["NextShardIterator"], NOW)
    assert len(reading.read(answer["NextShardIterator"], NOW + 5)[0]) == 1


def test_an_iterator_expires() -> None:
    reading = Reading()
    with pytest.raises(Refusal, match="ExpiredIteratorException"):
        reading.read(reading.iterator(), NOW + 301)


def test_a_shard_that_was_split_ends() -> None:
    reading = Reading()
    reading.stream.put(b"before", NOW)
    reading.stream.split()
    for _ in range(2):
        reading.stream.put(b"after", NOW)
    parent, *children = reading.ask("ListShards", **NAMED)["Shards"]
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
    assert [child["ParentShardId"] for child in children] == [parent["ShardId"]] * 2
    data, answer = reading.read(reading.iterator())
    assert (data, "NextShardIterator" in answer) == ([b"before"], False)
    for shard in (1, 2):
        assert reading.read(reading.iterator(shard=shard))[0] == [b"after"]


def test_what_is_pushed_says_what_the_history_says() -> None:
    account = Account()
    account.add(["one"], "waits", NOW, 0)
    (execution,) = account.executions
    ids = range(1, execution.visible(NOW) + 1)
    pushed = parse_push(log_batch(log_line(execution, id) for id in ids))
    assert all(isinstance(each, PushedEvent) and not each.truncated for each in pushed)
    read = [
        parse_event({**each, "timestamp": each["timestamp"]})
        for each in map(json.loads, execution.written(ids, whole=True))
    ]
    events = [each.event for each in pushed if isinstance(each, PushedEvent)]
    assert [(each.id, each.previous_id, each.type, each.details) for each in events] == [
        (each.id, each.previous_id, each.type, each.details) for each in read
    ]
    bare = parse_push(log_batch([log_line(execution, 1, whole=False)]))
    assert [each.truncated for each in bare if isinstance(each, PushedEvent)] == [True]
    (status,) = parse_push(status_change(execution, NOW))
    assert isinstance(status, PushedStatus)
    assert status.status == "RUNNING"


def test_a_delivery_has_its_delay_and_its_faults() -> None:
    account = Account()
    account.add([f"e{number}" for number in range(200)], "waits", NOW, 0)
    plain = Deliverer(Delivery(1))
    assert plain.due(account.executions, NOW + 0.9) == []
    came = [id for _, id in plain.due(account.executions, NOW + 1)]
    assert came == [1, STATUS, 2, 3, 4, 5] * 200
    assert plain.due(account.executions, NOW + 2) == []
    faulty = Deliverer(Delivery.parse("1:lost=0.1:doubled=0.1:late=0.1"))
    faulty.due(account.executions, NOW)
    ids = [id for _, id in faulty.due(account.executions, NOW + 10)]
    assert ids != came
    assert 1100 < len(ids) < 1300
    with pytest.raises(ValueError, match="often"):
        Delivery.parse("1:often=0.1")


def test_an_end_is_pushed_twice_as_an_event_and_as_a_status() -> None:
    account = Account()
    account.add(["one"], "steps:2:10", NOW, 0)
    deliverer, last = Deliverer(Delivery(1)), len(plan("steps:2:10").events)
    deliverer.due(account.executions, NOW)
    came = [id for _, id in deliverer.due(account.executions, NOW + 20)]
    assert came[-2:] == [last, STATUS]
