"""A connection's rules: requests that don't finish arriving, HTTP/2, sizes, how many at once."""

import asyncio
import json
from socket import socket
from types import SimpleNamespace
from typing import Any

import h11
import pytest

from handrail.entrypoints.serve import InOrder, server_config
from handrail.server.hypercorn_tcp import Http1
from handrail.server.server import serve as serve_by
from handrail.settings import Settings
from handrail.web.app import create_app
from handrail.web.services import Services
from tests.environment import settings_of
from tests.web.conftest import Serving
from tests.web.served import Served

from .wire import wired

GET = "GET /healthz HTTP/1.1\r\nHost: a\r\n"


async def impatient(
    services: Services, settings: Settings, listener: socket, ending: asyncio.Event
) -> None:
    """Little time for a request's head, and few connections."""
    config = server_config(settings, max_connections=3)
    config.read_timeout = 1
    await serve_by(
        create_app(services), listener, config, ending=InOrder(services, settings), stop=ending
    )


async def test_a_head_that_doesn_t_finish_arriving_is_answered_408(serve: Serving) -> None:
    async with serve(server=impatient) as served, wired(served.port) as wire:
        for number in range(2):
            wire.send(f"{GET}X-Number: {number}\r\n\r\n")
            assert (await wire.answered()).status == 200
        for character in GET[:12]:
            wire.send(character)
            await asyncio.sleep(0.01)
        head = await wire.answered()
        assert (head.status, head.last) == (408, True)


async def test_a_head_in_pieces_is_fine_while_it_is_quick(serve: Serving) -> None:
    async with serve(server=impatient) as served, wired(served.port) as wire:
        for _ in range(3):
            wire.send(GET[:10])
            await asyncio.sleep(0.4)
            wire.send(GET[10:] + "\r\n")
            assert (await wire.answered()).status == 200


async def test_who_has_said_nothing_yet_may_wait(serve: Serving) -> None:
    async with serve(server=impatient) as served, wired(served.port) as wire:
        await asyncio.sleep(1.2)
        assert (await wire.get("/healthz")).status == 200
        await asyncio.sleep(1.2)
        assert (await wire.get("/healthz")).status == 200


async def test_an_idle_connection_is_closed_after_its_time(serve: Serving) -> None:
    async with serve(keep_alive_s=0.2) as served, wired(served.port) as wire:
        await wire.get("/healthz")
        assert await wire.ended() == b""


async def test_requests_sent_ahead_are_answered_in_turn(served: Served) -> None:
    async with wired(served.port) as wire:
        wire.send(f"{GET}\r\n" * 3)
        assert [(await wire.answered()).status for _ in range(3)] == [200] * 3


async def test_an_upgrade_to_http_2_is_passed_over(served: Served) -> None:
    async with wired(served.port) as wire:
        wire.send(
            f"{GET}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
            "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
        )
        assert (await wire.answered()).status == 200
        assert (await wire.get("/healthz")).status == 200


async def test_http_2_without_asking_is_refused_in_http_1(served: Served) -> None:
    async with wired(served.port) as wire:
        wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert (await wire.ended()).startswith(b"HTTP/1.1 4")


async def test_a_head_too_long_is_answered_431_before_it_is_whole(served: Served) -> None:
    async with wired(served.port) as wire:
        wire.send(f"{GET}X: ")
        for _ in range(5):
            wire.send("x" * 8_000)
            await asyncio.sleep(0.02)  # else it is read, and taken, in one piece
        assert (await wire.answered()).status == 431


@pytest.mark.parametrize("size", [100, 15_000, 30_000])
async def test_a_head_with_a_long_token_is_taken(served: Served, size: int) -> None:
    async with wired(served.port) as wire:
        wire.send(f"{GET}Authorization: Bearer {'x' * size}\r\n\r\n")
        assert (await wire.answered()).status == 200


async def test_one_connection_too_many_is_answered_503_and_its_place_is_free_again(
    serve: Serving,
) -> None:
    async with serve(server=impatient) as served:
        await served.http.close()
        async with wired(served.port) as one, wired(served.port) as two, wired(served.port) as last:
            for wire in (one, two, last):
                assert (await wire.get("/healthz")).status == 200
            async with wired(served.port) as extra:
                answer = await extra.ended()
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503 ")
            assert {b"connection: close", b"retry-after: 1"} <= {*head.split(b"\r\n")}
            assert json.loads(body)["code"] == "overloaded"
        places: list[int] = []

        async def look() -> None:
            async with wired(served.port) as wire:
                places.append((await wire.get("/healthz")).status)

        while 200 not in places:
            await look()


@pytest.mark.parametrize(
    ("method", "lines", "events", "writes"),
    [
        ("GET", [("content-length", "2")], [h11.Data(b"{}"), h11.EndOfMessage()], [b"{}"]),
        ("HEAD", [("content-length", "2")], [h11.EndOfMessage()], [b""]),
        ("GET", [("content-length", "0")], [h11.EndOfMessage()], [b""]),
        ("GET", [], [h11.Data(b"a"), h11.Data(b"b")], [b"", b"1\r\na\r\n", b"1\r\nb\r\n"]),
    ],
    ids=["a short answer", "to HEAD", "an empty one", "a stream"],
)
async def test_an_answer_of_known_length_is_one_write_and_a_stream_s_head_goes_out_at_once(
    method: str, lines: list[tuple[str, str]], events: list[h11.Event], writes: list[bytes]
) -> None:
    written: list[bytes] = []

    async def send(event: Any) -> None:
        written.append(event.data)

    context: Any = SimpleNamespace(event_class=lambda: None)
    http = Http1(None, server_config(settings_of()), context, None, None, False, None, None, send)
    http.connection.receive_data(f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    http.connection.next_event()
    for event in (h11.Response(status_code=200, headers=lines), *events):
        await http._send_h11_event(event)
    heads = [data.partition(b"\r\n\r\n")[1:] for data in written[:1]]
    assert heads == [(b"\r\n\r\n", writes[0])]
    assert written[1:] == writes[1:]
