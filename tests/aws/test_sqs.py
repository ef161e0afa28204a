"""The queue that brings nudges and reminders."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, open_clients
from handrail.aws.sqs import AwsNudges
from handrail.core.apigateway import Greet, Nudge, parse_reminder
from handrail.core.errors import ServiceError, Throttled, Unavailable, UpstreamRefused
from tests.gateway_table import Storage
from tests.stubs.faults import Faults, faults_before

NUDGE = Nudge("order:7f3c", 12, ended=True)


def received(storage: Storage, queue_url: str) -> list[Any]:
    """What may be received by now."""
    answer = storage.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
    return [parse_reminder(message["Body"]) for message in answer.get("Messages", [])]


@pytest.fixture
async def way(storage: Storage) -> AsyncIterator[Faults]:
    async with faults_before(storage.url) as way:
        yield way


@pytest.fixture
async def nudges(way: Faults, queue_url: str) -> AsyncIterator[AwsNudges]:
    async with open_clients(AwsConfig(endpoint_url=way.url, max_attempts=1)) as clients:
        yield AwsNudges(clients, AwsCalls(), queue_url)


async def test_a_nudge_comes_out_of_the_queue(
    nudges: AwsNudges, storage: Storage, queue_url: str
) -> None:
    await nudges.send(NUDGE)
    assert received(storage, queue_url) == [NUDGE]


async def test_a_greeting_comes_at_once_or_in_a_while(
    nudges: AwsNudges, storage: Storage, queue_url: str, way: Faults
) -> None:
    await nudges.greet("L0SM9cOFvHcCIhw=")
    await nudges.greet("late=", delay_s=5)
    assert received(storage, queue_url) == [Greet("L0SM9cOFvHcCIhw=")]
    assert [asked["DelaySeconds"] for _, asked in way.asked] == [0, 5]


async def test_a_nudge_may_wait_a_while(
    nudges: AwsNudges, storage: Storage, queue_url: str, way: Faults
) -> None:
    await nudges.send(NUDGE, delay_s=15)
    assert received(storage, queue_url) == []
    assert [asked["DelaySeconds"] for _, asked in way.asked] == [15]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("QueueDoesNotExist", UpstreamRefused),
        ("AWS.SimpleQueueService.NonExistentQueue", UpstreamRefused),
        ("InvalidAddress", UpstreamRefused),
        ("KmsAccessDenied", UpstreamRefused),
        ("AccessDeniedException", UpstreamRefused),
        ("RequestThrottled", Throttled),
        ("KmsThrottled", Throttled),
        ("OverLimit", Throttled),
    ],
)
async def test_sqs_s_failures_are_told_in_our_terms(
    nudges: AwsNudges, way: Faults, code: str, error: type[ServiceError]
) -> None:
    way.fail_next("SendMessage", code)
    with capture_logs() as logs, pytest.raises(ServiceError) as caught:
        await nudges.send(NUDGE)
    assert type(caught.value) is error
    assert any(log["log_level"] == "error" for log in logs) is (error is UpstreamRefused)


async def test_a_queue_out_of_reach_is_unavailable(queue_url: str) -> None:
    config = AwsConfig(endpoint_url="http://127.0.0.1:1", max_attempts=1)
    async with open_clients(config) as clients:
        with pytest.raises(Unavailable):
            await AwsNudges(clients, AwsCalls(), queue_url).send(NUDGE)
