"""The same frames are answered alike on our server and on those that know nothing of ours."""

import asyncio
import gc
import json
import random
import socket
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import pytest

from tests.web.bare_sockets import HANDSHAKE, bare, frame
from tests.web.conftest import Serving
from tests.web.served import SERVERS, Served, eventually, tasks
from tests.web.stories import running

PING, PONG, FIN = 0x9, 0xA, 0x80
ONE = "/v1/executions/order:one/ws"
SOCKETS = 20
TRANSIENT = {
    "EndingServer",
    "Http1",
    "Upgrade",
    "Websocket",
    "WebsocketContext",
    "StrictConnection",
}
"""What a handshake takes and a socket doesn't: the server's, the framework's, their parsers."""


@pytest.fixture(params=SERVERS.values(), ids=list(SERVERS))
async def served(request: pytest.FixtureRequest, serve: Serving) -> AsyncIterator[Served]:
    async with serve(server=request.param) as served:
        yield served


def script(chance: random.Random) -> tuple[bytes, Sequence[bytes]]:
    """Frames that keep the rules, and the answers to them in order."""
    raw, answers = b"", []
    for _ in range(8):
        if chance.random() < 0.5:
            payload = chance.randbytes(chance.choice([0, 3, 125]))
            raw += frame(payload, FIN | chance.choice([PING, PONG]))
            if raw[-len(payload) - 6] == FIN | PING:
                answers.append(bytes((FIN | PONG, len(payload))) + payload)
            continue
        said = b'{"type":%s"ping"}' % (b" " * chance.choice([0, 50, 200]))
        cuts = sorted(chance.choices(range(len(said)), k=chance.choice([0, 1, 3])))
        parts = [said[a:b] for a, b in zip([0, *cuts], [*cuts, len(said)], strict=True)]
        for number, part in enumerate(parts):
            last = FIN if number == len(parts) - 1 else 0
            raw += frame(part, last | (0 if number else 1))
            if not last and chance.random() < 0.3:
                raw += frame(b"?", FIN | PING)
                answers.append(b"\x8a\x01?")
        answers.append(b'\x81\x0f{"type":"pong"}')
    return raw, answers


@pytest.mark.parametrize("seed", range(3))
async def test_frames_are_answered_whatever_their_pieces(served: Served, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's
    raw, answers = script(chance)
    async with bare(served, "/v1/ws") as (reader, writer), asyncio.timeout(10):
        ready = await reader.readexactly(4)
        await reader.readexactly(int.from_bytes(ready[2:]) if ready[1] == 126 else ready[1] - 2)
        while raw:
            size = chance.choice([1, 5, 100, 1000])
            writer.write(raw[:size])
            await asyncio.sleep(0)
            raw = raw[size:]
        heard = await reader.readexactly(sum(map(len, answers)))
    # Some servers answer pings ahead of what the app says.
    assert Counter(split(heard)) == Counter(answers)
    said = [one for one in split(heard) if one[0] == 0x81]
    assert all(json.loads(one[2:]) == {"type": "pong"} for one in said)


def split(frames: bytes) -> Sequence[bytes]:
    """Of short ones."""
    found = []
    while frames:
        size = 2 + frames[1]
        found.append(frames[:size])
        frames = frames[size:]
    return found


async def come(served: Served, number: int) -> Sequence[socket.socket]:
    """Sockets without a client's own objects, greeted and up to date."""
    loop, came = asyncio.get_running_loop(), []
    for _ in range(number):
        raw = socket.socket()
        raw.setblocking(False)
        came.append(raw)
        await loop.sock_connect(raw, ("127.0.0.1", served.port))
        await loop.sock_sendall(raw, HANDSHAKE.format(path=ONE).encode())
        heard = b""
        while b'"subscribed"' not in heard:
            heard += await loop.sock_recv(raw, 65_536)
    return came


def transient() -> Counter[str]:
    gc.collect()
    names = (type(each).__name__ for each in gc.get_objects())
    return Counter(name for name in names if name in TRANSIENT)


def handshakes() -> int:
    return tasks()["ServerConnections._accept"]


async def test_an_open_socket_holds_little_and_nothing_of_its_handshake(serve: Serving) -> None:
    async with serve(live_poll_min_s=60, live_poll_max_s=60) as served:
        running(served.stub)
        others, older = handshakes(), transient()  # of tests before, which some servers keep awhile
        (first,) = await come(served, 1)
        await eventually(lambda: handshakes() <= others)
        left = transient()
        new = left - older
        assert not {"Upgrade", "Websocket"} & new.keys(), "of whoever had the watcher started"
        before = tasks()
        tracemalloc.start()
        try:
            came = await come(served, SOCKETS)
            await eventually(lambda: handshakes() <= others)
            assert transient() <= left
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert tasks() <= before
        assert len(served.services.sockets) == SOCKETS + 1
        assert held / SOCKETS < 10 * 1024
        for raw in (first, *came):
            raw.close()
