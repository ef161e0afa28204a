"""The way out to sockets that API Gateway holds."""

from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from handrail.aws.apigateway import MAX_POST_BYTES, AwsPosts
from handrail.aws.calls import AwsCalls
from handrail.aws.clients import USER_AGENT, AwsConfig, open_clients
from handrail.core.errors import (
    ConnectionGone,
    PayloadTooLarge,
    ServiceError,
    Throttled,
    Unavailable,
    UpstreamRefused,
)
from tests.stubs.management import ManagementStub, management_api

ID = "L0SM9cOFvHcCIhw="


@pytest.fixture
async def api() -> AsyncIterator[ManagementStub]:
    async with management_api() as api:
        api.open.add(ID)
        yield api


@pytest.fixture
async def posts(api: ManagementStub) -> AsyncIterator[AwsPosts]:
    async with open_clients(AwsConfig(max_attempts=1)) as clients:
        yield AwsPosts(clients, AwsCalls(limit_s=5), api.url)


async def test_a_message_arrives_as_it_is(posts: AwsPosts, api: ManagementStub) -> None:
    text = '{"type":"pong","\N{ROCKET}":"\\u0000"}'.encode()
    await posts.post(ID, text)
    assert api.sent == [(ID, text)]
    assert [agent.split()[0] for agent in api.agents] == [USER_AGENT]


async def test_the_longest_message_passes(posts: AwsPosts, api: ManagementStub) -> None:
    assert MAX_POST_BYTES == 131_072
    await posts.post(ID, b"x" * MAX_POST_BYTES)
    assert len(api.sent) == 1


async def test_a_longer_one_isnt_tried(posts: AwsPosts, api: ManagementStub) -> None:
    with pytest.raises(PayloadTooLarge):
        await posts.post(ID, b"x" * (MAX_POST_BYTES + 1))
    assert api.sent == []


async def test_a_socket_that_was_closed_is_gone(posts: AwsPosts) -> None:
    with pytest.raises(ConnectionGone):
        await posts.post("another=", b"{}")


async def test_a_socket_is_cut_once_and_twice_is_fine(posts: AwsPosts, api: ManagementStub) -> None:
    await posts.disconnect(ID)
    await posts.disconnect(ID)
    assert api.open == set()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((429, "LimitExceededException"), Throttled),
        ((413, "PayloadTooLargeException"), PayloadTooLarge),
        ((410, ""), ConnectionGone),
        ((403, "ForbiddenException"), UpstreamRefused),
        ((404, "NotFoundException"), UpstreamRefused),
        ((400, "BadRequestException"), UpstreamRefused),
        ((500, "InternalServerErrorException"), Unavailable),
    ],
)
async def test_its_failures_are_told_in_our_terms(
    posts: AwsPosts, api: ManagementStub, answer: tuple[int, str], error: type[ServiceError]
) -> None:
    api.error = answer
    with capture_logs() as logs, pytest.raises(ServiceError) as caught:
        await posts.post(ID, b"payload")
    assert type(caught.value) is error
    assert "payload" not in str(logs)
    if error is not ConnectionGone:
        with pytest.raises(error):
            await posts.disconnect(ID)
