"""The queue that callbacks come by, at SQS."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from structlog.testing import capture_logs

from handrail.aws.callback_queue import POLICY_GOOD_FOR_S, AwsCallbackQueue
from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, open_clients
from handrail.core.callback_messages import QueuedMessage
from handrail.core.errors import (
    FieldError,
    InvalidOutput,
    ServiceError,
    TaskAlreadySettled,
    Throttled,
    UpstreamRefused,
)
from handrail.core.queue_reference import QueueReference
from tests.core.made_up_tokens import aws_token
from tests.fakes import FakeClock
from tests.gateway_table import Storage
from tests.stubs.faults import Faults, faults_before

TOKEN = aws_token(404, seed=8)
CONFLICT = TaskAlreadySettled("It is settled.", facts={"outcome": "failure", "at": "2026-01-01"})
TRACEPARENT = f"00-{'a' * 32}-{'b' * 16}-01"
_numbers = count(1)


@dataclass
class Queues:
    """A queue and its dead-letter queue."""

    storage: Storage
    url: str
    dead_letters: str

    def send(self, body: str, **options: Any) -> None:
        self.storage.sqs.send_message(QueueUrl=self.url, MessageBody=body, **options)

    def attribute(self, name: str) -> str:
        asked = self.storage.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return str(asked["Attributes"].get(name))

    def buried(self) -> list[tuple[str, Mapping[str, str]]]:
        answer = self.storage.sqs.receive_message(
            QueueUrl=self.dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            (
                each["Body"],
                {n: v["StringValue"] for n, v in each.get("MessageAttributes", {}).items()},
            )
            for each in answer.get("Messages", [])
        ]


def made(storage: Storage, ending: str = "", *, policy: bool = True) -> Queues:
    name = f"callbacks-{next(_numbers)}"
    kind = {"FifoQueue": "true"} if ending else {}
    urls = [
        str(storage.sqs.create_queue(QueueName=f"{each}{ending}", Attributes=kind)["QueueUrl"])
        for each in (f"{name}-dead", name)
    ]
    queues = Queues(storage, urls[1], urls[0])
    if policy:
        add_policy(queues)
    return queues


def add_policy(queues: Queues) -> None:
    arn = Queues(queues.storage, queues.dead_letters, "").attribute("QueueArn")
    policy = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})}
    queues.storage.sqs.set_queue_attributes(QueueUrl=queues.url, Attributes=policy)


@pytest.fixture
async def way(storage: Storage) -> AsyncIterator[Faults]:
    async with faults_before(storage.url) as way:
        yield way


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def opened(way: Faults, clock: FakeClock) -> AsyncIterator[Any]:
    async with open_clients(AwsConfig(endpoint_url=way.url, max_attempts=1)) as clients:
        yield lambda named: AwsCallbackQueue(
            clients, AwsCalls(quiet=True), clock, QueueReference.parse(named)
        )


async def received(queue: AwsCallbackQueue, limit: int = 10) -> list[QueuedMessage]:
    return list(await queue.receive(limit, wait_s=0, visible_after_s=30))


@pytest.mark.parametrize("how", ["url", "arn", "name"])
async def test_it_is_found_however_it_is_named(
    storage: Storage, opened: Any, way: Faults, how: str
) -> None:
    queues = made(storage)
    name = queues.url.rpartition("/")[2]
    named = {"url": queues.url, "arn": queues.attribute("QueueArn"), "name": name}[how]
    queues.send("body", MessageAttributes={"traceparent": text(TRACEPARENT)})
    queue = opened(named)
    [message] = await received(queue)
    await received(queue)
    assert (message.body, message.received, message.group) == ("body", 1, None)
    assert message.sender
    assert message.trace is not None
    assert message.trace.trace_id == "a" * 32
    assert way.calls["GetQueueUrl"] == (how != "url")


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


async def test_what_was_received_is_hidden_shown_and_deleted(storage: Storage, opened: Any) -> None:
    queues = made(storage)
    queues.send("body")
    queue = opened(queues.url)
    [message] = await received(queue)
    assert await received(queue) == []
    await queue.show_after(message, 0)
    [again] = await received(queue)
    assert (again.id, again.received) == (message.id, 2)
    await queue.delete(again)
    await queue.delete(again)
    assert queues.attribute("ApproximateNumberOfMessagesNotVisible") == "0"
    assert queues.attribute("ApproximateNumberOfMessages") == "0"


async def test_how_it_is_asked_for_messages(storage: Storage, opened: Any, way: Faults) -> None:
    queue = opened(made(storage).url)
    way.answer_next("ReceiveMessage", {})
    assert await queue.receive(7, wait_s=20, visible_after_s=30) == []
    [(_, asked)] = way.asked
    told = (asked["MaxNumberOfMessages"], asked["WaitTimeSeconds"], asked["VisibilityTimeout"])
    assert told == (7, 20, 30)


async def test_the_dead_letter_queue_gets_the_message_as_it_was_and_the_problem(
    storage: Storage, opened: Any
) -> None:
    queues = made(storage)
    own = {"mine": text("1"), "handrail_code": text("of an earlier time")}
    queues.send(json.dumps({"token": TOKEN}), MessageAttributes=own)
    queue = opened(queues.url)
    assert await queue.dead_letters() == queues.dead_letters.rpartition("/")[2]
    [message] = await received(queue)
    assert await queue.bury(message, CONFLICT)
    assert queues.buried() == [
        (
            json.dumps({"token": TOKEN}),
            {
                "mine": "1",
                "handrail_code": "task_already_settled",
                "handrail_detail": "It is settled.",
                "handrail_message_id": message.id,
                "handrail_outcome": "failure",
                "handrail_at": "2026-01-01",
            },
        )
    ]


async def test_a_problem_s_attributes_hold_no_token_and_what_sqs_takes(
    storage: Storage, opened: Any
) -> None:
    queues = made(storage)
    crowd = {f"mine-{n}": text("x") for n in range(10)}
    queues.send("body", MessageAttributes=crowd)
    queue = opened(queues.url)
    [message] = await received(queue)
    said_already = FieldError("output", "It doesn't fit.")
    lacking = FieldError(f"output.{TOKEN}", "lacks \x00")
    broken = [said_already, lacking, FieldError("", "x" * 2000)]
    assert await queue.bury(message, InvalidOutput("It doesn't fit.", errors=broken))
    [(_, told)] = queues.buried()
    assert TOKEN not in str(told)
    assert told["handrail_detail"].startswith(
        "It doesn't fit. (output.[redacted]: lacks \ufffd; body: xxx"
    )
    assert (len(told["handrail_detail"]), len(told)) == (1024, 10)
    assert {"handrail_code", "handrail_message_id"} <= told.keys()


async def test_a_fifo_queue_s_is_told_group_and_message(
    storage: Storage, opened: Any, way: Faults
) -> None:
    queues = made(storage, ".fifo")
    queues.send("1", MessageGroupId="g", MessageDeduplicationId="1")
    queue = opened(queues.url)
    [message] = await received(queue)
    assert message.group == "g"
    assert await queue.bury(message, CONFLICT)
    assert await queue.bury(message, CONFLICT)  # by a process that died before it could delete it
    assert [body for body, _ in queues.buried()] == ["1"]
    sent = [asked for operation, asked in way.asked if operation == "SendMessage"]
    assert sent[0]["MessageDeduplicationId"] == message.id


async def test_a_queue_may_be_given_a_dead_letter_queue_any_time(
    storage: Storage, opened: Any, clock: FakeClock, way: Faults
) -> None:
    queues = made(storage, policy=False)
    queues.send("body")
    queue = opened(queues.url)
    [message] = await received(queue)
    assert not await queue.bury(message, CONFLICT)
    add_policy(queues)
    assert not await queue.bury(message, CONFLICT)
    assert way.calls["GetQueueAttributes"] == 1
    await clock.advance(POLICY_GOOD_FOR_S)
    assert await queue.bury(message, CONFLICT)


@pytest.mark.parametrize("policy", ["", "no JSON", "{}", '{"deadLetterTargetArn": "x y"}'])
async def test_a_policy_that_names_none_is_none(
    storage: Storage, opened: Any, way: Faults, policy: str
) -> None:
    queue = opened(made(storage).url)
    way.answer_next("GetQueueAttributes", {"Attributes": {"RedrivePolicy": policy}})
    assert await queue.dead_letters() is None


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("QueueDoesNotExist", UpstreamRefused),
        ("AccessDeniedException", UpstreamRefused),
        ("RequestThrottled", Throttled),
        ("OverLimit", Throttled),
    ],
)
async def test_what_keeps_it_from_being_read_is_told_in_our_terms(
    storage: Storage, opened: Any, way: Faults, code: str, error: type[ServiceError]
) -> None:
    queue = opened(made(storage).url)
    way.fail_next("ReceiveMessage", code)
    with capture_logs(), pytest.raises(error):
        await received(queue)


async def test_a_queue_that_isn_t_there_is_the_operator_s_business(opened: Any) -> None:
    with capture_logs() as lines, pytest.raises(UpstreamRefused):
        await received(opened("not-there"))
    assert "aws resource unusable" in [line["event"] for line in lines]


@pytest.mark.parametrize("code", ["ReceiptHandleIsInvalid", "InvalidIdFormat"])
async def test_a_receipt_that_is_too_old_leaves_the_message(
    storage: Storage, opened: Any, way: Faults, code: str
) -> None:
    queues = made(storage)
    queues.send("body")
    queue = opened(queues.url)
    [message] = await received(queue)
    way.fail_next("DeleteMessage", code)
    with capture_logs() as lines:
        await queue.delete(message)
    assert "callback comes again" in [line["event"] for line in lines]


async def test_one_of_another_region_is_asked_there(way: Faults) -> None:
    arn = "arn:aws:sqs:eu-central-1:123456789012:callbacks"
    config = AwsConfig(endpoint_url=way.url, max_attempts=1, region="us-east-1")
    async with open_clients(config) as clients:
        queue = AwsCallbackQueue(clients, AwsCalls(), FakeClock(), QueueReference.parse(arn))
        way.answer_next("GetQueueUrl", {"QueueUrl": "https://x.test/c"})
        way.answer_next("ReceiveMessage", {})
        assert await received(queue) == []
        assert (await clients.queues("eu-central-1")).meta.region_name == "eu-central-1"
    assert way.asked[0][1]["QueueOwnerAWSAccountId"] == "123456789012"
