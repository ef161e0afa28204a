"""Declares what a server may offer a WebSocket app in the ASGI scope's extensions: a callable that
answers the connection's Transport or None."""

from typing import Protocol

EXTENSION = "handrail.transport"


class Transport(Protocol):
    """One connection's raw end. Frames written here go out in order with what ASGI sends."""

    def writable(self) -> bool:
        """True while the write buffer is below its high-water mark."""

    def buffered(self) -> int:
        """Bytes written and not yet taken by the peer."""

    def write(self, frame: bytes) -> None: ...

    async def drain(self) -> None:
        """Until the write buffer is below its low-water mark. Raises ConnectionError."""

    def abort(self) -> None: ...
