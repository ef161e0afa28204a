"""GET …/stream: the socket's messages as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from handrail.clock import SystemClock
from handrail.core.apigateway import SubscriptionRequest
from handrail.core.protocol.client_messages import ONLY
from handrail.web.live.sse import KEEP_ALIVE, EventStream
from tests.web.conftest import Serving
from tests.web.served import DEADLINE_S, SERVERS, Served, eventually, settled, tasks
from tests.web.stories import ended, entered, failed, ran, running, succeeded

STREAM = "/v1/executions/order:one/stream"


@dataclass(frozen=True, slots=True)
class Sent:
    """One server-sent event; its data is a message of the socket protocol."""

    id: str | None
    message: dict[str, Any]


class Listener:
    """Reads a stream the way a browser does and holds each message against the documents."""

    def __init__(self, served: Served, response: aiohttp.ClientResponse) -> None:
        self._served = served
        self._response = response

    async def hear(self) -> Sent | None:
        """The next event, None at the stream's end. Comments and `retry` are passed over."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(DEADLINE_S):
            while line := (await self._response.content.readline()).decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name in {"id", "data"}:
                    fields[name] = value
                elif not line.strip() and "data" in fields:
                    message = json.loads(fields["data"])
                    self._served.messages.check(message)
                    return Sent(fields.get("id"), message)
        return None

    async def rest(self) -> list[Sent]:
        heard = []
        while (sent := await self.hear()) is not None:
            heard.append(sent)
        return heard


@asynccontextmanager
async def listening(
    served: Served, path: str = STREAM, last: str | None = None
) -> AsyncIterator[Listener]:
    headers = {"Last-Event-ID": last} if last else {}
    async with served.http.get(path, headers=headers) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        assert response.headers["Cache-Control"] == "no-store"
        yield Listener(served, response)


@pytest.fixture(params=SERVERS.values(), ids=list(SERVERS))
async def served(request: pytest.FixtureRequest, serve: Serving) -> AsyncIterator[Served]:
    async with serve(server=request.param) as served:
        yield served


async def test_a_stream_tells_an_execution_from_snapshot_to_complete(served: Served) -> None:
    arn = running(served.stub)
    async with listening(served) as listener:
        first = await listener.hear()
        assert first is not None
        assert first.message["type"] == "subscribed"
        now = datetime.fromisoformat(first.message["now"])
        assert abs(datetime.now(UTC) - now) < timedelta(hours=1)
        served.stub.append(arn, *ran("Charge"), succeeded({"paid": True}))
        heard = await listener.rest()
    assert heard[-1].message["type"] == "complete"
    assert heard[-1].message["output"] == {"paid": True}
    assert all(sent.id == sent.message["cursor"] for sent in [first, *heard])


async def test_the_last_event_id_resumes_a_stream(served: Served) -> None:
    arn = running(served.stub)
    async with listening(served) as listener:
        first = await listener.hear()
        assert first is not None
    served.stub.append(arn, *ran("Charge"), succeeded())
    async with listening(served, f"{STREAM}?level=events", last=first.id) as listener:
        heard = await listener.rest()
    assert heard[0].message["recovered"] is True
    seen = [e["id"] for s in heard for e in s.message.get("events", [])]
    assert seen == [2, 3, 4, 5, 6, 7]


async def test_the_last_event_id_goes_before_the_address(served: Served) -> None:
    ended(served.stub)
    async with listening(served) as listener:
        cursor = (await listener.rest())[0].id
        assert cursor is not None
    epoch = cursor.partition(":")[0]
    async with listening(served, f"{STREAM}?after={epoch}:1", last=f"{epoch}:3") as listener:
        assert (await listener.rest())[0].id == f"{epoch}:3"
    async with listening(served, f"{STREAM}?after={epoch}:1") as listener:
        assert (await listener.rest())[0].id == f"{epoch}:1"


async def test_who_has_everything_is_told_not_to_come_back(served: Served) -> None:
    ended(served.stub)
    async with listening(served) as listener:
        last = (await listener.rest())[-1].id
    answer = await served.get(STREAM, headers={"Last-Event-ID": str(last)})
    assert (answer.status, answer.body) == (204, b"")
    await eventually(lambda: len(served.services.sockets) == 0)


async def test_an_id_of_another_execution_starts_over(served: Served) -> None:
    ended(served.stub)
    for last in ("1:7", "nonsense"):
        async with listening(served, last=last) as listener:
            heard = await listener.rest()
        assert heard[0].message["recovered"] is False
        assert heard[-1].message["type"] == "complete"


async def test_a_redriven_execution_has_more_to_tell(served: Served) -> None:
    arn = running(served.stub)
    served.stub.append(arn, failed())
    async with listening(served) as listener:
        last = (await listener.rest())[-1].id
    await served.post("/v1/executions/order:one/redrive")
    async with listening(served, last=last) as listener:
        await listener.hear()
        served.stub.append(arn, entered("Charge"), succeeded())
        assert (await listener.rest())[-1].message["status"] == "SUCCEEDED"


async def test_a_wrong_level_is_a_problem(served: Served) -> None:
    answer = await served.get(f"{STREAM}?level=all")
    assert (answer.status, answer.body["errors"][0]["path"]) == (422, "level")


async def test_asking_for_the_headers_alone_ends(served: Served) -> None:
    running(served.stub)
    answer = await served.call("HEAD", STREAM)
    assert answer.status == 200
    await eventually(lambda: len(served.services.sockets) == 0)


async def test_a_stream_ends_when_the_service_drains(served: Served) -> None:
    running(served.stub)
    async with listening(served) as listener:
        assert await listener.hear()
        stopping = asyncio.ensure_future(served.stop())
        assert await listener.rest() == []
        await stopping


async def test_a_stream_asked_for_while_draining_is_refused(served: Served) -> None:
    running(served.stub)
    served.services.sockets.draining = True
    answer = await served.get(STREAM)
    assert (answer.status, answer.body["code"]) == (503, "draining")
    await eventually(lambda: served.services.hub.watchers == 0)


async def test_clients_that_leave_leave_nothing_behind(served: Served) -> None:
    running(served.stub)
    before = tasks()

    async def leave(lines: int) -> None:
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{served.port}") as http,
            http.get(STREAM) as response,
        ):
            for _ in range(lines):
                await response.content.readline()

    await asyncio.gather(*(leave(number % 4) for number in range(40)))
    await eventually(lambda: len(served.services.sockets) == 0)
    await eventually(lambda: served.services.hub.watchers == 0)
    await settled(before)


async def test_who_leaves_before_the_first_byte_leaves_nothing_behind(served: Served) -> None:
    running(served.stub)
    before = tasks()
    served.stub.slow_next("GetExecutionHistory", delay_s=0.1, times=3)
    for _ in range(3):
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(f"GET {STREAM} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        await eventually(lambda: len(served.services.sockets) > 0)
        writer.transport.abort()
        await eventually(lambda: len(served.services.sockets) == 0)
    await eventually(lambda: served.services.hub.watchers == 0)
    await settled(before)


async def test_a_quiet_stream_says_that_it_is_still_there(served: Served) -> None:
    running(served.stub)
    hub = served.services.hub
    stream = EventStream(hub, SubscriptionRequest(ONLY, "order:one"), SystemClock())
    stream.keep_alive_s = 0.05
    assert await stream.opened()
    frames = stream.frames()
    async with asyncio.timeout(DEADLINE_S):
        heard = [await anext(frames) for _ in range(4)]
    assert heard[0].startswith(b"retry: ")
    assert b'"subscribed"' in heard[1]
    assert heard[2:] == [KEEP_ALIVE, KEEP_ALIVE]
    await frames.aclose()
    stream.close()
