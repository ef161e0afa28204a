"""A bare ASGI WebSocket app, for a Hypercorn that is nothing but Hypercorn."""

from typing import Any


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Accepts every socket and says everything back."""
    if scope["type"] != "websocket":
        return
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
