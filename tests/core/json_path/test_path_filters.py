"""Values that filters let pass."""

from typing import Any

import pytest

from handrail.core.json_path.path_filters import same
from handrail.core.json_path.path_reading import read

ITEMS: list[dict[str, Any]] = [
    {"n": 1, "t": "bc/1", "l": [1, 2], "b": True, "z": None},
    {"n": 2, "t": 'b"', "l": [], "b": False},
    {"n": 3, "t": "a'b"},
]
DATA = {"items": ITEMS, "wanted": [2, 3], "least": 2}


@pytest.mark.parametrize(
    ("filter_", "numbers"),
    [
        ("@.n == 2", [2]),
        ("@.n==2.0", [2]),
        ("@.n == '2'", []),
        ("@.n != 2", [1, 3]),
        ("@.l != 2", [1, 2, 3]),
        ("@.n > 1", [2, 3]),
        ("@['n'] >= $.least", [2, 3]),
        ("2 <= @.n", [2, 3]),
        ("@.t > 1", []),
        ("@.b == true", [1]),
        ("@.b == 1", []),
        ("@.z", [1]),
        ("@.z == null", [1]),
        ("!@.z", [2, 3]),
        ("@.l", [1, 2]),
        ("@.l[?(@ > 1)]", [1]),
        ("@.n == 1 || @.n == 3", [1, 3]),
        ("@.n > 1 && @.b == false", [2]),
        ("@.n == 1 || @.n > 1 && @.b == false", [1, 2]),
        ("(@.n == 1 || @.n > 1) && !(@.b == false)", [1, 3]),
        (r"@.t =~ /B.*\/\d/i", [1]),
        ("@.t =~ /b/", []),
        ("@.t =~ 'b'", []),
        ("@.t =~ @.t", []),
        ('@.t =~ /.*"/', [2]),
        (r"@.t == 'a\'b'", [3]),
        ("@.n in [1, 3]", [1, 3]),
        ("@.n IN $.wanted", [2, 3]),
        ("@.t in ['b\"', 'x']", [2]),
        ("@.n nin [1, 3]", [2]),
        ("@.l subsetof [1, 2, 3]", [1, 2]),
        ("@.l anyof [2]", [1]),
        ("@.l noneof [2]", [2]),
        ("@.l contains 2", [1]),
        ("@.t contains 'b'", [1, 2, 3]),
        ("@.l size 2", [1]),
        ("@.l empty true", [2]),
        ("@.l.length() == 2", [1]),
    ],
)
def test_a_filter_lets_pass_what_it_holds_for(filter_: str, numbers: list[int]) -> None:
    assert read(f"$.items[?({filter_})].n", DATA) == numbers


def test_a_filter_is_of_values_too() -> None:
    assert read("$.wanted[?(@ > 2)]", DATA) == [3]


def test_true_is_not_1_at_any_depth() -> None:
    assert same({"a": [1.0, None]}, {"a": [1, None]})
    assert not same([True], [1])
    assert not same({"a": 1}, {"b": 1})
