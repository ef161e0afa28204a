"""Messages as bytes."""

import json

import pytest

from handrail.core.json_text import json_bytes, shown
from handrail.core.models import ExecutionId
from handrail.core.protocol.encoded_messages import (
    KEPT,
    Message,
    addressed,
    encode,
    limited,
)


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
    frame = Message(b"x" * size).frame
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
    body = json_bytes({"cursor": "1:2", "states": [{"state": "A"}]})[1:-1]
    for id in ("s1", 'quo"te\\', "\N{EURO SIGN}"):
        message = addressed("update", id, body, cursor="1:2")
        assert json.loads(message.text) == {
            "type": "update",
            "id": id,
            "cursor": "1:2",
            "states": [{"state": "A"}],
        }
        assert message.cursor == "1:2"


ID = ExecutionId("orders", "one")
LINKS = {"self": "/v1/executions/orders:one", "events": "/v1/executions/orders:one/events"}


def update(text: str) -> Message:
    body = json_bytes({"execution": {"output": text}, "cursor": "9:4"})[1:-1]
    return addressed("update", "s1", body, cursor="9:4")


@pytest.mark.parametrize("character", ["a", "é", "\U0001f980", '"', "\x01"])
def test_a_message_is_whole_up_to_the_last_byte(character: str) -> None:
    message = update(character * 100)
    size = len(message.text)
    assert limited(message, size, ID) is message
    assert json.loads(limited(message, size - 1, ID).text)["omitted"] == ["*"]


def test_characters_that_fit_may_be_too_many_bytes() -> None:
    assert limited(update("e" * 100), 200, ID).cursor == "9:4"
    assert "omitted" not in json.loads(limited(update("e" * 100), 200, ID).text)
    assert "omitted" in json.loads(limited(update("é" * 100), 200, ID).text)


@pytest.mark.parametrize(
    ("document", "kept"),
    [
        ({"type": "subscribed", "recovered": True, "snapshot": {}}, {"recovered": True}),
        ({"type": "reset", "reason": "Too far.", "snapshot": {}}, {"reason": "Too far."}),
        ({"type": "update", "execution": {"status": "FAILED"}, "states": [], "events": []}, {}),
        ({"type": "complete", "status": "FAILED", "output": None}, {"status": "FAILED"}),
    ],
)
def test_a_message_without_its_content_says_where_it_is(
    document: dict[str, object], kept: dict[str, object]
) -> None:
    given = {"id": "s1", **document, "cause": "y" * 9000, "cursor": "9:4"}
    body = json_bytes({k: v for k, v in given.items() if k not in {"type", "id"}})[1:-1]
    said = {name: value for name, value in document.items() if name in KEPT}
    whole = addressed(str(document["type"]), "s1", body, cursor="9:4", kept=said)
    message = limited(whole, 1000, ID)
    told = {"type": document["type"], "id": "s1", "cursor": "9:4", **kept}
    assert json.loads(message.text) == {**told, "omitted": ["*"], "links": LINKS}
    assert message.cursor == "9:4"
    assert len(message.text) <= 1000
    assert limited(message, 1000, ID) is message


def test_a_message_of_no_execution_is_left_to_the_transport() -> None:
    message = encode({"type": "error", "detail": "x" * 200})
    assert limited(message, 100, ID) is message


@pytest.mark.parametrize(
    "output", ["9" * 5_000, "[" * 3_000 + "]" * 3_000, r'["\ud800"]', "1e400", '"recovered"']
)
def test_what_the_content_is_doesn_t_matter_to_a_message_without_it(output: str) -> None:
    body = json_bytes({"recovered": True, "snapshot": {"output": shown(output)}, "cursor": "9:4"})
    message = addressed("subscribed", "s1", body[1:-1], cursor="9:4", kept={"recovered": True})
    told = json.loads(limited(message, len(message.text) - 1, ID).text)
    assert told == {
        "type": "subscribed",
        "id": "s1",
        "recovered": True,
        "cursor": "9:4",
        "omitted": ["*"],
        "links": LINKS,
    }
