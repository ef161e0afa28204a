"""Sockets that break the rules, say too much, read nothing or just vanish."""

import asyncio
import json
import socket as sockets
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from .conftest import Serving
from .served import Served, by_uvicorn, eventually, settled, tasks
from .stories import entered, exited, ran, running

ONE = "/v1/executions/order:one/ws"
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
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


def frame(payload: bytes, opcode: int = 0x81) -> bytes:
    """A client's frame, masked with zeros."""
    size = len(payload)
    head = bytes((opcode, 0x80 | size)) if size < 126 else struct.pack("!BBH", opcode, 0xFE, size)
    return head + bytes(4) + payload


@asynccontextmanager
async def bare(
    served: Served, path: str, *, receive_buffer: int | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A WebSocket with nobody reading it but the test; the handshake is done."""
    raw = sockets.socket()
    if receive_buffer:
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", served.port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=1024)
    try:
        writer.write(HANDSHAKE.format(path=path).encode())
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        yield reader, writer
    finally:
        writer.transport.abort()


async def drained(served: Served, before: Counter[str]) -> None:
    """No socket, no watcher and no task is left of what was."""
    await eventually(lambda: len(served.services.sockets) == 0)
    await eventually(lambda: served.services.hub.watchers == 0)
    await settled(before)


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
        async with bare(served, "/v1/ws") as (reader, writer):
            writer.write(b"\x81" + struct.pack("!BQ", 0xFF, 2**40) + bytes(4))
            async with asyncio.timeout(10):
                with pytest.raises(ConnectionError):
                    while True:  # it must be cut off, else this never ends
                        writer.write(b" " * 65_536)
                        await writer.drain()
                        await asyncio.sleep(0)
            del reader
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
    async with serve(ws_heartbeat_s=0.1) as served, served.ready() as socket:
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


@pytest.mark.parametrize("early", [frame(b'{"type": "ping"}'), b"\x00" * 100, b"GET / HTTP/1.1"])
async def test_talking_into_the_handshake_leaves_nothing_behind(
    served: Served, early: bytes
) -> None:
    before = tasks()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(HANDSHAKE.format(path="/v1/ws").encode() + early)
    async with asyncio.timeout(5):
        await reader.read(100)
    writer.close()
    await drained(served, before)


async def test_a_thousand_quick_sockets_leave_nothing_behind(served: Served) -> None:
    running(served.stub)
    async with served.ready():
        pass
    await eventually(lambda: len(served.services.sockets) == 0)
    before = tasks()

    async def come_and_go(path: str) -> None:
        async with served.socket(path):
            pass

    for _ in range(20):
        await asyncio.gather(*(come_and_go(path) for path in ["/v1/ws", ONE] * 25))
    await drained(served, before)


async def test_clients_that_vanish_leave_nothing_behind(served: Served) -> None:
    running(served.stub)
    before = tasks()
    for path in ["/v1/ws", ONE] * 10:
        async with bare(served, path):
            pass  # the connection is reset, no close frame sent
    await drained(served, before)


async def test_a_flood_is_cut_off_and_leaves_nothing_behind(serve: Serving) -> None:
    """The handler ends while the client still sends: server, app and client must not wait for
    each other."""
    async with serve(ws_max_messages_per_s=10) as served:
        before, ping = tasks(), frame(b'{"type":"ping"}') * 500

        async def flood() -> int:
            sent = 0
            async with bare(served, "/v1/ws") as (_, writer), asyncio.timeout(10):
                try:
                    while True:
                        writer.write(ping)
                        await writer.drain()
                        sent += 500
                        await asyncio.sleep(0)
                except ConnectionError:
                    return sent

        assert all(await asyncio.gather(*(flood() for _ in range(10))))
        await drained(served, before)


async def test_who_doesn_t_read_is_dropped_and_nobody_else_waits(serve: Serving) -> None:
    async with serve(ws_send_timeout_s=0.5) as served:
        arn, before = running(served.stub), tasks()
        async with (
            bare(served, f"{ONE}?level=events", receive_buffer=4096),
            served.ready(f"{ONE}?level=events") as neighbour,
        ):
            await neighbour.hear("subscribed")
            heard: list[int] = []
            payload = json.dumps("x" * 200_000)
            while len(served.services.sockets) > 1:
                last = served.stub.append(arn, *ran("Charge", payload=payload))
                while not heard or heard[-1] < last:
                    update = await neighbour.hear("update")
                    heard += [event["id"] for event in update["events"]]
            assert heard == [*range(2, heard[-1] + 1)]
        await drained(served, before)


async def test_a_slow_reader_gets_the_newest_state_not_every_one(serve: Serving) -> None:
    """What it missed is one update; nothing was queued for it."""
    async with serve(ws_send_timeout_s=60) as served:
        arn = running(served.stub)
        async with served.ready(ONE, max_queue=1) as slow, served.ready(ONE) as quick:
            await slow.hear("subscribed")
            await quick.hear("subscribed")
            slow.raw.transport.pause_reading()
            for number in range(300):
                name = f"State{number}" + "x" * 60
                last = served.stub.append(arn, entered(name), exited(name))
                while int((await quick.hear())["cursor"].partition(":")[2]) < last:
                    continue
            slow.raw.transport.resume_reading()
            updates = [await slow.hear("update")]
            while int(updates[-1]["cursor"].partition(":")[2]) < last:
                updates.append(await slow.hear("update"))
            states = {s["state"]: s for update in updates for s in update["states"]}
            assert len(states) == 300


async def test_on_another_server_a_stalled_socket_is_let_go_too(serve: Serving) -> None:
    async with serve(server=by_uvicorn, ws_send_timeout_s=0.5) as served:
        arn = running(served.stub)
        async with bare(served, f"{ONE}?level=events", receive_buffer=4096):
            await eventually(lambda: len(served.services.sockets) == 1)
            payload = json.dumps("x" * 200_000)
            async with asyncio.timeout(10):
                while len(served.services.sockets):
                    served.stub.append(arn, *ran("Charge", payload=payload))
                    await asyncio.sleep(0.05)
        await eventually(lambda: served.services.hub.watchers == 0)
