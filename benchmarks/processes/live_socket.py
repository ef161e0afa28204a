"""A client's WebSocket as cheap as Python has it: text frames in, a few short ones out."""

import asyncio
from collections.abc import Callable
from typing import cast

from .endpoint import HEAD_END
from .frames import frame_end

FIN_TEXT = 0x81
FIN_CLOSE = 0x88
FIN_PONG = 0x8A
NO_MASK = bytes(4)
"""A mask of zeros (RFC 6455 section 5.3) leaves the payload as it is."""


class LiveSocket(asyncio.Protocol):
    """One connection. `heard` gets every text message, `lost` is called once it is closed: with
    True where it was ever open."""

    def __init__(
        self,
        address: tuple[str, int],
        path: str,
        *,
        heard: Callable[[bytes], None],
        lost: Callable[[bool], None],
    ) -> None:
        self._address = address
        self._path = path
        self._heard = heard
        self._lost = lost
        self._pending = b""
        self._open = False
        self._decided = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    async def connect(self) -> None:
        """Until it is open, or was refused and is lost. Raises OSError where nobody listens."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, *self._address)
        await self._decided.wait()

    def say(self, text: bytes) -> None:
        self._send(FIN_TEXT, text)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        host, port = self._address
        self._transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._pending += data
        if not self._open and not self._opened():
            return
        data, at = self._pending, 0
        while (end := frame_end(data, at)) <= len(data):
            self._frame(data, at, end)
            at = end
        self._pending = data[at:]

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._decided.set()
        self._lost(self._open)

    def _opened(self) -> bool:
        head, ended, rest = self._pending.partition(HEAD_END)
        if not ended:
            return False
        if b" 101 " not in head:
            self.close()
            return False
        self._pending, self._open = rest, True
        self._decided.set()
        return True

    def _frame(self, data: bytes, at: int, end: int) -> None:
        size = data[at + 1]
        start = at + (2 if size < 126 else 4 if size == 126 else 10)
        match data[at]:
            case 0x81:
                if data.startswith(b'{"type":"ping"', start):
                    self.say(b'{"type":"pong"}')
                else:
                    self._heard(data[start:end])
            case 0x89:
                self._send(FIN_PONG, data[start:end])
            case 0x88:
                self._send(FIN_CLOSE, data[start:end])
                self.close()
            case other:
                raise ValueError(f"no frame this audience knows: {other:#x}")

    def _send(self, first: int, payload: bytes) -> None:
        if self._transport is None:
            return
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self._transport.write(bytes([first]) + length + NO_MASK + payload)
