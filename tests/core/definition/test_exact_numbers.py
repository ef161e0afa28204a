"""Numbers as decimals."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.definition.exact_numbers import is_multiple, is_number, is_whole
from handrail.core.json_values import EXACT

numbers = st.integers() | st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False)
divisors = st.integers(1, 10**6) | st.decimals("1e-9", 10**9, allow_nan=False)


@given(numbers, divisors)
def test_multiples_are_those_of_fractions(number: Decimal | int, divisor: Decimal | int) -> None:
    assert is_multiple(number, divisor) == (Fraction(number) % Fraction(divisor) == 0)
    assert is_whole(number) == (Fraction(number).denominator == 1)


@given(st.integers(-999, 999), divisors)
def test_a_number_times_an_integer_is_a_multiple(times: int, divisor: Decimal | int) -> None:
    assert is_multiple(EXACT.multiply(Decimal(divisor), times), divisor)


@pytest.mark.parametrize(
    ("number", "divisor", "multiple"),
    [
        ("0.3", "0.1", True),
        ("1e999999999", "7", False),
        ("1e999999999", "1e-999999999", True),
        ("1e-999999999", "3", False),
        ("0", "3", True),
        ("0e5", "1e9", True),
        ("-12345678901234567.89", "0.01", True),
        ("12345678901234567.89", "0.1", False),
    ],
)
def test_no_number_is_rounded_or_written_out(number: str, divisor: str, multiple: bool) -> None:
    assert is_multiple(Decimal(number), Decimal(divisor)) is multiple


@pytest.mark.parametrize("value", [True, "1", None, [], Decimal("0.5"), Decimal("1e-9")])
def test_these_are_no_whole_numbers(value: object) -> None:
    assert not is_whole(value)


def test_a_boolean_is_no_number() -> None:
    assert is_number(1)
    assert is_number(Decimal("1.5"))
    assert not is_number(True)
    assert not is_number("1")
