"""A server whose queue is full when the handler ends is not left waiting."""

import asyncio
from typing import Any, cast

from quart import Quart

from handrail.web.quart_patches.websocket_connection import OwnWebsocketConnection


async def test_what_comes_after_the_handler_is_taken_until_the_peer_is_gone() -> None:
    app = Quart("discarding")
    connection = OwnWebsocketConnection(app, cast(Any, {"type": "websocket"}))
    queue: asyncio.Queue[Any] = asyncio.Queue(1)
    connection.receive = queue.get
    connection.discard_rest()
    async with asyncio.timeout(5):
        for _ in range(100):
            await queue.put({"type": "websocket.receive", "text": "ping"})
        await queue.put({"type": "websocket.disconnect", "code": 1006})
        while tasks := app.extensions["handrail.discarding"]:
            await asyncio.wait(tasks)
