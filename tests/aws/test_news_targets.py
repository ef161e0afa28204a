"""Publishing news to topics, event buses and queues."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import botocore.session
import pytest

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.aws.news_targets import EventBusNews, QueueNews, TopicNews
from handrail.core.models import Account, ExecutionId
from handrail.core.news.deliveries import Delivery, DeliveryFailed
from handrail.core.news.targets import EventBusTarget, QueueTarget, TopicTarget, parse_target
from tests.gateway_table import REGION, Storage
from tests.stubs.faults import Faults, faults_before

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
BODY = json.dumps({"type": "execution.failed", "data": {"name": "Zoë"}}, ensure_ascii=False)
DELIVERY = Delivery("0123456789ab", ExecutionId("orders", "7f3c"), 7, AT, ("failed",), BODY, AT, AT)
ELSEWHERE = "ap-southeast-2"
ACCOUNT = Account("aws", REGION, "123456789012")
_numbers = count(1)


@pytest.fixture
async def clients(storage: Storage) -> AsyncIterator[Clients]:
    async with open_clients(AwsConfig(endpoint_url=storage.url, max_attempts=1)) as clients:
        yield clients


@pytest.fixture
def blocking(storage: Storage) -> Iterator[Callable[..., Any]]:
    """Clients for setting a scene."""
    with ExitStack() as stack:

        def client(service: str, region: str = REGION) -> Any:
            made = botocore.session.Session().create_client(
                service,
                endpoint_url=storage.url,
                region_name=region,
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="made-up",
            )
            return stack.enter_context(closing(made))

        yield client


@pytest.fixture
def name() -> str:
    return f"news-{next(_numbers)}"


async def account(machine: str) -> Account:
    assert machine == "orders"
    return ACCOUNT


def queue_of(sqs: Any, name: str) -> tuple[str, str]:
    """A new queue's URL and ARN."""
    fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    url = str(sqs.create_queue(QueueName=name, Attributes=fifo)["QueueUrl"])
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, str(asked["Attributes"]["QueueArn"])


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    )
    return list(answer.get("Messages", []))


def attributes(message: dict[str, Any]) -> dict[str, str]:
    return {key: each["StringValue"] for key, each in message["MessageAttributes"].items()}


async def failure(target: TopicNews | QueueNews | EventBusNews) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        await target.deliver(DELIVERY)
    return caught.value


# Queues


@pytest.mark.parametrize("region", [REGION, ELSEWHERE])
async def test_a_queue_is_found_by_its_arn(
    clients: Clients, blocking: Callable[..., Any], name: str, region: str
) -> None:
    sqs = blocking("sqs", region)
    url, arn = queue_of(sqs, name)
    target = parse_target(f"sqs:{arn}", None)
    assert isinstance(target, QueueTarget)
    await QueueNews(clients, AwsCalls(), target).deliver(DELIVERY)
    (message,) = received(sqs, url)
    assert message["Body"] == BODY
    assert attributes(message) == {
        "id": DELIVERY.id,
        "type": "execution.failed",
        "state_machine": "orders",
    }
    assert "MessageGroupId" not in message["Attributes"]


async def test_a_queue_is_found_by_its_url(
    clients: Clients, blocking: Callable[..., Any], name: str
) -> None:
    sqs = blocking("sqs")
    url, _ = queue_of(sqs, name)
    await QueueNews(clients, AwsCalls(), QueueTarget(url)).deliver(DELIVERY)
    assert [each["Body"] for each in received(sqs, url)] == [BODY]


async def test_a_fifo_queue_keeps_an_execution_s_order_and_drops_repetitions(
    clients: Clients, blocking: Callable[..., Any], name: str
) -> None:
    sqs = blocking("sqs")
    url, _ = queue_of(sqs, f"{name}.fifo")
    target = QueueNews(clients, AwsCalls(), QueueTarget(url))
    next_one = replace(DELIVERY, event_id=8)
    for each in (DELIVERY, DELIVERY, next_one):
        await target.deliver(each)
    found = received(sqs, url)
    assert [attributes(each)["id"] for each in found] == [DELIVERY.id, next_one.id]
    assert {each["Attributes"]["MessageGroupId"] for each in found} == {"orders:7f3c"}


async def test_a_name_begun_anew_is_no_repetition(
    clients: Clients, blocking: Callable[..., Any], name: str
) -> None:
    sqs = blocking("sqs")
    url, _ = queue_of(sqs, f"{name}.fifo")
    target = QueueNews(clients, AwsCalls(), QueueTarget(url))
    await target.deliver(DELIVERY)
    await target.deliver(replace(DELIVERY, at=AT.replace(hour=13)))
    assert len(received(sqs, url)) == 2


@pytest.mark.parametrize("execution", ["Zoë", "x" * 200])
async def test_a_name_that_is_no_group_stands_there_as_its_digest(
    clients: Clients, blocking: Callable[..., Any], name: str, execution: str
) -> None:
    sqs = blocking("sqs")
    url, _ = queue_of(sqs, f"{name}.fifo")
    delivery = replace(DELIVERY, execution=ExecutionId("orders", execution))
    await QueueNews(clients, AwsCalls(), QueueTarget(url)).deliver(delivery)
    (message,) = received(sqs, url)
    assert len(message["Attributes"]["MessageGroupId"]) == 64


async def test_characters_that_sqs_refuses_are_sent_escaped(way: Faults, queue_url: str) -> None:
    body = json.dumps(
        {"type": "execution.failed", "cause": "a\uffff\ufffe\x7fZoë"}, ensure_ascii=False
    )
    async with open_clients(AwsConfig(endpoint_url=way.url, max_attempts=1)) as clients:
        target = QueueNews(clients, AwsCalls(), QueueTarget(queue_url))
        await target.deliver(replace(DELIVERY, body=body))
    ((_, asked),) = way.asked
    sent = asked["MessageBody"]
    assert json.loads(sent) == json.loads(body)
    assert not {"\ufffe", "\uffff"} & set(sent)
    assert "Zoë" in sent


async def test_a_queue_that_isn_t_there_is_said_to_be_none(clients: Clients, name: str) -> None:
    url = f"https://sqs.{REGION}.amazonaws.com/123456789012/{name}"
    failed = await failure(QueueNews(clients, AwsCalls(), QueueTarget(url)))
    assert failed.detail == "AWS knows no such queue"
    assert not failed.final


@pytest.fixture
async def way(storage: Storage) -> AsyncIterator[Faults]:
    async with faults_before(storage.url) as way:
        yield way


@pytest.mark.parametrize(
    ("code", "told", "retry_after_s"),
    [
        ("AccessDenied", "AWS denies sqs:SendMessage; this service's log says more", None),
        ("KmsAccessDenied", "AWS denies sqs:SendMessage; this service's log says more", None),
        ("RequestThrottled", "sqs:SendMessage: AWS takes no more of these calls for now.", 1.0),
        ("QueueDoesNotExist", "AWS knows no such queue", None),
    ],
)
async def test_aws_s_refusals_are_told_and_may_pass(
    way: Faults, queue_url: str, code: str, told: str, retry_after_s: float | None
) -> None:
    way.fail_next("SendMessage", code)
    async with open_clients(AwsConfig(endpoint_url=way.url, max_attempts=1)) as clients:
        failed = await failure(QueueNews(clients, AwsCalls(), QueueTarget(queue_url)))
    assert failed.detail.startswith(told)
    assert (failed.retry_after_s, failed.final) == (retry_after_s, False)


async def test_an_endpoint_out_of_reach_is_a_failure(queue_url: str) -> None:
    config = AwsConfig(endpoint_url="http://127.0.0.1:1", max_attempts=1)
    async with open_clients(config) as clients:
        failed = await failure(QueueNews(clients, AwsCalls(), QueueTarget(queue_url)))
    assert failed.detail.startswith("sqs:SendMessage: AWS can't be reached")


# Topics


@pytest.mark.parametrize("region", [REGION, ELSEWHERE])
async def test_a_topic_s_subscribers_may_filter(
    clients: Clients, blocking: Callable[..., Any], name: str, region: str
) -> None:
    sns, sqs = blocking("sns", region), blocking("sqs", region)
    topic = sns.create_topic(Name=name)["TopicArn"]
    url, arn = queue_of(sqs, name)
    policy = {"FilterPolicy": '{"type": ["execution.failed"]}', "RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=policy)
    target = TopicNews(clients, AwsCalls(), TopicTarget(topic))
    await target.deliver(DELIVERY)
    await target.deliver(replace(DELIVERY, body='{"type":"execution.succeeded"}'))
    (message,) = received(sqs, url)
    assert message["Body"] == BODY
    assert attributes(message)["id"] == DELIVERY.id


async def test_a_fifo_topic_keeps_an_execution_s_order(
    clients: Clients, blocking: Callable[..., Any], name: str
) -> None:
    sns, sqs = blocking("sns"), blocking("sqs")
    fifo = {"FifoTopic": "true"}
    topic = sns.create_topic(Name=f"{name}.fifo", Attributes=fifo)["TopicArn"]
    url, arn = queue_of(sqs, f"{name}.fifo")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    target = TopicNews(clients, AwsCalls(), TopicTarget(topic))
    await target.deliver(DELIVERY)
    await target.deliver(DELIVERY)
    (message,) = received(sqs, url)
    assert message["Attributes"]["MessageGroupId"] == "orders:7f3c"


async def test_a_topic_that_isn_t_there_is_said_to_be_none(clients: Clients, name: str) -> None:
    target = TopicTarget(f"arn:aws:sns:{REGION}:123456789012:{name}")
    failed = await failure(TopicNews(clients, AwsCalls(), target))
    assert failed.detail == "AWS knows no such topic"
    assert not failed.final


# Event buses


@pytest.mark.parametrize("by_arn", [False, True])
async def test_an_event_says_whose_it_is(
    clients: Clients, blocking: Callable[..., Any], name: str, by_arn: bool
) -> None:
    region = ELSEWHERE if by_arn else REGION
    events, sqs = blocking("events", region), blocking("sqs", region)
    bus_arn = events.create_event_bus(Name=name)["EventBusArn"]
    url, arn = queue_of(sqs, name)
    pattern = {"source": ["handrail"], "detail-type": ["execution.failed"]}
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "q", "Arn": arn}])
    target = EventBusTarget(bus_arn if by_arn else name)
    news = EventBusNews(clients, AwsCalls(), target, account)
    await news.deliver(DELIVERY)
    await news.deliver(replace(DELIVERY, body='{"type":"execution.succeeded"}'))
    (message,) = received(sqs, url)
    event = json.loads(message["Body"])
    assert event["detail"] == json.loads(BODY)
    assert event["source"] == "handrail"
    assert event["detail-type"] == "execution.failed"
    assert event["resources"] == [ACCOUNT.execution_arn(DELIVERY.execution)]
    assert event["time"] == "2026-11-01T12:00:00Z"


async def test_an_event_that_isn_t_taken_is_a_failure(way: Faults) -> None:
    failed_entry = {"ErrorCode": "ThrottlingException", "ErrorMessage": "secret"}
    way.answer_next("PutEvents", {"FailedEntryCount": 1, "Entries": [failed_entry]})
    async with open_clients(AwsConfig(endpoint_url=way.url, max_attempts=1)) as clients:
        news = EventBusNews(clients, AwsCalls(), EventBusTarget("default"), account)
        failed = await failure(news)
    assert failed.detail == "the event bus took no event (ThrottlingException)"
    assert not failed.final


async def test_a_bus_that_isn_t_there_is_said_to_be_none(way: Faults) -> None:
    way.fail_next("PutEvents", "ResourceNotFoundException")
    async with open_clients(AwsConfig(endpoint_url=way.url, max_attempts=1)) as clients:
        news = EventBusNews(clients, AwsCalls(), EventBusTarget("nowhere"), account)
        assert (await failure(news)).detail == "AWS knows no such event bus"
