"""Moments and spans in words."""

from datetime import UTC, datetime

import pytest

from handrail.core.time_words import moment, span


def test_a_moment_says_that_it_is_utc() -> None:
    assert moment(datetime(2026, 11, 2, 8, 6, 59, tzinfo=UTC)) == "2 November 2026, 08:06 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "1 minute"),
        (119, "1 minute"),
        (7199, "119 minutes"),
        (7200, "2 hours"),
        (86_400 * 2 - 1, "47 hours"),
        (86_400 * 7, "7 days"),
    ],
)
def test_a_span_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words
