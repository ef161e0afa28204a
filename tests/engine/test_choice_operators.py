"""What the operators of Choice rules answer."""

from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.engine.choice_operators import MISSING, holds, instant, matches

EACH: list[Any] = [None, 0, 1.1, "", "Hello", "2026-01-01T12:00:00+01:00", [], {}, True, False]
EARLY, LATE = "2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00.5Z"


@pytest.mark.parametrize(
    ("name", "those"),
    [
        ("IsNull", [None]),
        ("IsNumeric", [0, 1.1]),
        ("IsString", ["", "Hello", "2026-01-01T12:00:00+01:00"]),
        ("IsBoolean", [True, False]),
        ("IsTimestamp", ["2026-01-01T12:00:00+01:00"]),
        ("IsPresent", EACH),
    ],
)
def test_types(name: str, those: list[Any]) -> None:
    found = [value for value in EACH if holds(name, value, True)]
    assert repr(found) == repr(those)
    assert repr([value for value in EACH if not holds(name, value, False)]) == repr(those)


def test_what_is_not_there_is_not_present() -> None:
    assert holds("IsPresent", MISSING, False)
    assert not holds("IsPresent", MISSING, True)


@pytest.mark.parametrize(
    ("name", "variable", "operand", "fits"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", 5, "5", False),
        ("StringLessThan", "a", "b", True),
        ("StringGreaterThanEquals", "b", "b", True),
        ("NumericEquals", 5, 5.0, True),
        ("NumericEquals", "5", 5, False),
        ("NumericEquals", True, 1, False),
        ("NumericGreaterThan", 1.5, 1, True),
        ("NumericLessThanEquals", 2, "3", False),
        ("BooleanEquals", False, False, True),
        ("BooleanEquals", 1, True, False),
        ("TimestampLessThan", EARLY, LATE, True),
        ("TimestampEquals", EARLY, "2026-01-01T10:00:00Z", True),
        ("TimestampGreaterThanEquals", "today", EARLY, False),
        ("StringMatches", "log-1.txt", "log-*.txt", True),
        ("StringMatches", 5, "*", False),
    ],
)
def test_values_are_compared_with_their_own_kind(
    name: str, variable: Any, operand: Any, *, fits: bool
) -> None:
    assert holds(name, variable, operand) is fits


def test_there_are_no_other_operators() -> None:
    with pytest.raises(ValueError, match="no operator"):
        holds("Nearly", 1, 1)


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
    ],
)
def test_only_a_star_is_special_in_a_pattern(text: str, pattern: str, *, fits: bool) -> None:
    assert matches(text, pattern) is fits


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-01T12:00:00Z", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01T12:00:00.250Z", datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-01-01T12:00:00+02:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01 12:00:00Z", None),
        ("2026-01-01T12:00:00", None),
        ("2026-01-01t12:00:00z", None),
        ("2026-01-01T12:00Z", None),
        ("2026-01-01T12:00:00+0200", None),
        ("2026-02-30T12:00:00Z", None),
        ("2026-01-01", None),
    ],
)
def test_a_timestamp_is_rfc_3339(text: str, at: datetime | None) -> None:
    assert instant(text) == at
