"""What intrinsic functions answer."""

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.json_path.intrinsic_syntax import ARGUMENTS, IntrinsicText
from handrail.engine.intrinsic_functions import FUNCTIONS, answer, format_text

OBJECT = {"a": 1, "b": {"c": 1}}


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("Array", [], []),
        ("Array", [1, [2]], [1, [2]]),
        ("ArrayPartition", [[1, 2, 3], 2], [[1, 2], [3]]),
        ("ArrayPartition", [[1, 2, 3], 1.6], [[1, 2], [3]]),
        ("ArrayPartition", [[], 2], []),
        ("ArrayContains", [[1, {"a": 1}], {"a": 1}], True),
        ("ArrayContains", [[1, 2], True], False),
        ("ArrayRange", [1, 9, 2], [1, 3, 5, 7, 9]),
        ("ArrayRange", [0, 9, 4], [0, 4, 8]),
        ("ArrayRange", [3, 1, -1], [3, 2, 1]),
        ("ArrayGetItem", [[1, 2, 3], 2], 3),
        ("ArrayLength", [[1, 2]], 2),
        ("ArrayUnique", [[OBJECT, OBJECT, True, 1, "1", 1]], [OBJECT, True, 1, "1"]),
        ("Base64Encode", ["Grüße"], "R3LDvMOfZQ=="),
        ("Base64Decode", ["R3LDvMOfZQ=="], "Grüße"),
        ("Hash", ["input", "SHA-1"], "140f86aae51ab9e1cda9b4254fe98a74eb54c1a1"),
        ("Hash", ["", "MD5"], "d41d8cd98f00b204e9800998ecf8427e"),
        ("JsonMerge", [OBJECT, {"b": {"d": 1}}, False], {"a": 1, "b": {"d": 1}}),
        ("StringToJson", ['{"a": [1.0, null]}'], {"a": [1.0, None]}),
        ("StringToJson", [" "], None),
        ("JsonToString", [{"a": ["ü", None]}], '{"a":["ü",null]}'),
        ("MathAdd", [111, -1], 110),
        ("MathAdd", [1.49, 1.5], 3),
        ("MathAdd", [-1.49, -1.5], -2),
        ("StringSplit", ["This.is+a,test=string", ".+,="], ["This", "is", "a", "test", "string"]),
        ("StringSplit", [",,a, ,", ","], ["a", " "]),
        ("StringSplit", ["a]b^c-d", "]^-"], ["a", "b", "c", "d"]),
    ],
)
def test_functions_answer_as_documented(name: str, arguments: list[Any], value: Any) -> None:
    found = answer(name, arguments)
    assert found == value
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ArrayPartition", [[1], 0]),
        ("ArrayPartition", [[1], "2"]),
        ("ArrayPartition", ["a", 1]),
        ("ArrayContains", ["12", "1"]),
        ("ArrayRange", [1, 9, 0]),
        ("ArrayRange", [0, 1000, 1]),
        ("ArrayGetItem", [[1], 1]),
        ("ArrayGetItem", [[1], -1]),
        ("ArrayGetItem", [[1], 0.5]),
        ("ArrayGetItem", [[1], True]),
        ("ArrayLength", [{}]),
        ("Base64Encode", ["x" * 10_001]),
        ("Base64Encode", [1]),
        ("Base64Decode", ["not base64!"]),
        ("Base64Decode", ["/w=="]),
        ("Hash", ["a", "SHA256"]),
        ("Hash", [{}, "MD5"]),
        ("JsonMerge", [{}, {}, True]),
        ("JsonMerge", [{}, [], False]),
        ("StringToJson", ["[1, 2"]),
        ("StringToJson", [[1]]),
        ("MathAdd", ["1", 1]),
        ("MathAdd", [True, 1]),
        ("MathRandom", [5, 5]),
        ("MathRandom", [1, "2"]),
        ("StringSplit", ["abc", ""]),
        ("StringSplit", [["a"], ","]),
        ("Format", ["{}"]),
        ("Format", ["", "a"]),
        ("Format", ["{", "a"]),
        ("Format", ["{0}", 1]),
        ("Format", [[1]]),
    ],
)
def test_other_arguments_are_refused(name: str, arguments: list[Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        answer(name, arguments)


@pytest.mark.parametrize(
    ("written", "values", "text"),
    [
        ("{} and {}", ["a", 1], "a and 1"),
        (r"\{{}\}", ["a"], "{a}"),
        (r"it\'s a \\ slash", [], "it's a \\ slash"),
        (r"line\n{}", [True], "line\ntrue"),
        ("{}", [{"a": [1, None, "x"]}], "{a=[1, null, x]}"),
        ("{} {} {}", [1.0, 1e20, 1.5e-5], "1.0 1.0E20 1.5E-5"),
    ],
)
def test_a_format_has_places_and_escapes(written: str, values: list[Any], text: str) -> None:
    assert format_text(IntrinsicText(written), *values) == text


@given(st.integers(-1000, 1000), st.integers(1, 1000), st.integers())
def test_a_random_number_is_in_its_range_and_its_seed_s(start: int, size: int, seed: int) -> None:
    numbers = {answer("MathRandom", [start, start + size, seed]) for _ in range(2)}
    assert len(numbers) == 1
    assert start <= numbers.pop() < start + size


def test_a_uuid_is_a_new_one() -> None:
    found = [answer("UUID", []) for _ in range(2)]
    assert found[0] != found[1]
    assert uuid.UUID(found[0]).version == 4


def test_every_function_that_can_be_written_can_be_answered() -> None:
    assert FUNCTIONS.keys() == ARGUMENTS.keys()
