"""The event source mapping, over the embedded engine's queues."""

import json
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from tests.engine.engine_fixture import Calls, eventually

from .functions import FunctionRaised
from .queues import EventSourceMapping

pytestmark = pytest.mark.asyncio(loop_scope="session")
numbers = count(1)


class Heard:
    """A function that keeps the bodies it was handed, and answers as told."""

    def __init__(self, answer: Callable[[list[Any]], Any]) -> None:
        self.batches: list[list[str]] = []
        self._answer = answer

    async def invoke(self, event: Any) -> Any:
        self.batches.append([record["body"] for record in event["Records"]])
        return self._answer(event["Records"])


@pytest_asyncio.fixture(loop_scope="session")
async def queues(calls: Calls) -> AsyncIterator[tuple[str, str]]:
    """A queue that shows a message again at once, up to twice, and its dead letters."""
    name = f"mapped-{next(numbers)}"
    dead = (await calls.sqs.create_queue(QueueName=f"{name}-dead"))["QueueUrl"]
    arn = await calls.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": "2"}
    attributes = {"VisibilityTimeout": "0", "RedrivePolicy": json.dumps(policy)}
    queue = (await calls.sqs.create_queue(QueueName=name, Attributes=attributes))["QueueUrl"]
    yield queue, dead


async def send(calls: Calls, queue: str, *bodies: str) -> None:
    for body in bodies:
        await calls.sqs.send_message(QueueUrl=queue, MessageBody=body)


def poisoned(records: list[Any]) -> Any:
    ids = [record["messageId"] for record in records if record["body"] == "poison"]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in ids]}


def raising(records: list[Any]) -> Any:
    raise FunctionRaised("no")


def naming_another(records: list[Any]) -> Any:
    return {"batchItemFailures": [{"itemIdentifier": "of another batch"}]}


async def test_what_is_handled_goes_and_what_failed_ends_among_the_dead(
    calls: Calls, queues: tuple[str, str]
) -> None:
    queue, dead = queues
    heard = Heard(poisoned)
    mapping = EventSourceMapping(calls.sqs, queue, heard.invoke)
    await send(calls, queue, "one", "poison", "two")

    async def in_dead() -> Any:
        await mapping.poll()
        return (await calls.sqs.receive_message(QueueUrl=dead)).get("Messages")

    (letter,) = await eventually(in_dead)
    assert letter["Body"] == "poison"
    handed = [body for batch in heard.batches for body in batch]
    assert sorted(handed) == ["one", "poison", "poison", "two"]


@pytest.mark.parametrize("answer", [raising, naming_another])
async def test_a_batch_that_failed_comes_again_whole(
    calls: Calls, queues: tuple[str, str], answer: Callable[[list[Any]], Any]
) -> None:
    heard = Heard(answer)
    mapping = EventSourceMapping(calls.sqs, queues[0], heard.invoke)
    await send(calls, queues[0], "one", "two")
    await mapping.poll()
    await mapping.poll()
    assert [sorted(batch) for batch in heard.batches] == [["one", "two"]] * 2
    assert mapping.abandoned == 2


async def test_a_delayed_message_is_handed_over_when_it_is_due(
    calls: Calls, queues: tuple[str, str]
) -> None:
    heard = Heard(lambda records: None)
    mapping = EventSourceMapping(calls.sqs, queues[0], heard.invoke, wait_s=5)
    await calls.sqs.send_message(QueueUrl=queues[0], MessageBody="later", DelaySeconds=1)
    assert "Messages" not in await calls.sqs.receive_message(QueueUrl=queues[0])
    assert await mapping.poll() == 1
    assert heard.batches == [["later"]]
