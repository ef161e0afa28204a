"""A socket over ASGI's `receive` and `send`, without a server."""

import asyncio
from typing import Any

import pytest

from handrail.core.protocol.encoded_messages import encode
from handrail.web.live import outbox
from handrail.web.live.outbox import AsgiOutbox

PING = {"type": "websocket.receive", "text": "ping", "bytes": None}
RAW = {"type": "websocket.receive", "text": None, "bytes": b"raw"}
GONE = {"type": "websocket.disconnect", "code": 1001}
PONG = encode({"type": "pong"})


class Stage:
    """A server, and the `SocketOwner` that the outbox tells."""

    def __init__(self, *incoming: Any, send_timeout_s: float = 60) -> None:
        self.happened: list[Any] = []
        self.incoming: asyncio.Queue[Any] = asyncio.Queue()
        self.receiving = False
        self.takes, self.close_fails = asyncio.Event(), False
        self.takes.set()
        for event in incoming:
            self.incoming.put_nowait(event)
        self.outbox = AsgiOutbox(self.send, send_timeout_s)
        self.outbox.owner = self

    async def run(self) -> bool:
        return await self.outbox.run(self.receive, self.close)

    async def receive(self) -> Any:
        self.receiving = True
        try:
            return await self.incoming.get()
        finally:
            self.receiving = False

    async def send(self, text: str) -> None:
        await self.takes.wait()
        self.happened.append(text)

    async def close(self, code: int, reason: str) -> None:
        assert not self.receiving, "some servers send no close frame meanwhile"
        self.incoming.put_nowait(GONE)
        if self.close_fails:
            raise RuntimeError("the peer is gone")
        self.happened.append(("closed", code, reason))

    def received(self, data: str | bytes) -> None:
        self.happened.append(("received", data))

    def resumed(self) -> None:
        self.happened.append("resumed")

    def stalled(self) -> None:
        self.happened.append("stalled")
        self.outbox.close(4000, "slow")

    def gone(self, code: int, *, by_peer: bool = False) -> None:
        self.happened.append(("gone", int(code)))


async def test_what_comes_is_handed_over_until_the_peer_leaves() -> None:
    stage = Stage({"type": "websocket.connect"}, PING, RAW, GONE)
    assert not await stage.run()
    assert stage.happened == [("received", "ping"), ("received", b"raw"), ("gone", 1001)]
    assert stage.outbox.peer_left


async def test_a_message_at_a_time_is_sent() -> None:
    stage = Stage()
    stage.outbox.write(PONG)
    assert not stage.outbox.ready()
    stage.incoming.put_nowait(GONE)
    await stage.run()
    assert stage.outbox.ready()
    assert stage.happened[:2] == ['{"type":"pong"}', "resumed"]


@pytest.mark.parametrize("fails", [False, True])
async def test_it_closes_once_and_tells_when_that_is_done(fails: bool) -> None:
    stage = Stage()
    stage.close_fails = fails
    running = asyncio.create_task(stage.run())
    await asyncio.sleep(0)
    stage.outbox.close(1012, "restarting")
    stage.outbox.close(1000, "")
    assert await running is not fails
    said = [] if fails else [("closed", 1012, "restarting")]
    assert stage.happened == [*said, ("gone", 1012)]
    assert stage.outbox.peer_left


async def test_a_peer_that_takes_nothing_stalls_and_nothing_of_it_stays() -> None:
    stage = Stage(send_timeout_s=0)
    stage.takes.clear()
    stage.outbox.write(PONG)
    assert await stage.run()
    assert stage.happened == ["stalled", ("closed", 4000, "slow"), ("gone", 4000)]
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


async def test_a_peer_that_says_on_after_the_close_frame_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "CLOSE_TIMEOUT_S", 0.01)
    stage = Stage()

    async def close(code: int, reason: str) -> None:
        del code, reason  # and the peer doesn't answer

    stage.outbox.close(1000, "")
    assert await stage.outbox.run(stage.receive, close)
    assert not stage.outbox.peer_left
