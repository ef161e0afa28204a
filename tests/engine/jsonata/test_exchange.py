"""Values on their way to the library and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonata.jexception import JException

from handrail.engine.jsonata.exchange import (
    UNDEFINED,
    json_text,
    json_value,
    library_value,
    number_text,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(-(2**53), 2**53),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_a_value_comes_back_as_it_went(value: object) -> None:
    assert json_value(library_value(value)) == value


@given(JSON)
def test_the_text_of_a_value_is_its_json(value: object) -> None:
    rounded = json.loads(json_text(library_value(value)), parse_int=str)
    assert json.loads(json_text(library_value(value), pretty=True), parse_int=str) == rounded


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back_from_its_text(number: float) -> None:
    assert float(number_text(number)) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-1.5e-10, "-1.5e-10"),
        (123456789012345678, "123456789012345680"),
        (5e-324, "5e-324"),
        (-0.0, "0"),
    ],
)
def test_a_number_is_written_as_javascript_does(number: float, text: str) -> None:
    assert number_text(number) == text


def test_nothing_is_undefined() -> None:
    assert json_value(None) is UNDEFINED


def test_a_value_shared_many_times_is_counted_as_often() -> None:
    shared: list[object] = ["x" * 1_000_000]
    for _ in range(40):
        shared = [shared, shared]
    with pytest.raises(JException, match="memory limit"):
        json_value(shared)
