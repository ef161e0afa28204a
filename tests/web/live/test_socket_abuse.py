"""Sockets that break the rules or say too much, and the codes they are closed with."""

import asyncio
import json
import struct

import pytest

from tests.web.bare_sockets import HANDSHAKE, bare, drained, send_until_cut_off
from tests.web.conftest import Serving
from tests.web.served import Served, eventually, tasks
from tests.web.stories import running

ONE = "/v1/executions/order:one/ws"
BAD = {
    "no JSON": "{",
    "no object": "[1]",
    "null": "null",
    "no type": "{}",
    "an unknown type": '{"type": "shout"}',
    "a type that is no text": '{"type": 1}',
    "no id": '{"type": "subscribe", "execution": "order:one"}',
    "an empty id": '{"type": "subscribe", "id": "", "execution": "order:one"}',
    "a long id": json.dumps({"type": "subscribe", "id": "x" * 129, "execution": "order:one"}),
    "no execution": '{"type": "subscribe", "id": "a"}',
    "an unknown level": '{"type": "subscribe", "id": "a", "execution": "o:o", "level": "all"}',
    "a cursor that is no text": '{"type": "subscribe", "id": "a", "execution": "o:o", "after": 1}',
    "unsubscribing nothing": '{"type": "unsubscribe"}',
    "a lone surrogate": '{"type": "unsubscribe", "id": "\\ud800"}',
    "NaN": '{"type": "subscribe", "id": NaN}',
    "deep nesting": "[" * 10_000,
    "nothing": "",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
async def test_a_bad_message_closes_with_4400(served: Served, text: str) -> None:
    async with served.ready() as socket:
        await socket.raw.send(text)
        assert await socket.closed() == 4400


async def test_a_binary_frame_closes_with_4400(served: Served) -> None:
    async with served.ready() as socket:
        await socket.raw.send(b'{"type": "ping"}')
        assert await socket.closed() == 4400


async def test_a_close_reason_repeats_nothing_of_what_was_sent(served: Served) -> None:
    async with served.ready() as socket:
        await socket.raw.send(json.dumps({"type": "ä" * 1000}))
        assert await socket.closed() == 4400
        assert "ä" not in (socket.raw.close_reason or "")


@pytest.mark.parametrize("query", ["level=all", "level="])
async def test_a_wrong_level_in_the_address_closes_with_4400(served: Served, query: str) -> None:
    running(served.stub)
    async with served.ready(f"{ONE}?{query}") as socket:
        assert await socket.closed() == 4400


async def test_the_single_form_takes_no_further_subscription(served: Served) -> None:
    running(served.stub)
    async with served.ready(ONE) as socket:
        await socket.say("subscribe", id="a", execution="order:one")
        assert await socket.closed() == 4400


async def test_an_id_in_use_closes_with_4409(served: Served) -> None:
    running(served.stub)
    async with served.ready() as socket:
        for _ in range(2):
            await socket.say("subscribe", id="a", execution="order:one")
        assert await socket.closed() == 4409


async def test_too_many_subscriptions_close_with_4429(serve: Serving) -> None:
    async with serve(ws_max_subscriptions=2) as served:
        running(served.stub)
        async with served.ready() as socket:
            for id in ("a", "b", "c"):
                await socket.say("subscribe", id=id, execution="order:one")
            assert await socket.closed() == 4429
        await eventually(lambda: served.services.hub.watchers == 0)


async def test_too_many_messages_close_with_4429(serve: Serving) -> None:
    async with serve(ws_max_messages_per_s=5) as served, served.ready() as socket:
        for _ in range(40):
            await socket.say("pong")
        assert await socket.closed() == 4429


async def test_an_allowed_burst_is_answered(serve: Serving) -> None:
    async with serve(ws_max_messages_per_s=5) as served, served.ready() as socket:
        for _ in range(20):
            await socket.say("ping")
        assert [(await socket.hear())["type"] for _ in range(20)] == ["pong"] * 20


async def test_a_message_too_large_closes_with_1009(serve: Serving) -> None:
    async with serve(ws_max_message_bytes=256) as served:
        before = tasks()
        async with served.ready() as socket:
            await socket.raw.send(" " * 257)
            assert await socket.closed() == 1009
        await drained(served, before)


async def test_an_endless_message_is_not_kept(serve: Serving) -> None:
    async with serve(ws_max_message_bytes=256) as served:
        before = tasks()
        async with bare(served, "/v1/ws") as (_, writer):
            writer.write(b"\x81" + struct.pack("!BQ", 0xFF, 2**40) + bytes(4))
            async with asyncio.timeout(10):
                await send_until_cut_off(writer, b" " * 65_536)
        await drained(served, before)


async def test_a_large_message_in_pieces_is_whole(served: Served) -> None:
    async with served.ready() as socket:
        await socket.raw.send(iter(['{"type":', " " * 1000, '"ping"}']))
        assert await socket.hear() == {"type": "pong"}


async def test_who_answers_no_ping_is_closed_with_4001(serve: Serving) -> None:
    async with serve(ws_heartbeat_s=0.1) as served, served.ready() as socket:
        assert await socket.hear() == {"type": "ping"}
        assert await socket.closed() == 4001


async def test_who_answers_pings_stays(serve: Serving) -> None:
    async with serve(ws_heartbeat_s=0.3) as served, served.ready() as socket:
        for _ in range(4):
            assert await socket.hear() == {"type": "ping"}
            await socket.say("pong")


async def test_a_foreign_origin_is_closed_with_4403(serve: Serving) -> None:
    async with serve(allowed_origins="https://a.example, https://b.example/") as served:
        for origin in (
            "https://evil.example",
            "null",
            "https://a.example.evil.example",
            "http://[",
        ):
            async with served.socket(origin=origin) as socket:
                assert await socket.closed() == 4403
        own = f"http://127.0.0.1:{served.port}"
        for origin in ("https://a.example", "https://b.example", own):
            async with served.ready(origin=origin) as socket:
                await socket.say("ping")
                assert await socket.hear() == {"type": "pong"}


async def test_our_own_page_connects_through_a_proxy_that_sends_a_host_of_its_own(
    serve: Serving,
) -> None:
    async with serve(public_url="https://Handrail.example:443/base") as served:
        async with served.ready(origin="https://handrail.example"):
            pass
        async with served.socket(origin="https://handrail.example.evil.example") as socket:
            assert await socket.closed() == 4403


async def test_one_more_socket_than_may_be_is_told_to_try_later(serve: Serving) -> None:
    async with serve(ws_max_sockets=1) as served:
        running(served.stub)
        async with served.ready():
            async with served.socket(ONE) as socket:
                assert await socket.closed() == 1013
            answer = await served.get("/v1/executions/order:one/stream")
            assert (answer.status, answer.body["retryable"]) == (503, True)
        await eventually(lambda: served.services.hub.watchers == 0)
        async with served.ready():
            pass


async def test_a_drain_closes_every_socket_with_1012(served: Served) -> None:
    running(served.stub)
    async with served.ready() as many, served.ready(ONE) as one:
        await one.hear("subscribed")
        await served.stop()
        assert [await many.closed(), await one.closed()] == [1012, 1012]


async def test_a_socket_opened_while_draining_is_closed_with_1012(served: Served) -> None:
    async with served.ready() as first:
        served.services.sockets.draining = True
        async with served.socket() as late:
            assert await late.closed() == 1012
        await first.say("ping")
        assert await first.hear() == {"type": "pong"}


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/executions", "/healthz"])
async def test_a_handshake_elsewhere_is_refused(served: Served, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(HANDSHAKE.format(path=path).encode())
    async with asyncio.timeout(5):
        assert (await reader.read()).startswith(b"HTTP/1.1 4")
    writer.close()
