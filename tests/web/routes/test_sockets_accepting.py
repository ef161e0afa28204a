"""What a server that hands nothing over sees of a socket's beginning."""

import asyncio
from typing import Any

from handrail.web.app import create_app
from tests.web.served import Served


async def test_nothing_is_said_before_the_server_has_accepted(served: Served) -> None:
    """Some take a while over it, and lose what is sent meanwhile."""
    said: list[str] = []
    greeted = asyncio.Event()

    async def send(message: Any) -> None:
        if message["type"] == "websocket.accept":
            for _ in range(20):
                await asyncio.sleep(0)
        said.append(message["type"])
        if message["type"] == "websocket.send":
            greeted.set()

    async def receive() -> Any:
        await greeted.wait()
        return {"type": "websocket.disconnect", "code": 1001}

    scope: Any = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "scheme": "ws",
        "http_version": "1.1",
        "path": "/v1/ws",
        "raw_path": b"/v1/ws",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "subprotocols": [],
        "extensions": {},
    }
    async with asyncio.timeout(5):
        await create_app(served.services)(scope, receive, send)
    assert said == ["websocket.accept", "websocket.send"]
    assert len(served.services.sockets) == 0
