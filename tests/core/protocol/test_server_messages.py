"""The protocol's small messages."""

import json

from handrail.core.errors import Unavailable
from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.encoded_messages import addressed
from handrail.core.protocol.server_messages import (
    closing,
    error_message,
    ready,
    unsubscribed,
    with_time,
)
from tests.fakes import BEGIN

NOW = "2026-01-01T00:00:00.000Z"


def test_they_say_what_the_protocol_says() -> None:
    messages = [
        ready("c1", 25, max_subscriptions=1, now=BEGIN),
        unsubscribed("s1"),
        error_message("s1", Unavailable("gone")),
        closing(CloseCode.TRY_LATER, "Come back."),
    ]
    assert [json.loads(message.text) for message in messages] == [
        {
            "type": "ready",
            "session": "c1",
            "heartbeat": 25,
            "max_subscriptions": 1,
            "now": NOW,
        },
        {"type": "unsubscribed", "id": "s1"},
        {
            "type": "error",
            "id": "s1",
            "code": "unavailable",
            "detail": "gone",
            "retryable": True,
        },
        {"type": "closing", "code": 1013, "reason": "Come back."},
    ]
    assert all(message.cursor is None for message in messages)


def test_a_stream_s_first_message_tells_the_time_and_stays_as_it_was() -> None:
    first = addressed("subscribed", "0", b'"recovered":false', cursor="1:2")
    told = with_time(first, BEGIN)
    assert json.loads(told.text) == {**json.loads(first.text), "now": NOW}
    assert told.cursor == "1:2"


def test_an_error_of_no_subscription_has_no_id() -> None:
    assert "id" not in json.loads(error_message(None, Unavailable("gone")).text)
