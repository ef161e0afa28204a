"""What was encoded is kept for all who are told the same."""

import json

from handrail.core.protocol.server_messages import ResetBody
from handrail.usecases.live.encoded import CACHED_BYTES, Encoded, EncodedMessages

KEY = ("reset", 7)


def test_what_is_kept_encoded_is_bounded() -> None:
    kept: Encoded[bytes] = Encoded()
    half = CACHED_BYTES // 2
    for name in ("one", "two", "three"):
        kept.keep((name,), name.encode(), half)
    assert kept.get(("one",)) == b"one"
    assert kept.get(("two",)) == b"two"
    assert kept.get(("three",)) is None
    kept.clear()
    kept.keep(("three",), b"three", half)
    assert kept.get(("three",)) == b"three"


def test_a_message_is_drawn_once_and_addressed_once_an_id() -> None:
    messages, drawn = EncodedMessages(), list[str]()

    def draw() -> ResetBody:
        drawn.append("once")
        return {"reason": "too far behind"}

    one, two = (messages.message(id, KEY, "1:7", draw) for id in ("one", "two"))
    assert drawn == ["once"]
    assert messages.message("one", KEY, "1:7", draw) is one
    assert json.loads(two.text) == {
        "type": "reset",
        "id": "two",
        "cursor": "1:7",
        "reason": "too far behind",
    }
    messages.clear()
    messages.message("one", KEY, "1:7", draw)
    assert drawn == ["once", "once"]
