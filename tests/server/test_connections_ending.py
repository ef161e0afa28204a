"""The end of the process, in its order: readiness fails, the port closes, sockets are told, what is
under way is finished."""

import asyncio
import json
import time

import pytest

from tests.server.wire import Wire, refused, wired
from tests.web.bare_sockets import HANDSHAKE, bare
from tests.web.conftest import Serving
from tests.web.served import DEADLINE_S, eventually
from tests.web.stories import ran, running

ONE = "/v1/executions/order:one"


async def unready(wire: Wire) -> None:
    """Until readiness fails, asked over a connection that is kept."""
    while (await wire.get("/readyz")).status != 503:
        continue


async def test_the_end_has_an_order(serve: Serving) -> None:
    order: list[str] = []
    async with serve(
        drain_delay_s=1, drain_window_s=0.1, graceful_timeout_s=5, read_timeout_s=5
    ) as served:
        served.stub.slow_next("DescribeStateMachine", delay_s=2.5)

        async def probe(wire: Wire) -> None:
            await unready(wire)
            assert not await refused(served.port)
            order.append("not ready, and taking requests")

        async def come_back() -> None:
            async with served.ready() as socket:
                assert await socket.closed() == 1012
                assert await refused(served.port)
            order.append("sockets told, and nobody there to come back to")

        async def ask() -> None:
            assert (await served.get("/v1/state-machines/order")).status == 200
            order.append("answered")

        async with wired(served.port) as wire:
            assert (await wire.get("/readyz")).status == 200
            async with asyncio.TaskGroup() as clients:
                for client in (probe(wire), ask(), *(come_back() for _ in range(20))):
                    clients.create_task(client)
                await eventually(lambda: len(served.services.sockets) == 20)
                await served.stub.called("DescribeStateMachine")
                await served.stop()
                order.append("ended")
    assert order == [
        "not ready, and taking requests",
        *["sockets told, and nobody there to come back to"] * 20,
        "answered",
        "ended",
    ]


async def test_a_request_on_a_kept_connection_is_answered_and_is_the_last(serve: Serving) -> None:
    async with serve(drain_window_s=0.5) as served, wired(served.port) as wire:
        assert not (await wire.get("/healthz")).last
        stopping = asyncio.ensure_future(served.stop())
        await eventually(lambda: served.services.sockets.draining)
        head = await wire.get("/v1/state-machines")
        assert (head.status, head.last) == (200, True)
        assert await wire.ended() == b""
        await stopping


async def test_an_idle_connection_is_kept_through_the_window_and_then_closed(
    serve: Serving,
) -> None:
    waits = {"drain_window_s": 0.3, "graceful_timeout_s": 60}
    async with serve(**waits) as served, wired(served.port) as wire:
        await wire.get("/healthz")
        began_at = time.monotonic()
        await served.stop()
        assert await wire.ended() == b""
        assert 0.3 <= time.monotonic() - began_at < DEADLINE_S


async def test_a_socket_opened_on_a_kept_connection_is_told_to_go_elsewhere(
    serve: Serving,
) -> None:
    async with serve(drain_window_s=0.5) as served, wired(served.port) as wire:
        await wire.get("/healthz")
        stopping = asyncio.ensure_future(served.stop())
        await eventually(lambda: served.services.sockets.draining)
        wire.send(HANDSHAKE.format(path="/v1/ws"))
        assert (await wire.answered()).status == 101
        assert (1012).to_bytes(2) + b"This replica is restarting." in await wire.ended()
        await stopping


async def test_a_long_poll_answers_what_it_has(serve: Serving) -> None:
    async with serve(drain_window_s=0.1) as served:
        running(served.stub)
        path = f"{ONE}/events"
        cursor = (await served.get(path)).body["cursor"]
        asked = asyncio.create_task(served.get(path, params={"after": cursor, "wait": 25}))
        await eventually(lambda: served.services.hub.watchers == 1)
        await eventually(lambda: served.services.hub._waits._waiting)
        await served.stop()
        answer = await asked
        assert (answer.status, answer.body["events"]) == (200, [])


@pytest.mark.parametrize("path", [f"{ONE}/ws?level=events", f"{ONE}/stream?level=events"])
async def test_clients_that_take_nothing_hold_nothing_up(serve: Serving, path: str) -> None:
    async with serve(graceful_timeout_s=0.2, ws_send_timeout_s=60) as served:
        arn = running(served.stub)
        async with wired(served.port) as wire:
            if "stream" in path:
                wire.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
            else:
                wire.send(HANDSHAKE.format(path=path))
            wire.reader._transport.pause_reading()  # type: ignore[attr-defined]
            await eventually(lambda: len(served.services.sockets) == 1)
            payload = json.dumps("x" * 200_000)
            for _ in range(60):  # more than the kernel takes for it
                served.stub.append(arn, *ran("Charge", payload=payload))
            await eventually(lambda: served.services.hub.watchers == 1)
            async with asyncio.timeout(DEADLINE_S):
                await served.stop()


async def test_a_connection_of_nobody_s_is_dropped(serve: Serving) -> None:
    """Half a request, and a socket that never closes."""
    async with (
        serve(graceful_timeout_s=0.2) as served,
        bare(served, "/v1/ws"),
        wired(served.port) as wire,
    ):
        wire.send("GET / HT")
        await eventually(lambda: len(served.services.sockets) == 1)
        async with asyncio.timeout(DEADLINE_S):
            await served.stop()
