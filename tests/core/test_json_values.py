"""When two JSON texts mean the same."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.json_values import canonical, same_json


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{}", " { } "),
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}'),
        ('[{"a": {"c": 1, "b": 2}}]', '[{"a":{"b":2,"c":1}}]'),
        ("1e2", "100.0"),
        ("[1.0, 1.10]", "[1.00, 11e-1]"),
        ("1e400", "10e399"),
        ("12345678901234567.89", "1234567890123456789e-2"),
        ("-0", "0"),
        ('"\\u20ac"', '"\N{EURO SIGN}"'),
        ("123456789012345678901234567890", " 123456789012345678901234567890"),
    ],
)
def test_texts_of_one_value_are_the_same_json(one: str, other: str) -> None:
    assert same_json(one, other)
    assert same_json(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "true"),
        ("1", "1.0"),
        ("0", "null"),
        ('"1"', "1"),
        ("[1,2]", "[2,1]"),
        ("{}", "[]"),
        ('{"a": null}', "{}"),
        ('"\\ud800"', '"x"'),
        ("12345678901234567.89", "12345678901234567.88"),
        ("1e400", "1e401"),
        ("0.1234567890123456789012345", "0.1234567890123456789012346"),
        ("1e99999999999999999999", "1e99999999999999999998"),
        ("1.5", '"1.5"'),
        ("[1.5]", '["1.5"]'),
        ("9" * 5000, "9" * 4999),
        ("[" * 300 + "]" * 300, "[]"),
    ],
)
def test_texts_of_two_values_arent(one: str, other: str) -> None:
    assert not same_json(one, other)
    assert not same_json(other, one)


def test_what_isnt_json_is_the_same_as_itself_alone() -> None:
    assert same_json("not json", "not json")
    assert not same_json("not json", "not  json")
    assert canonical("\ud800") == b"\xed\xa0\x80"


mantissas = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?", fullmatch=True)


@given(mantissas, mantissas, st.integers(-40, 40), st.integers(0, 3))
def test_numbers_are_the_same_where_their_values_are(
    one: str, other: str, exponent: int, zeros: int
) -> None:
    spelled, value = f"{one}e{exponent}", Decimal(f"{one}e{exponent}")
    more = "0" * zeros if "." in one else ".0" + "0" * zeros
    assert same_json(spelled, f"{one}{more}E{exponent:+03}")
    plain = f"{value:f}"
    assert same_json(spelled, plain if "." in plain else f"{plain}.0")
    same = value == Decimal(other) and value.is_signed() == Decimal(other).is_signed()
    assert same_json(spelled, f"{other}e0") == same
