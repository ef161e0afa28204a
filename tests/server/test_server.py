"""Listening and ending: the port, signals, and what is under way when the process is to end."""

import asyncio
import socket
import time

import pytest

from handrail.server.server import PortError, listen
from tests.web.conftest import Serving
from tests.web.served import DEADLINE_S, eventually
from tests.web.stories import running


def test_a_port_in_use_is_told_with_address_and_reason() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=rf"127\.0\.0\.1:{port}: Address already in use"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["203.0.113.1", "no.such.host.invalid"])
def test_an_address_that_isn_t_ours_is_told(host: str) -> None:
    with pytest.raises(PortError, match="can't listen on"):
        listen(host, 0)


def test_a_port_is_free_again_at_once() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
    listen("127.0.0.1", port).close()


def test_ipv6_is_an_address_too() -> None:
    with listen("::1", 0) as listener:
        assert listener.family == socket.AF_INET6


async def test_a_request_under_way_is_answered(serve: Serving) -> None:
    async with serve() as served:
        served.stub.slow_next("ListStateMachines", delay_s=0.3)
        asked = asyncio.create_task(served.get("/v1/state-machines"))
        await served.stub.called("ListStateMachines")
        await served.stop()
        assert (await asked).status == 200


async def test_a_request_that_hangs_holds_nothing_up(serve: Serving) -> None:
    waits = {"read_timeout_s": 60, "request_timeout_s": 60, "graceful_timeout_s": 0.2}
    async with serve(**waits) as served:
        served.stub.hang_next("ListStateMachines")
        asked = asyncio.create_task(served.get("/v1/state-machines"))
        await served.stub.called("ListStateMachines")
        async with asyncio.timeout(DEADLINE_S):
            await served.stop()
        answer = await asked
        assert (answer.status, answer.body["code"]) == (503, "draining")


async def test_sockets_are_closed_over_the_window(serve: Serving) -> None:
    async with serve(drain_window_s=0.5) as served:
        running(served.stub)
        closed_at: list[float] = []

        async def watch() -> int:
            async with served.ready() as socket:
                code = await socket.closed()
                closed_at.append(time.monotonic())
                return code

        watching = [asyncio.create_task(watch()) for _ in range(40)]
        await eventually(lambda: len(served.services.sockets) == 40)
        await served.stop()
        assert set(await asyncio.gather(*watching)) == {1012}
        assert max(closed_at) - min(closed_at) > 0.1
