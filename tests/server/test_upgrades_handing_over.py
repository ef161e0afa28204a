"""From the handshake to the socket's own end, on both loops: nothing is lost, and no task stays."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvloop
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.typing import LifespanState

from handrail.core.protocol.encoded_messages import Message
from handrail.core.raw_connection import EXTENSION, SocketEnd
from handrail.server import hypercorn_tcp, upgrades
from handrail.server.connections import ServerConnections
from handrail.server.server import listen
from handrail.server.server_config import ServerConfig
from tests.web.bare_sockets import HANDSHAKE, frame

SHAKE = HANDSHAKE.format(path="/").encode()
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


@pytest.fixture(params=LOOPS.values(), ids=list(LOOPS))
def runner(request: pytest.FixtureRequest) -> Any:
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner


class Echo:
    """Says everything back. Implements `SocketOwner`."""

    def __init__(self, end: SocketEnd) -> None:
        self._end = end

    def received(self, data: str | bytes) -> None:
        self._end.write(Message(data.encode() if isinstance(data, str) else data))

    def resumed(self) -> None: ...

    def stalled(self) -> None: ...

    def gone(self, code: int, *, by_peer: bool = False) -> None: ...


async def echo(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/plain":  # takes nothing over
        await send({"type": "websocket.accept"})
        return
    scope["extensions"][EXTENSION](Echo)
    if scope["path"] == "/slow":
        await asyncio.sleep(0.05)
    await send({"type": "websocket.accept"})


@contextlib.asynccontextmanager
async def serving(*, max_connections: int = 100) -> AsyncIterator[tuple[ServerConnections, int]]:
    hypercorn_tcp.install()
    upgrades.install()
    config = ServerConfig()
    config.max_frames_per_s, config.send_timeout_s = 1000, 10
    config.max_connections = max_connections
    connections = ServerConnections(ASGIWrapper(echo), config, LifespanState())
    listener = listen("127.0.0.1", 0)
    await connections.listen(listener)
    try:
        yield connections, listener.getsockname()[1]
    finally:
        await connections.end(0)
        assert len(connections) == 0
        listener.close()


async def shaken(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(SHAKE)
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def test_no_task_is_left_of_an_open_socket(runner: asyncio.Runner) -> None:
    async def play() -> None:
        async with serving() as (connections, port):
            before = len(asyncio.all_tasks())
            ends = [await shaken(port) for _ in range(5)]
            while (len(asyncio.all_tasks()), len(connections)) != (before, 5):  # noqa: ASYNC110
                await asyncio.sleep(0)
            for reader, writer in ends:
                writer.write(frame(b"hello"))
                assert await reader.readexactly(7) == b"\x81\x05hello"
            ends[0][1].close()
            while len(connections) > 4:  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0)
            for _, writer in ends[1:]:
                writer.transport.abort()

    runner.run(play())


def test_what_was_sent_on_the_answer_s_heels_is_heard_in_order(runner: asyncio.Runner) -> None:
    async def play() -> None:
        async with serving() as (_, port):
            for _ in range(20):
                reader, writer = await shaken(port)
                for number in range(10):
                    writer.write(frame(b"%d" % number))
                    await asyncio.sleep(0)
                said = await reader.readexactly(30)
                assert said[2::3] == b"0123456789"
                writer.transport.abort()

    runner.run(play())


def test_a_client_that_left_before_it_was_let_in_leaves_nothing(runner: asyncio.Runner) -> None:
    async def play() -> None:
        async with serving() as (connections, port):
            for polite in (True, False):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(SHAKE.replace(b"GET /", b"GET /slow"))
                await asyncio.sleep(0.01)
                if polite:
                    writer.write_eof()
                    assert b"101" not in await reader.read()
                writer.transport.abort()
            while len(connections):  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.005)

    runner.run(play())


def test_an_app_that_takes_nothing_over_is_a_500(runner: asyncio.Runner) -> None:
    async def play() -> None:
        async with serving() as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(SHAKE.replace(b"GET /", b"GET /plain"))
            assert b" 500 " in await reader.readline()
            writer.close()

    runner.run(play())


def test_sockets_that_stay_are_cut_off_in_the_end(runner: asyncio.Runner) -> None:
    async def play() -> None:
        async with serving() as (connections, port):
            reader, writer = await shaken(port)
            await connections.end(0)
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()

    runner.run(play())


def test_an_open_socket_counts_among_the_connections(runner: asyncio.Runner) -> None:
    async def play() -> None:
        async with serving(max_connections=1) as (connections, port):
            _, first = await shaken(port)
            while len(connections) > 1:  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0)
            reader, second = await asyncio.open_connection("127.0.0.1", port)
            assert b" 503 " in await reader.readline()
            first.transport.abort()
            second.close()

    runner.run(play())
