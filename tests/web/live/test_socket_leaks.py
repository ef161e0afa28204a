"""Whatever a client does, nothing of it stays behind: no socket, no watcher, no task, no memory."""

import asyncio
import json
import tracemalloc

import pytest

from tests.web.bare_sockets import HANDSHAKE, bare, come_and_go, drained, frame, send_until_cut_off
from tests.web.conftest import Serving
from tests.web.served import Served, eventually, tasks
from tests.web.stories import running

ONE = "/v1/executions/order:one/ws"


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

    for _ in range(20):
        await come_and_go(served, ["/v1/ws", ONE] * 25)
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

        async def flood() -> None:
            async with bare(served, "/v1/ws") as (_, writer), asyncio.timeout(10):
                await send_until_cut_off(writer, ping)

        await asyncio.gather(*(flood() for _ in range(10)))
        await drained(served, before)


async def test_what_a_client_says_is_handled_and_not_kept(serve: Serving) -> None:
    async with serve(ws_max_messages_per_s=100_000) as served, served.ready() as socket:
        said = json.dumps({"type": "pong", "padding": "x" * 8_000})
        tracemalloc.start()
        try:
            for _ in range(2_500):
                await socket.raw.send(said)
            await socket.say("ping")
            assert await socket.hear() == {"type": "pong"}
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 4 * 1024 * 1024  # of 20 MiB said
