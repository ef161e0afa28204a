"""The stream that events are pushed into, on moto's Kinesis and on answers of our own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.aws.kinesis import AwsEventShards
from handrail.core.errors import (
    InvalidRequest,
    NotFound,
    ServiceError,
    Throttled,
    Unavailable,
    UpstreamRefused,
)
from handrail.core.pushes import PushedEvent, parse_push
from handrail.core.shards import Shard, ShardStart
from tests.gateway_table import Storage, blocking_client
from tests.stubs.faults import Faults, faults_before
from tests.usecases.live.stream_stage import line, record

ELSEWHERE = "arn:aws:kinesis:eu-west-1:210987654321:stream/events"
_numbers = count(1)


@pytest.fixture(scope="module")
def kinesis(storage: Storage) -> Iterator[Any]:
    with closing(blocking_client(storage.url, "kinesis")) as client:
        yield client


@pytest.fixture
def stream(kinesis: Any) -> str:
    """A new stream's name, of two shards."""
    name = f"events-{next(_numbers)}"
    kinesis.create_stream(StreamName=name, ShardCount=2)
    return name


@pytest.fixture
async def way(storage: Storage) -> AsyncIterator[Faults]:
    async with faults_before(storage.url) as way:
        yield way


@pytest.fixture
async def opened(way: Faults) -> AsyncIterator[Clients]:
    async with open_clients(AwsConfig(endpoint_url=way.url, max_attempts=3)) as clients:
        yield clients


@pytest.fixture
def shards(opened: Clients, stream: str) -> AwsEventShards:
    return AwsEventShards(opened, AwsCalls(), stream)


@pytest.mark.parametrize("by_arn", [False, True])
async def test_what_is_written_is_read_and_read_on(
    opened: Clients, kinesis: Any, stream: str, by_arn: bool
) -> None:
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    shards = AwsEventShards(opened, AwsCalls(), arn["StreamARN"] if by_arn else stream)
    first, second = await shards.list_all()
    assert (first.parents, first.open, second.open) == ((), True, True)
    put = kinesis.put_record(StreamName=stream, Data=record(line(1)), PartitionKey="k")
    at = put["ShardId"]
    iterator = await shards.iterator(ShardStart(at))
    (read,) = (answer := await shards.read(iterator, limit=10)).records
    (push,) = parse_push(read.data)
    assert isinstance(push, PushedEvent)
    assert push.event.id == 1
    assert (answer.behind_s, read.sequence_number) == (0.0, put["SequenceNumber"])
    kinesis.put_record(StreamName=stream, Data=record(line(2)), PartitionKey="k")
    assert answer.next_iterator is not None
    assert len((await shards.read(answer.next_iterator, limit=10)).records) == 1
    again = await shards.iterator(ShardStart(at, read.sequence_number))
    assert len((await shards.read(again, limit=10)).records) == 1
    newest = await shards.iterator(ShardStart(at, newest=True))
    assert (await shards.read(newest, limit=10)).records == ()
    later = datetime.now(UTC) + timedelta(seconds=2)  # times are sent in whole seconds
    for since, found in ((datetime(2026, 1, 1, tzinfo=UTC), 2), (later, 0)):
        iterator = await shards.iterator(ShardStart(at, since=since))
        assert len((await shards.read(iterator, limit=10)).records) == found


async def test_all_pages_of_shards_are_listed(shards: AwsEventShards, way: Faults) -> None:
    page = {"Shards": [_shown("1"), _shown("2", EndingSequenceNumber="9")], "NextToken": "more"}
    way.answer_next("ListShards", page)
    last = {**_shown("3"), "ParentShardId": "1", "AdjacentParentShardId": "2"}
    way.answer_next("ListShards", {"Shards": [last]})
    assert list(await shards.list_all()) == [
        Shard("1"),
        Shard("2", open=False),
        Shard("3", ("1", "2")),
    ]
    assert way.asked[-1] == ("ListShards", {"NextToken": "more"})


async def test_shards_of_a_stream_by_arn_say_it_on_every_page(opened: Clients, way: Faults) -> None:
    shards = AwsEventShards(opened, AwsCalls(), ELSEWHERE)
    way.answer_next("ListShards", {"Shards": [], "NextToken": "more"})
    way.answer_next("ListShards", {"Shards": []})
    assert list(await shards.list_all()) == []
    assert [asked for _, asked in way.asked] == [
        {"StreamARN": ELSEWHERE},
        {"NextToken": "more", "StreamARN": ELSEWHERE},
    ]
    way.answer_next("GetRecords", {"Records": []})
    await shards.read("iterator", limit=7)
    assert way.asked[-1][1] == {"ShardIterator": "iterator", "Limit": 7, "StreamARN": ELSEWHERE}


async def test_the_end_of_a_closed_shard_has_no_iterator(
    shards: AwsEventShards, way: Faults
) -> None:
    answer = {"Records": [{"SequenceNumber": "4", "Data": "e30="}], "MillisBehindLatest": 2500}
    way.answer_next("GetRecords", answer)
    read = await shards.read("iterator", limit=5)
    assert (read.next_iterator, read.behind_s, read.records[0].data) == (None, 2.5, b"{}")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ResourceNotFoundException", NotFound),
        ("ExpiredIteratorException", InvalidRequest),
        ("InvalidArgumentException", InvalidRequest),
        ("ProvisionedThroughputExceededException", Throttled),
        ("KMSThrottlingException", Throttled),
        ("LimitExceededException", Throttled),
        ("AccessDeniedException", UpstreamRefused),
        ("KMSAccessDeniedException", UpstreamRefused),
        ("KMSInvalidStateException", UpstreamRefused),
        ("KMSDisabledException", UpstreamRefused),
        ("KMSNotFoundException", UpstreamRefused),
        ("KMSOptInRequired", UpstreamRefused),
    ],
)
async def test_kinesis_s_failures_are_told_in_our_terms_after_one_attempt(
    shards: AwsEventShards, way: Faults, code: str, error: type[ServiceError]
) -> None:
    way.fail_next("GetRecords", code)
    with pytest.raises(ServiceError) as caught:
        await shards.read("iterator", limit=5)
    assert type(caught.value) is error
    assert way.calls["GetRecords"] == 1


async def test_a_stream_that_isn_t_there_is_not_found(opened: Clients) -> None:
    with pytest.raises(NotFound):
        await AwsEventShards(opened, AwsCalls(), "missing").list_all()


async def test_a_server_error_is_unavailable(shards: AwsEventShards, way: Faults) -> None:
    way.fail_next("ListShards", "InternalFailureException", status=500)
    with pytest.raises(Unavailable):
        await shards.list_all()


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KINESIS"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_endpoint_is_that_of_aws_s_variables(
    way: Faults, stream: str, monkeypatch: pytest.MonkeyPatch, name: str, slash: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv(name, way.url + slash)
    async with open_clients(AwsConfig()) as clients:
        assert len(await AwsEventShards(clients, AwsCalls(), stream).list_all()) == 2


async def test_a_stream_elsewhere_is_asked_in_its_region(opened: Clients) -> None:
    assert (await opened.stream("eu-west-1")).meta.region_name == "eu-west-1"
    assert (await opened.stream(None)).meta.region_name == "us-east-1"


def _shown(id: str, **range: str) -> dict[str, Any]:
    hashes = {"StartingHashKey": "0", "EndingHashKey": "1"}
    numbers = {"StartingSequenceNumber": "1", **range}
    return {"ShardId": id, "HashKeyRange": hashes, "SequenceNumberRange": numbers}
