"""Declares what a server may offer a WebSocket app in the ASGI scope's extensions: a callable that
the app tells, before it accepts, what takes the socket over then. From there on ASGI carries
nothing of it, and both sides' tasks end: a socket is two ends, which call each other."""

from collections.abc import Callable
from typing import Protocol

from handrail.core.protocol.encoded_messages import Message

EXTENSION = "handrail.hand_over"


class SocketEnd(Protocol):
    """The end that sends. Nothing here waits or raises."""

    def ready(self) -> bool:
        """Whether the peer takes what is written. Where it doesn't, `resumed` or `stalled` tells
        what becomes of that."""

    def write(self, message: Message) -> None: ...

    def close(self, code: int, reason: str) -> None:
        """Sends the close frame, behind which nothing is written; `gone` is called once it is
        out."""


class SocketOwner(Protocol):
    """The end that is told. Nothing here may wait."""

    def received(self, data: str | bytes) -> None:
        """A whole message came; bytes are a binary one."""

    def resumed(self) -> None:
        """The peer takes more again."""

    def stalled(self) -> None:
        """It took nothing for the time it has."""

    def gone(self, code: int, *, by_peer: bool = False) -> None:
        """The socket has ended: by its close frame with this code, which is the server's where the
        peer broke the rules, or the peer's own (`by_peer`); or without one (1006). Called again it
        changes nothing."""


Take = Callable[[SocketEnd], SocketOwner]
HandOver = Callable[[Take], None]
"""What the extension holds."""
