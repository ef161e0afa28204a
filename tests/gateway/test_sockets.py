"""The WebSocket API keeps API Gateway's rules, whatever the function does."""

import asyncio
import json

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.e2e.clients import close_code
from tests.engine.engine_fixture import eventually

from .conftest import Toyed
from .sockets import Limits, WebSocketApi

pytestmark = pytest.mark.asyncio(loop_scope="session")


def client(url: str, **options: object) -> connect:
    return connect(url, proxy=None, close_timeout=1, **options)  # type: ignore[arg-type]


async def the_only(toy: Toyed) -> str:
    """The id of the one connection, once it is open."""

    async def look() -> str | None:
        return next(iter(toy.sockets.connections), None)

    return await eventually(look)


async def heard(socket: ClientConnection) -> str:
    async with asyncio.timeout(5):
        return str(await socket.recv())


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_a_handshake_is_refused_with_the_functions_status(toy: Toyed, status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await client(f"{toy.sockets.url}?refuse={status}")
    assert refused.value.response.status_code == status
    assert toy.sockets.connections == []


async def test_another_stage_is_forbidden(toy: Toyed) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await client(toy.sockets.url + "uction")
    assert refused.value.response.status_code == 403


async def test_the_function_chooses_the_subprotocol(toy: Toyed) -> None:
    async with client(toy.sockets.url, subprotocols=["handrail.v1", "other"]) as socket:
        assert socket.subprotocol == "handrail.v1"


async def test_a_message_and_the_end_reach_the_function(toy: Toyed) -> None:
    async with client(toy.sockets.url) as socket:
        id = await the_only(toy)
        await socket.send("hello")
        (message,) = await toy.told(1)
        await socket.close(4123, "enough")
    _, end = await toy.told(2)
    assert message["body"] == "hello"
    assert message["requestContext"]["connectionId"] == end["requestContext"]["connectionId"] == id
    assert end["requestContext"]["disconnectStatusCode"] == 4123
    assert end["requestContext"]["disconnectReason"] == "enough"


@pytest.mark.parametrize("failure", ["raise", "die"])
async def test_a_failure_is_told_and_the_socket_stays(toy: Toyed, failure: str) -> None:
    async with client(toy.sockets.url) as socket:
        await socket.send(failure)
        assert json.loads(await heard(socket))["message"] == "Internal server error"
        await socket.send("still here")
        assert (await toy.told(2))[1]["body"] == "still here"


async def test_what_takes_too_long_is_told(toy: Toyed) -> None:
    await toy.function.invoke({})  # warm from here on
    api = WebSocketApi(toy.function.invoke, Limits(integration_s=1.5))
    async with api.serving(), client(api.url) as socket:
        await socket.send("hang")
        assert json.loads(await heard(socket))["message"] == "Endpoint request timed out"


async def test_a_frame_past_32_kb_closes(toy: Toyed) -> None:
    async with client(toy.sockets.url) as socket:
        await socket.send("x" * (32 * 1024 + 1))
        assert await close_code(socket) == 1009


async def test_a_long_message_goes_in_small_frames(toy: Toyed) -> None:
    async with client(toy.sockets.url) as socket:
        await socket.send(["x" * 32 * 1024] * 4)
        (message,) = await toy.told(1)
        assert len(message["body"]) == 128 * 1024
        await socket.send(["x" * 32 * 1024] * 5)
        assert await close_code(socket) == 1009


async def test_binary_closes(toy: Toyed) -> None:
    async with client(toy.sockets.url) as socket:
        await socket.send(b"\x00")
        assert await close_code(socket) == 1003


@pytest.mark.parametrize("limits", [Limits(idle_s=0.1), Limits(lifetime_s=0.1)])
async def test_a_socket_has_its_time(toy: Toyed, limits: Limits) -> None:
    api = WebSocketApi(toy.function.invoke, limits)
    async with api.serving(), client(api.url) as socket:
        assert await close_code(socket) == 1001
    assert (await toy.told(1))[0]["requestContext"]["disconnectReason"] == "Going away"


async def test_a_disconnect_may_get_lost(toy: Toyed) -> None:
    toy.sockets.loses_disconnects = True
    async with client(toy.sockets.url) as socket:
        await socket.send("last")
        await toy.told(1)
    await eventually(lambda: nobody_in(toy))
    async with client(toy.sockets.url) as socket:
        await socket.send("next")
        assert [event.get("body") for event in await toy.told(2)] == ["last", "next"]


async def nobody_in(toy: Toyed) -> bool | None:
    return None if toy.sockets.connections else True


async def test_nothing_is_posted_before_connect_has_answered(toy: Toyed) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await client(f"{toy.sockets.url}?post=1")
    assert refused.value.response.status_code == 410


async def test_a_post_reaches_the_client(toy: Toyed) -> None:
    async with client(toy.sockets.url) as socket:
        id = await the_only(toy)
        await toy.posts.post_to_connection(ConnectionId=id, Data=b'{"type":"ready"}')
        assert await heard(socket) == '{"type":"ready"}'
        assert toy.sockets.posted == [(id, '{"type":"ready"}')]
        assert (await toy.posts.get_connection(ConnectionId=id))["Identity"]["SourceIp"]


async def test_a_connection_is_deleted(toy: Toyed) -> None:
    async with client(toy.sockets.url) as socket:
        id = await the_only(toy)
        await toy.posts.delete_connection(ConnectionId=id)
        assert await close_code(socket) == 1000
    with pytest.raises(toy.posts.exceptions.GoneException):
        await toy.posts.post_to_connection(ConnectionId=id, Data=b"late")
    with pytest.raises(toy.posts.exceptions.GoneException):
        await toy.posts.delete_connection(ConnectionId=id)


async def test_a_post_past_128_kb_is_refused(toy: Toyed) -> None:
    async with client(toy.sockets.url) as socket:
        id = await the_only(toy)
        await toy.posts.post_to_connection(ConnectionId=id, Data=b"x" * 128 * 1024)
        with pytest.raises(toy.posts.exceptions.PayloadTooLargeException):
            await toy.posts.post_to_connection(ConnectionId=id, Data=b"x" * (128 * 1024 + 1))
        assert len(await heard(socket)) == 128 * 1024


async def test_a_refusal_is_made_to_order(toy: Toyed) -> None:
    toy.management.refuse = [(429, "LimitExceededException")]
    async with client(toy.sockets.url):
        id = await the_only(toy)
        with pytest.raises(toy.posts.exceptions.LimitExceededException):
            await toy.posts.post_to_connection(ConnectionId=id, Data=b"x")
        await toy.posts.post_to_connection(ConnectionId=id, Data=b"x")


async def test_what_follows_a_post_comes_before_its_answer(toy: Toyed) -> None:
    order: list[str] = []
    toy.sockets.after_post = lambda connection, text: order.append(text)
    async with client(toy.sockets.url) as socket:
        await toy.posts.post_to_connection(ConnectionId=await the_only(toy), Data=b"posted")
        order.append("answered")
        await heard(socket)
    assert order == ["posted", "answered"]


async def test_an_open_socket_ends_with_the_api(toy: Toyed) -> None:
    api = WebSocketApi(toy.function.invoke)
    async with api.serving():
        socket = await client(api.url)
    with pytest.raises(ConnectionClosed):
        await heard(socket)
    assert [event["requestContext"]["eventType"] for event in await toy.told(1)] == ["DISCONNECT"]
