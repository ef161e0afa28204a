"""When a receiver wants to be asked again."""

from datetime import UTC, datetime

import pytest

from handrail.webhooks.retry_after import retry_after_s

NOW = datetime(2026, 10, 21, 7, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("9" * 5000, 86_400.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 60.0),
        ("Wed, 21 Oct 2026 07:26:00 GMT", 0.0),
        ("Wed, 21 Oct 2099 07:26:00 GMT", 86_400.0),
        ("Wednesday, 21-Oct-26 07:28:00 GMT", 60.0),
        ("Wed, 21 Oct 2026 09:28:00 +0200", 60.0),
    ],
)
def test_seconds_and_dates_are_read(text: str, seconds: float) -> None:
    assert retry_after_s(text, NOW) == seconds


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "soon",
        "-5",
        "1.5",
        "٣",
        "Wed, 99 Oct 2026 07:28:00 GMT",
        "21 Oct 2026 07:28 -0000",
    ],
)
def test_what_can_t_be_read_says_nothing(text: str | None) -> None:
    assert retry_after_s(text, NOW) is None
