"""A batch of callbacks is settled, and answered with what is to come again."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from handrail.aws_lambda.callback_batches import (
    STARTING_S,
    CallbackRecord,
    answer_callbacks,
    brings_callbacks,
)
from handrail.core.callback_messages import MessageAttribute, QueuedMessage
from handrail.core.errors import SettingsError, Unavailable
from tests import events
from tests.stubs.stepfunctions import StepFunctionsStub, event
from tests.usecases.callback_queue_fake import CallbackSetting
from tests.usecases.settling import Fault
from tests.usecases.test_queued_callbacks import approval

from .conftest import Cold

LONG_S = 3600.0
NUDGES = "arn:aws:sqs:us-east-1:123456789012:handrail-nudges"
QUEUE = NUDGES.replace("nudges", "callbacks")


@pytest.fixture
async def setting() -> AsyncIterator[CallbackSetting]:
    setting = CallbackSetting(fifo=True)
    yield setting
    await setting.close()


def record(message: QueuedMessage) -> dict[str, Any]:
    [made] = events.sqs_batch([message.body], received=message.received)["Records"]
    group = {"MessageGroupId": message.group} if message.group else {}
    own = {"messageId": message.id, "receiptHandle": message.receipt}
    return {**made, **own, "attributes": {**made["attributes"], **group}}


def batch(messages: Sequence[QueuedMessage]) -> dict[str, Any]:
    return {"Records": [record(each) for each in messages]}


async def failures(setting: CallbackSetting, *, left_s: float = LONG_S) -> list[str]:
    """Of all that the queue hands out."""
    deadline = asyncio.get_running_loop().time() + left_s
    given = batch(setting.queue.receive_now())
    answering = answer_callbacks(setting.callbacks, given, deadline=deadline)
    answer: Any = await setting.in_time(answering)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


async def test_what_is_settled_or_dead_lettered_comes_no_more(setting: CallbackSetting) -> None:
    setting.queue.send(approval(setting.wait()), group="a")
    setting.queue.send("no JSON", group="a")
    assert await failures(setting) == []
    assert setting.outcomes() == ["TaskSucceeded"]
    assert [problem.code for _, problem in setting.queue.buried] == ["invalid_request"]
    assert setting.queue.calls.count("delete") == 0  # Lambda does that


async def test_of_a_group_all_behind_the_first_failure_come_again(setting: CallbackSetting) -> None:
    at = setting.wait()
    setting.aws.faults.append(Fault.THROTTLED)
    for group, body in (("a", approval(at)), ("b", "no JSON"), ("a", "no JSON"), ("a", "none")):
        setting.queue.send(body, group=group)
    assert await failures(setting) == ["message-1", "message-3", "message-4"]
    put_off = [("message-1", 15), ("message-3", 0), ("message-4", 0)]  # only the first holds it up
    assert setting.queue.shown == put_off
    assert len(setting.queue.buried) == 1
    await setting.clock.advance(16)
    assert await failures(setting) == []
    assert setting.outcomes() == ["TaskSucceeded"]


async def test_of_a_standard_queue_each_is_by_itself() -> None:
    setting = CallbackSetting()
    setting.aws.faults.append(Fault.THROTTLED)
    at = setting.wait()
    for body in (approval(at), "no JSON"):
        setting.queue.send(body, group="a")
    assert await failures(setting) == ["message-1"]
    await setting.close()


async def test_without_time_nothing_more_is_begun(setting: CallbackSetting) -> None:
    setting.queue.send(approval(setting.wait()))
    assert await failures(setting, left_s=STARTING_S / 2) == ["message-1"]
    assert (setting.aws.sent, setting.queue.shown) == ([], [("message-1", 0)])


async def test_what_hangs_is_cut_off_and_comes_again(setting: CallbackSetting) -> None:
    setting.queue.send(approval(setting.wait()))
    setting.histories.hold()
    given = batch(setting.queue.receive_now())
    deadline = asyncio.get_running_loop().time() + STARTING_S + 0.05
    with capture_logs() as lines:
        async with asyncio.timeout(30):
            answer = await answer_callbacks(setting.callbacks, given, deadline=deadline)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert "callback cut off: out of time" in [line["event"] for line in lines]
    setting.histories.release()


async def test_what_can_t_be_put_off_comes_again_by_the_queue_s_own_time(
    setting: CallbackSetting,
) -> None:
    setting.aws.faults.append(Fault.THROTTLED)
    setting.queue.fail("show_after", Unavailable("AWS can't be reached or doesn't answer."))
    setting.queue.send(approval(setting.wait()))
    with capture_logs() as lines:
        assert await failures(setting) == ["message-1"]
    assert "callback not put off" in [line["event"] for line in lines]


def test_a_record_is_read_with_its_sender_s_attributes() -> None:
    [raw] = events.sqs_batch(["body"], received=3)["Records"]
    raw["messageAttributes"] = {
        "a": {"dataType": "String", "stringValue": "x", "stringListValues": []},
        "b": {"dataType": "Binary", "binaryValue": "AQI=", "binaryListValues": []},
    }
    read = CallbackRecord.model_validate(raw).message()
    assert (read.id, read.body, read.received) == (raw["messageId"], "body", 3)
    assert read.sender == raw["attributes"]["SenderId"]
    assert read.attributes == {
        "a": MessageAttribute("String", "x"),
        "b": MessageAttribute("Binary", None, b"\x01\x02"),
    }


def test_its_batches_are_told_from_those_of_nudges() -> None:
    given = events.sqs_batch(["{}"])
    assert brings_callbacks(given, "handrail-nudges")
    assert brings_callbacks(given, NUDGES)
    assert not brings_callbacks(given, "handrail-callbacks")
    assert not brings_callbacks(given, None)


def callbacks(*bodies: str) -> dict[str, Any]:
    made = events.sqs_batch(bodies)
    for each in made["Records"]:
        each["eventSourceARN"] = QUEUE
    return made


async def test_a_function_takes_them_without_what_sockets_need(
    cold: Cold, stub: StepFunctionsStub
) -> None:
    arn = stub.add_execution("order", "one")
    stub.append(arn, event("ExecutionStarted", details={"input": "{}"}))
    stub.append(arn, event("ExecutionSucceeded", details={"output": "{}"}))
    place = {"execution": "order:one", "event_id": 1, "outcome": "heartbeat"}
    async with cold(callbacks_queue=QUEUE) as one:
        with structlog.testing.capture_logs() as lines:
            answer = await one(callbacks(json.dumps(place)))
        with pytest.raises(SettingsError, match="HANDRAIL_TABLE"):
            await one(events.sqs_batch(["not for us"]))
    # There is no SQS: what isn't a waiting task's stays until its dead-letter queue is found.
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert "heartbeat failed" in [line["event"] for line in lines]


async def test_one_queue_can_t_be_both(cold: Cold) -> None:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/handrail-callbacks"
    async with cold(callbacks_queue=QUEUE, queue_url=url) as one:
        with pytest.raises(SettingsError, match="HANDRAIL_CALLBACKS_QUEUE, HANDRAIL_QUEUE_URL"):
            await one(callbacks("{}"))
