"""A socket's own end, without a network: what it makes of bytes, and when it ends."""

import asyncio
import struct
from collections.abc import Sequence
from typing import Any, cast
from weakref import ref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.core.protocol.encoded_messages import encode
from handrail.server import socket_protocol
from handrail.server.server_config import ServerConfig
from handrail.server.socket_protocol import FRAMES_A_TURN, OpenSockets, SocketProtocol
from tests.web.bare_sockets import frame

TEXT, BINARY, CONTINUED, CLOSE, PING, PONG, FIN = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA, 0x80
MOST = 1000
UPDATE = encode({"type": "update"})


class Wire:
    """A transport that takes everything down."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.buffered = 0
        self.reading = True
        self.ended: list[str] = []

    def write(self, data: bytes) -> None:
        assert "eof" not in self.ended
        self.written.append(bytes(data))

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def is_closing(self) -> bool:
        return bool({"close", "abort"} & set(self.ended))

    def write_eof(self) -> None:
        self.ended.append("eof")

    def close(self) -> None:
        self.ended.append("close")

    def abort(self) -> None:
        self.ended.append("abort")


class Listener:
    """Implements `SocketOwner`."""

    def __init__(self, end: SocketProtocol) -> None:
        self.end = end
        self.heard: list[str | bytes | int | tuple[int, str]] = []

    def received(self, data: str | bytes) -> None:
        self.heard.append(data)

    def resumed(self) -> None:
        self.heard.append("(resumed)")

    def stalled(self) -> None:
        self.heard.append("(stalled)")

    def gone(self, code: int, *, by_peer: bool = False) -> None:
        self.heard.append((int(code), "peer") if by_peer else int(code))


def opened(*, frames_per_s: float = 1e6, timeout_s: float = 60) -> tuple[Wire, Any, Listener]:
    config = ServerConfig()
    config.max_frames_per_s, config.websocket_max_message_size = frames_per_s, MOST
    config.send_timeout_s = timeout_s
    wire, sockets = Wire(), OpenSockets(config)
    end = SocketProtocol(cast(asyncio.Transport, wire), sockets)
    end.owner = listener = Listener(end)
    sockets.add(end)
    return wire, end, listener


async def turns(number: int = 5) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def close_frame(code: int) -> bytes:
    return frame(struct.pack("!H", code), FIN | CLOSE)


def opcodes(wire: Wire) -> Sequence[int]:
    return [said[0] & 0x0F for said in wire.written]


SAYING = st.text(max_size=200) | st.binary(max_size=300)
CONTROL = st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125))


@settings(max_examples=80, deadline=None)
@given(
    script=st.lists(
        st.tuples(SAYING, st.integers(1, 4), st.lists(CONTROL, max_size=2)), max_size=5
    ),
    cut=st.randoms(use_true_random=False),
)
def test_whatever_the_pieces_the_same_is_heard(script: Any, cut: Any) -> None:
    """RFC 6455, 5.4: fragments, control frames between them, and TCP's own pieces."""
    raw, messages, pings = b"", [], []
    for said, fragments, controls in script:
        data = said.encode() if isinstance(said, str) else said
        size = -(-len(data) // fragments) or 1
        parts = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
        for number, part in enumerate(parts):
            last = FIN if number == len(parts) - 1 else 0
            kind = CONTINUED if number else (TEXT if isinstance(said, str) else BINARY)
            raw += frame(part, last | kind)
            if number == 0:
                raw += b"".join(frame(payload, FIN | kind) for kind, payload in controls)
        messages.append(said)
        pings += [payload for kind, payload in controls if kind == PING]

    async def play() -> None:
        wire, end, listener = opened()
        rest = raw
        while rest:
            size = cut.choice([1, 2, 7, 300, 5000])
            end.data_received(rest[:size])
            while not wire.reading:  # noqa: ASYNC110 - a wire has no events
                await asyncio.sleep(0)
            rest = rest[size:]
        assert listener.heard == messages
        assert [said[2:] for said in wire.written] == pings
        assert end._parser is None, "between two messages nothing is kept"

    asyncio.run(play())


async def test_what_is_incomplete_keeps_its_parser_and_no_more() -> None:
    _, end, listener = opened()
    whole = frame("Grüße".encode(), TEXT) + frame(b"!", FIN | CONTINUED)
    for byte in whole[:-1]:
        end.data_received(bytes((byte,)))
        assert end._parser is not None
    end.data_received(whole[-1:])
    assert (listener.heard, end._parser) == (["Grüße!"], None)


@pytest.mark.parametrize("pieces", [1, 4])
async def test_a_message_may_be_so_long_and_no_longer(pieces: int) -> None:
    for size, heard in ((MOST, "x" * MOST), (MOST + 4, 1009)):
        wire, end, listener = opened()
        part = b"x" * (size // pieces)
        for number in range(pieces):
            last = FIN if number == pieces - 1 else 0
            end.data_received(frame(part, last | (CONTINUED if number else TEXT)))
        assert listener.heard == [heard]
        assert ("eof" in wire.ended) is (heard == 1009)


@pytest.mark.parametrize("by", ["peer", "app"])
async def test_nothing_follows_the_close_frame(by: str) -> None:
    wire, end, listener = opened()
    end.write(UPDATE)
    if by == "peer":
        end.data_received(close_frame(1000) + frame(b"x", FIN | PING))
    else:
        end.close(1012, "The service is restarting.")
    end.write(UPDATE)
    end.close(1000, "")
    end.data_received(frame(b"x", FIN | PING))
    assert opcodes(wire) == [TEXT, CLOSE]
    assert listener.heard == [(1000, "peer") if by == "peer" else 1012]
    end.connection_lost(None)
    assert not end._sockets


async def test_a_lost_socket_is_gone_without_the_collector() -> None:
    """That looks at what is old so seldom that a day's dead sockets would wait for it."""
    _, end, listener = opened()
    left = ref(listener)
    end.connection_lost(None)
    del listener
    assert left() is None


async def test_a_close_frame_is_answered_with_its_code() -> None:
    wire, end, _ = opened()
    end.data_received(close_frame(4123))
    assert wire.written == [b"\x88\x02" + struct.pack("!H", 4123)]
    assert wire.ended == ["close"]


async def test_a_peer_that_answers_the_close_frame_is_let_go_at_once() -> None:
    wire, end, _ = opened()
    end.close(1000, "")
    end.data_received(frame(b'{"type":"ping"}') + close_frame(1000))
    assert wire.ended == ["close"]


@pytest.mark.parametrize(("paused", "how"), [(False, "close"), (True, "abort")])
async def test_a_peer_that_doesn_t_is_closed_after_a_moment(
    monkeypatch: pytest.MonkeyPatch, paused: bool, how: str
) -> None:
    """One that doesn't take the close frame either is cut off."""
    monkeypatch.setattr(socket_protocol, "LINGER_S", 0)
    wire, end, _ = opened()
    if paused:
        end.pause_writing()
    end.close(1000, "")
    await turns()
    assert wire.ended == [how]


@pytest.mark.parametrize("by", ["app", "peer", "rules"])
async def test_a_peer_that_never_takes_the_last_of_it_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Less waits than would pause the writer, and a transport that closes would wait for ever."""
    monkeypatch.setattr(socket_protocol, "LINGER_S", 0)
    wire, end, _ = opened()
    wire.buffered = 500
    if by == "app":
        end.close(1000, "")
    else:
        end.data_received(close_frame(1000) if by == "peer" else b"\x83\x00")
    await turns()
    assert wire.ended[-1] == "abort"
    end.connection_lost(None)
    assert end._timer is None


async def test_what_comes_after_the_rules_were_broken_is_taken_slowly_and_thrown_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket_protocol, "DEAF_PAUSE_S", 0)
    wire, end, listener = opened()
    end.data_received(b"\x83\x00")
    end.data_received(frame(b"{}"))
    assert (listener.heard, wire.ended, wire.reading) == ([1002], ["eof"], False)
    await turns()
    assert wire.reading


async def test_a_peer_that_takes_nothing_stalls_and_one_that_takes_little_doesn_t() -> None:
    wire, end, listener = opened(timeout_s=0)
    wire.buffered = 90_000
    end.pause_writing()
    assert not end.ready()
    wire.buffered = 80_000
    await asyncio.sleep(0)
    await turns(1)
    assert listener.heard == []
    await turns()
    assert listener.heard == ["(stalled)"]


async def test_a_peer_that_takes_it_all_in_time_is_written_to_again() -> None:
    _, end, listener = opened(timeout_s=0)
    end.pause_writing()
    end.resume_writing()
    await turns()
    assert (listener.heard, end.ready()) == (["(resumed)"], True)


async def test_an_owner_that_fails_ends_its_socket_with_1011() -> None:
    wire, end, listener = opened()

    def fails(data: str | bytes) -> None:
        raise LookupError(data)

    listener.received = fails  # type: ignore[method-assign]
    end.data_received(frame(b"{}"))
    assert listener.heard == [1011]
    assert wire.written[-1][2:4] == struct.pack("!H", 1011)


async def test_others_have_their_turn_within_one_piece_of_data() -> None:
    """A thousand frames allowed, and all of them at once: the loop is not held."""
    wire, end, listener = opened()
    end.data_received(frame(b"1") * FRAMES_A_TURN * 10)
    taken = []
    while not wire.reading:
        taken.append(len(listener.heard))
        await asyncio.sleep(0)
    assert taken == [FRAMES_A_TURN * turn for turn in range(1, 11)]


async def test_a_connection_that_is_lost_between_two_turns_is_left_alone() -> None:
    wire, end, listener = opened()
    end.data_received(frame(b"1") * FRAMES_A_TURN * 2)
    wire.ended.append("close")
    end.connection_lost(ConnectionResetError())
    await turns()
    assert listener.heard == ["1"] * FRAMES_A_TURN + [1006]
