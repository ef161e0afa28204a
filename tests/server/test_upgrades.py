"""The WebSocket stream: no compression, frames as they are, and Hypercorn's loose ends."""

import asyncio
import json
import sys

from websockets.asyncio.client import connect

from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.served import Served, eventually, settled, tasks
from tests.web.stories import entered, exited, running

from .free_port import free_port

OFFERED = "permessage-deflate"


async def test_compression_is_offered_and_not_taken(served: Served) -> None:
    url = f"ws://127.0.0.1:{served.port}/v1/ws"
    async with connect(url, proxy=None, compression="deflate") as socket:
        assert socket.request is not None
        assert socket.response is not None
        assert OFFERED in socket.request.headers["Sec-WebSocket-Extensions"]
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        assert json.loads(await socket.recv())["type"] == "ready"


async def test_plain_hypercorn_takes_it() -> None:
    """The control: the same client, against the server as it comes."""
    port = free_port()
    command = ["-m", "hypercorn", "tests.server.echo:app", "--bind", f"127.0.0.1:{port}"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        assert process.stderr is not None
        async with asyncio.timeout(20):
            while b"Running on" not in await process.stderr.readline():
                continue
            url = f"ws://127.0.0.1:{port}"
            async with connect(url, proxy=None, compression="deflate") as socket:
                assert socket.response is not None
                assert OFFERED in socket.response.headers["Sec-WebSocket-Extensions"]
                await socket.send("hello")
                assert await socket.recv() == "hello"
    finally:
        process.terminate()
        await process.wait()


async def test_frames_of_every_length_arrive_whole(served: Served) -> None:
    """RFC 6455 writes a length in 7 bits, in 16 or in 64."""
    arn = running(served.stub)
    async with served.ready("/v1/executions/order:one/ws?level=events") as socket:
        await socket.hear("subscribed")
        for size in (10, 1_000, 70_000, 200_000):
            name = "x" * 70
            event = entered(name)
            event["stateEnteredEventDetails"]["input"] = json.dumps("y" * size)
            served.stub.append(arn, event, exited(name))
            events = (await socket.hear("update"))["events"]
            told = events[0]["state_entered_event_details"]["input"]
            assert len(json.loads(told)) == size
            if len(events) == 1:  # the other one comes by itself, where both are too large
                await socket.hear("update")
        await socket.say("ping")
        assert (await socket.hear()) == {"type": "pong"}


async def test_protocol_pings_are_answered(served: Served) -> None:
    async with served.ready() as socket:
        async with asyncio.timeout(5):
            await (await socket.raw.ping())


async def test_a_connection_its_client_has_closed_is_let_go(served: Served) -> None:
    """Not only after the time an idle one is kept."""
    before = tasks()
    for _ in range(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b" 200 " in await reader.readline()
        writer.close()
    await settled(before)


async def test_an_idle_connection_is_kept_for_the_next_request(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    for _ in range(3):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"close" not in head.lower()
        assert b"server:" not in head.lower()
        assert await reader.readexactly(15) == b'{"status":"ok"}'
    writer.close()


async def test_one_update_to_many_sockets_is_read_once(
    served: Served, stub: StepFunctionsStub
) -> None:
    arn = running(stub)
    path = "/v1/executions/order:one/ws"

    async def watch() -> str:
        async with served.ready(path) as socket:
            await socket.hear("subscribed")
            arrived.append(1)
            return str((await socket.hear("update"))["cursor"])

    arrived: list[int] = []
    watching = [asyncio.create_task(watch()) for _ in range(50)]
    await eventually(lambda: len(arrived) == 50)
    stub.append(arn, entered("Charge"))
    assert len(set(await asyncio.gather(*watching))) == 1
    assert stub.calls["DescribeExecution"] == 0
