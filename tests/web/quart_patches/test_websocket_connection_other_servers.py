"""Sockets that break the rules, leave or don't read, on servers that know nothing of ours: without
ready-made frames, without a connection to cut, and with a send that waits."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from tests.web.bare_sockets import HANDSHAKE, bare, come_and_go, drained
from tests.web.conftest import Serving
from tests.web.served import SERVERS, Served, Server, by_hypercorn, eventually, tasks
from tests.web.stories import ran, running

ONE = "/v1/executions/order:one/ws"
SUBSCRIBE = json.dumps({"type": "subscribe", "id": "a", "execution": "order:one"})
OTHERS = {name: server for name, server in SERVERS.items() if server is not by_hypercorn}


@pytest.fixture(params=OTHERS.values(), ids=list(OTHERS))
def server(request: pytest.FixtureRequest) -> Server:
    chosen: Server = request.param
    return chosen


@pytest.fixture
async def served(serve: Serving, server: Server) -> AsyncIterator[Served]:
    async with serve(server=server, ws_max_messages_per_s=5, ws_max_sockets=60) as served:
        running(served.stub)
        yield served


@pytest.mark.parametrize(
    ("path", "said", "code"),
    [
        ("/v1/ws", ["{"], 4400),
        ("/v1/ws", [b'{"type": "ping"}'], 4400),
        ("/v1/ws", [SUBSCRIBE, SUBSCRIBE], 4409),
        ("/v1/ws", ['{"type": "pong"}'] * 40, 4429),
        (f"{ONE}?level=all", [], 4400),
        (ONE, [SUBSCRIBE], 4400),
    ],
)
async def test_who_breaks_the_rules_is_told_which(
    served: Served, path: str, said: list[str | bytes], code: int
) -> None:
    async with served.ready(path) as socket:
        for message in said:
            await socket.raw.send(message)
        assert await socket.closed() == code


async def test_who_answers_no_ping_is_closed_with_4001(serve: Serving, server: Server) -> None:
    async with serve(server=server, ws_heartbeat_s=0.1) as served, served.ready() as socket:
        assert await socket.hear() == {"type": "ping"}
        assert await socket.closed() == 4001


async def test_a_foreign_origin_is_closed_with_4403(served: Served) -> None:
    async with served.socket(origin="https://evil.example") as socket:
        assert await socket.closed() == 4403


async def test_one_more_socket_than_may_be_is_told_to_try_later(
    serve: Serving, server: Server
) -> None:
    async with (
        serve(server=server, ws_max_sockets=1) as served,
        served.ready(),
        served.socket() as socket,
    ):
        assert await socket.closed() == 1013


async def test_a_drain_closes_every_socket_with_1012(served: Served) -> None:
    """And waits until the close frames are out, whatever the server does after it."""
    async with served.ready() as many, served.ready(ONE) as one:
        await one.hear("subscribed")
        await served.stop()
        assert [await many.closed(), await one.closed()] == [1012, 1012]


@pytest.mark.parametrize("path", ["/v1/nothing", "/healthz"])
async def test_a_handshake_elsewhere_is_refused(served: Served, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(HANDSHAKE.format(path=path).encode())
    async with asyncio.timeout(5):
        assert (await reader.readline()).startswith(b"HTTP/1.1 4")
    writer.close()


async def test_clients_that_come_and_go_or_vanish_leave_nothing_behind(served: Served) -> None:
    async with served.ready():
        pass
    await eventually(lambda: len(served.services.sockets) == 0)
    before = tasks()

    for _ in range(5):
        await come_and_go(served, ["/v1/ws", ONE] * 15)
    for path in ["/v1/ws", ONE] * 5:
        async with bare(served, path):
            pass  # the connection is reset, no close frame sent
    await drained(served, before)


async def test_who_doesn_t_read_is_let_go(serve: Serving, server: Server) -> None:
    async with serve(server=server, ws_send_timeout_s=0.5) as served:
        arn, before = running(served.stub), tasks()
        async with bare(served, f"{ONE}?level=events", receive_buffer=4096):
            await eventually(lambda: len(served.services.sockets) == 1)
            payload = json.dumps("x" * 200_000)
            async with asyncio.timeout(10):
                while len(served.services.sockets):
                    served.stub.append(arn, *ran("Charge", payload=payload))
                    await asyncio.sleep(0.05)
        await drained(served, before)
