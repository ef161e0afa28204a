"""Patterns, timestamps and functions over any JSON."""

from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.engine.moto_patches.choices import instant, matches
from handrail.engine.moto_patches.grammar import (
    array_contains,
    array_unique,
    base64_decode,
    base64_encode,
)


@pytest.mark.parametrize(
    ("text", "pattern", "fits"),
    [
        ("abc", "a*", True),
        ("abc", "*c", True),
        ("a\nc", "a*c", True),
        ("a*c", r"a\*c", True),
        ("abc", r"a\*c", False),
        ("a\\c", r"a\\*", True),
        ("abc", "a?c", False),
        ("[a]", "[a]", True),
        ("a", "[a]", False),
        (5, "*", False),
    ],
)
def test_only_a_star_is_special_in_a_pattern(text: Any, pattern: str, *, fits: bool) -> None:
    assert matches(text, pattern) is fits


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-01T12:00:00Z", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01T12:00:00.250Z", datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-01-01T12:00:00+02:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01 12:00:00Z", None),
        ("2026-01-01T12:00:00", None),
        ("2026-02-30T12:00:00Z", None),
        ("today", None),
    ],
)
def test_a_timestamp_is_rfc_3339(text: str, at: datetime | None) -> None:
    assert instant(text) == at


def test_equal_json_is_the_same_and_true_is_not_1() -> None:
    assert array_unique([{"a": 1, "b": 2}, {"b": 2, "a": 1}, True, 1, "1", 1]) == [
        {"a": 1, "b": 2},
        True,
        1,
        "1",
    ]
    assert array_contains([1, 2], 2)
    assert not array_contains([1, 2], True)
    with pytest.raises(TypeError):
        array_contains("12", "1")


def test_base64_is_of_utf8_and_of_10000_characters_at_most() -> None:
    assert base64_decode(base64_encode("Grüße")) == "Grüße"
    with pytest.raises(ValueError, match="10000"):
        base64_encode("x" * 10_001)
