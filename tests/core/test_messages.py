"""Messages as bytes."""

import json
import math

import pytest

from service.core.messages import Message, addressed, body_of, encode, text_frame


def payload_of(frame: bytes) -> bytes:
    """Read a server's frame by RFC 6455, section 5.2."""
    assert frame[0] == 0b1000_0001, "final, no extension, text"
    assert frame[1] < 128, "unmasked"
    sizes = {126: slice(2, 4), 127: slice(2, 10)}
    if (extended := sizes.get(frame[1])) is None:
        size, start = frame[1], 2
    else:
        size, start = int.from_bytes(frame[extended], "big"), extended.stop
    assert len(frame) == start + size
    return frame[start:]


@pytest.mark.parametrize(
    ("size", "header"), [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10), (300_000, 10)]
)
def test_a_frame_says_its_size_in_as_few_bytes_as_the_rfc_wants(size: int, header: int) -> None:
    frame = text_frame(b"x" * size)
    assert len(frame) == header + size
    assert payload_of(frame) == b"x" * size


def test_a_messages_frame_is_made_once() -> None:
    message = encode({"type": "ping"})
    assert payload_of(message.frame) == message.text == b'{"type":"ping"}'
    assert message.frame is message.frame


def test_a_notice_has_no_cursor() -> None:
    assert encode({"type": "ping"}).cursor is None
    assert Message(b"{}", "1:2").cursor == "1:2"


def test_a_body_is_completed_for_each_subscription() -> None:
    body = body_of({"cursor": "1:2", "states": [{"state": "A"}]})
    for id in ("s1", 'quo"te\\', "\N{EURO SIGN}"):
        message = addressed("update", id, body, cursor="1:2")
        assert json.loads(message.text) == {
            "type": "update",
            "id": id,
            "cursor": "1:2",
            "states": [{"state": "A"}],
        }
        assert message.cursor == "1:2"


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_numbers_json_doesnt_have_become_null(number: float) -> None:
    assert encode({"n": number}).text == b'{"n":null}'
    assert body_of({"n": [number]}) == b'"n":[null]'


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    document = {"cause": "cut \ud83d", "\ud800": ["\ude00", 1]}
    assert json.loads(encode(document).text) == {"cause": "cut ?", "?": ["?", 1]}
