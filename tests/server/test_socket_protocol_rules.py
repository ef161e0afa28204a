"""Sockets that send too many frames of whatever kind, or frames that break the protocol."""

import asyncio
import json
import struct

import pytest

from tests.web.bare_sockets import HANDSHAKE, bare, drained, frame
from tests.web.conftest import Serving
from tests.web.keys import configured
from tests.web.served import Served, tasks

from .wire import wired

TEXT, BINARY, CONTINUED, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA
FIN = 0x80
RATE = 5
BURST = 4 * RATE
FLOODS = {
    "empty pings": frame(b"", FIN | PING),
    "long pings": frame(b"x" * 125, FIN | PING),
    "empty pongs": frame(b"", FIN | PONG),
    "long pongs": frame(b"x" * 125, FIN | PONG),
    "JSON pings": frame(b'{"type":"ping"}'),
    "JSON pongs": frame(b'{"type":"pong"}'),
    "unsubscribing": frame(b'{"type":"unsubscribe","id":"a"}'),
}


def close_frame(code: int, reason: bytes = b"") -> bytes:
    return frame(struct.pack("!H", code) + reason, FIN | CLOSE)


async def frames_until_the_end(reader: asyncio.StreamReader) -> list[tuple[int, bytes]]:
    """Opcode and payload of each, until the server ends."""
    found = []
    async with asyncio.timeout(10):
        raw = await reader.read(-1)
    while raw:
        opcode, size, start = raw[0] & 0x0F, raw[1], 2
        if size == 126:
            size, start = struct.unpack("!H", raw[2:4])[0], 4
        found.append((opcode, raw[start : start + size]))
        raw = raw[start + size :]
    return found


async def closed_with(reader: asyncio.StreamReader) -> int:
    """The code of the close frame, which is the last that comes."""
    *_, (opcode, payload) = await frames_until_the_end(reader)
    assert opcode == CLOSE
    code: int = struct.unpack("!H", payload[:2])[0]
    return code


@pytest.mark.parametrize("one", FLOODS.values(), ids=FLOODS)
async def test_a_flood_of_any_kind_ends_with_4429(serve: Serving, one: bytes) -> None:
    async with serve(ws_max_messages_per_s=RATE) as served:
        before = tasks()
        async with bare(served, "/v1/ws") as (reader, writer):
            writer.write(one * 5_000)
            assert await closed_with(reader) == 4429
        await drained(served, before)
        registry = served.services.metrics.registry
        assert registry.get_sample_value("handrail_sockets_dropped_total", {"code": "4429"}) == 1


@pytest.mark.parametrize("payload", [b"", b"x"], ids=["empty", "one byte"])
@pytest.mark.parametrize("kind", [TEXT, BINARY])
async def test_fragments_are_frames_too(serve: Serving, kind: int, payload: bytes) -> None:
    async with (
        serve(ws_max_messages_per_s=RATE) as served,
        bare(served, "/v1/ws") as (reader, writer),
    ):
        writer.write(frame(payload, kind) + frame(payload, CONTINUED) * 5_000)
        assert await closed_with(reader) == 4429


async def test_a_flood_before_any_credential_ends_with_4429(serve: Serving) -> None:
    async with (
        serve(ws_max_messages_per_s=RATE, **configured()) as served,
        bare(served, "/v1/ws") as (reader, writer),
    ):
        writer.write(FLOODS["empty pings"] * 5_000)
        answered = await frames_until_the_end(reader)
        assert [opcode for opcode, _ in answered] == [PONG] * BURST + [CLOSE]


async def test_no_frame_is_handled_after_the_first_too_many(serve: Serving) -> None:
    async with (
        serve(ws_max_messages_per_s=RATE) as served,
        bare(served, "/v1/ws") as (reader, writer),
    ):
        writer.write(FLOODS["empty pings"] * 10_000)
        opcodes = [opcode for opcode, _ in await frames_until_the_end(reader)]
        assert opcodes.count(PONG) == BURST
        assert opcodes[-1] == CLOSE


async def test_pings_within_the_allowance_are_answered(serve: Serving) -> None:
    async with serve(ws_max_messages_per_s=RATE) as served, served.ready() as socket:
        for _ in range(BURST):
            async with asyncio.timeout(5):
                await (await socket.raw.ping())
        await socket.raw.close()
        assert socket.raw.close_code == 1000


async def test_a_long_frame_in_many_pieces_counts_once(serve: Serving) -> None:
    async with (
        serve(ws_max_messages_per_s=RATE) as served,
        bare(served, "/v1/ws") as (reader, writer),
    ):
        for byte in frame(b'{"type":"ping"}' + b" " * 100):
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            assert await reader.readuntil(b'{"type":"pong"}')
        writer.write(close_frame(1000))
        assert await closed_with(reader) == 1000


@pytest.mark.parametrize(
    ("wrong", "right", "status", "code"),
    [
        ("Version: 12", "Version: 13", 426, "upgrade_required"),
        ("Key2: ", "Key: ", 400, "bad_request"),
    ],
)
async def test_a_handshake_that_is_none_is_a_problem(
    served: Served, wrong: str, right: str, status: int, code: str
) -> None:
    async with wired(served.port) as wire:
        wire.send(
            HANDSHAKE.format(path="/v1/ws").replace(
                f"Sec-WebSocket-{right}", f"Sec-WebSocket-{wrong}"
            )
        )
        answer = await wire.ended()
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == code


BROKEN = {
    "an unknown opcode": (frame(b"", FIN | 0x3), 1002),
    "an unknown control opcode": (frame(b"", FIN | 0xB), 1002),
    "reserved bit 1": (frame(b"{}", FIN | 0x40 | TEXT), 1002),
    "reserved bit 2": (frame(b"{}", FIN | 0x20 | TEXT), 1002),
    "reserved bit 3": (frame(b"{}", FIN | 0x10 | TEXT), 1002),
    "an unmasked frame": (b"\x81\x02{}", 1002),
    "an unmasked ping": (b"\x89\x00", 1002),
    "a fragmented ping": (frame(b"", PING), 1002),
    "a ping too long": (frame(b"x" * 126, FIN | PING), 1002),
    "a ping whose length takes two bytes": (b"\x89\xfe\x00\x01" + bytes(5), 1002),
    "a length in two bytes for one": (b"\x81\xfe\x00\x02" + bytes(6), 1002),
    "a length in eight bytes for two": (b"\x81\xff" + (300).to_bytes(8) + bytes(304), 1002),
    "a length of more than 63 bits": (b"\x81\xff" + b"\xff" * 8 + bytes(8), 1002),
    "a message of a terabyte": (b"\x81\xff" + (1 << 40).to_bytes(8) + b"0" * 70_000, 1009),
    "a continuation of nothing": (frame(b"x", FIN | CONTINUED), 1002),
    "a new message within another": (frame(b"a", TEXT) + frame(b"b", TEXT), 1002),
    "text that is not UTF-8": (frame(b"\xff\xfe"), 1007),
    "half a character": (frame(b"\xc3"), 1007),
    "a surrogate in UTF-8": (frame(b"\xed\xa0\x80"), 1007),
    "a close of one byte": (frame(b"\x03", FIN | CLOSE), 1002),
    "a close code below all": (close_frame(999), 1002),
    "a close code nobody may send": (close_frame(1006), 1002),
    "a reserved close code": (close_frame(2000), 1002),
    "a close code above all": (close_frame(5000), 1002),
    "a close reason that is not UTF-8": (close_frame(1000, b"\xff"), 1007),
}


@pytest.mark.parametrize(("sent", "code"), BROKEN.values(), ids=BROKEN)
async def test_who_breaks_the_protocol_is_told_so(served: Served, sent: bytes, code: int) -> None:
    before = tasks()
    async with bare(served, "/v1/ws") as (reader, writer):
        writer.write(sent + b"anything at all")
        assert await closed_with(reader) == code
    await drained(served, before)


async def test_a_client_that_keeps_the_rules_hears_the_reason(serve: Serving) -> None:
    async with serve(ws_max_messages_per_s=RATE) as served, served.ready() as socket:
        for _ in range(BURST + 1):
            await socket.say("pong")
        assert await socket.closed() == 4429
        assert socket.raw.close_reason == "Too many messages."


async def test_nothing_is_said_after_the_close_frame(served: Served) -> None:
    """Not by the app either, which may be about to."""
    async with bare(served, "/v1/ws") as (reader, writer):
        writer.write(FLOODS["JSON pings"] * 100 + frame(b"", FIN | 0x3))
        *said, last = await frames_until_the_end(reader)
        assert last[0] == CLOSE
        assert CLOSE not in {opcode for opcode, _ in said}
