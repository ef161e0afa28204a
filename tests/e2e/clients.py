"""A WebSocket client as bare as it gets, for processes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect

DEADLINE_S = 20.0


@asynccontextmanager
async def watching(port: int, execution: str, **query: str) -> AsyncIterator[ClientConnection]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    url = f"ws://127.0.0.1:{port}/v1/executions/{execution}/ws?{asked}"
    async with connect(url, proxy=None, open_timeout=DEADLINE_S, close_timeout=2) as socket:
        yield socket


async def hear(socket: ClientConnection, *types: str) -> dict[str, Any]:
    """The next message of these types, or the next at all."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if not types or message["type"] in types:
                return message


async def close_code(socket: ClientConnection) -> int:
    """How the server closes; what it says before is passed over."""
    async with asyncio.timeout(DEADLINE_S):
        try:
            while True:
                await socket.recv()
        except websockets.ConnectionClosed:
            return socket.close_code or 0
