"""A WebSocket after its handshake: its frames, and nothing else that costs memory. wsproto reads
them, by a parser that is there only while a frame or a message is incomplete.

RFC 6455; a peer that breaks it, or sends more frames than it may, is told so and cut off."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from enum import Enum, auto
from math import inf
from typing import Any, cast

from wsproto.frame_protocol import Frame, FrameProtocol, Opcode, ParseFailed

from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.encoded_messages import Message
from handrail.core.protocol.session import TOO_MANY_MESSAGES
from handrail.core.raw_connection import SocketOwner
from handrail.core.shares import frames_allowed

from .server_config import ServerConfig, log

LINGER_S = 1.0
"""How long a peer may take to answer a close frame; or, where it was cut off, to read why, what it
still sends being thrown away: a socket closed with bytes unread is reset, and the reason lost."""
DEAF_PAUSE_S = 0.02
"""Between two pieces of what is thrown away, so that TCP holds up who goes on sending."""
FRAMES_A_TURN = 32  # taken of one connection before the others have their turn
NO_CONTEXT = Context()  # not the one of the request that the socket was opened by, which it'd keep


class Stage(Enum):
    """OPEN; CLOSING: a close frame is sent, the peer's awaited; DEAF: what comes is thrown away."""

    OPEN = auto()
    CLOSING = auto()
    DEAF = auto()
    GONE = auto()


class OpenSockets(set["SocketProtocol"]):
    """Those of one server, and what they all go by."""

    def __init__(self, config: ServerConfig) -> None:
        super().__init__()
        self.config = config
        self.left = asyncio.Event()

    async def gone(self) -> None:
        """Until there is none."""
        while self:
            self.left.clear()
            await self.left.wait()


@dataclass(slots=True, eq=False, repr=False)
class SocketProtocol(asyncio.Protocol):
    """Has an open connection's transport; implements `SocketEnd`. Its `owner` is made next."""

    transport: asyncio.Transport
    _sockets: OpenSockets
    owner: SocketOwner = field(init=False)
    _stage: Stage = field(init=False, default=Stage.OPEN)
    _paused: bool = field(init=False, default=False)
    _full_at: float = field(init=False, default=-inf)
    _timer: asyncio.TimerHandle | None = field(init=False, default=None)
    _parser: FrameProtocol | None = field(init=False, default=None)
    _begun: str | bytes | None = field(init=False, default=None)
    """What has come of a message."""

    def ready(self) -> bool:
        return not self._paused

    def write(self, message: Message) -> None:
        if self._stage is Stage.OPEN and not self.transport.is_closing():
            self.transport.write(message.frame)

    def close(self, code: int, reason: str) -> None:
        if self._stage is Stage.OPEN:
            self._end(Stage.CLOSING, _parser().close(code, reason), code)

    def data_received(self, data: bytes) -> None:
        if self._stage is Stage.DEAF:
            self.transport.pause_reading()
            loop = asyncio.get_running_loop()
            loop.call_later(DEAF_PAUSE_S, self.transport.resume_reading, context=NO_CONTEXT)
        elif self._stage is not Stage.GONE:
            if self._parser is None:
                self._parser = _parser()
            self._parser.receive_bytes(data)
            self._take_frames()

    def pause_writing(self) -> None:
        self._paused = True
        if self._stage is Stage.OPEN:
            self._await_peer()

    def resume_writing(self) -> None:
        self._paused = False
        if self._stage is Stage.OPEN:
            self._no_longer()
            self.owner.resumed()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._stage, self._parser, self._begun = Stage.GONE, None, None
        self._no_longer()
        self._sockets.discard(self)
        self._sockets.left.set()
        self.owner.gone(CloseCode.LOST)
        del self.owner  # the two would wait for the collector, which seldom looks at what is old

    def _take_frames(self) -> None:
        """Takes some frames a turn, until one too many, one that breaks the rules, or the last."""
        if (parser := self._parser) is None or self._stage in {Stage.DEAF, Stage.GONE}:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        try:
            for number, frame in enumerate(parser.received_frames(), 1):
                self._take(frame, parser, now)
                if self._parser is None:
                    return
                if number == FRAMES_A_TURN:
                    self.transport.pause_reading()
                    loop.call_soon(self._go_on, context=NO_CONTEXT)
                    return
        except ParseFailed as error:
            self._cut_off(CloseCode(error.code))
        except Exception:
            log.exception("socket failed")
            self._cut_off(CloseCode.INTERNAL_ERROR)
        else:
            if between_messages(parser):
                self._parser = None

    def _go_on(self) -> None:
        self.transport.resume_reading()
        self._take_frames()

    def _take(self, frame: Frame, parser: FrameProtocol, now: float) -> None:
        # wsproto hands over parts of a frame as they come: the last one counts.
        if frame.opcode is Opcode.CLOSE:
            code, reason = cast(tuple[int, str], frame.payload)
            self._end(Stage.DEAF, parser.close(code, reason), code, by_peer=True)
            self.transport.close()
        elif frame.frame_finished and self._one_too_many(now):
            self._cut_off(CloseCode.TOO_MANY)
        elif self._stage is not Stage.OPEN or frame.opcode is Opcode.PONG:
            return
        elif frame.opcode is Opcode.PING:
            self._write(parser.pong(cast(bytes, frame.payload)))
        else:
            self._take_part(frame.payload, whole=frame.message_finished)

    def _one_too_many(self, now: float) -> bool:
        allowance = frames_allowed(self._sockets.config.max_frames_per_s, full_at=self._full_at)
        refused = allowance.take(now) > 0
        self._full_at = allowance.full_at
        return refused

    def _take_part(self, part: Any, *, whole: bool) -> None:
        """wsproto sees to it that all parts are of one type."""
        message, self._begun = part if self._begun is None else self._begun + part, None
        if len(message) > self._sockets.config.websocket_max_message_size:
            self._cut_off(CloseCode.TOO_BIG)
        elif whole:
            self.owner.received(message)
        else:
            self._begun = message

    def _cut_off(self, code: CloseCode) -> None:
        """Sends the reason and an end behind it, then ignores both sides, and closes once the peer
        has had time to read it. Not wsproto's reason, which quotes what was sent."""
        reason = TOO_MANY_MESSAGES if code is CloseCode.TOO_MANY else code.meaning
        self._end(Stage.DEAF, _parser().close(code, reason), code)
        if not self.transport.is_closing():
            self.transport.write_eof()

    def _end(
        self, stage: Stage, close_frame: bytearray, code: int, *, by_peer: bool = False
    ) -> None:
        if self._stage is Stage.OPEN:
            self._write(close_frame)
        self._stage = stage
        if stage is Stage.DEAF:
            self._parser = self._begun = None
        self._later(LINGER_S, self._cut)
        self.owner.gone(code, by_peer=by_peer)

    def _write(self, frame: bytes | bytearray) -> None:
        if not self.transport.is_closing():
            self.transport.write(frame)

    def _await_peer(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._later(self._sockets.config.send_timeout_s, self._look_at_peer, left)

    def _look_at_peer(self, left: int) -> None:
        if self.transport.get_write_buffer_size() < left:
            self._await_peer()  # slow, but reading
        else:
            self.owner.stalled()

    def _cut(self) -> None:
        """A peer that can't even take the close frame hears nothing more: a transport that closes
        would wait for it without end."""
        if self._paused or self.transport.is_closing():
            self.transport.abort()
            return
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._later(LINGER_S, self._cut)

    def _later(self, seconds: float, call: Callable[..., None], *given: int) -> None:
        """In place of what was to come before."""
        self._no_longer()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, call, *given, context=NO_CONTEXT)

    def _no_longer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _parser() -> FrameProtocol:
    return FrameProtocol(client=False, extensions=[])


def between_messages(parser: FrameProtocol) -> bool:
    """Whether nothing of a frame or a message has come, so that a new parser does as well. wsproto
    doesn't tell, so this rests on its 1.3."""
    decoder = parser._frame_decoder
    rest = decoder.header is not None or len(decoder.buffer) > 0
    return not rest and parser._message_decoder.opcode is None
