"""What a path leads to, by the rules of Jayway JsonPath, and what is put where one leads."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.json_path.path_reading import NoPlace, NothingThere, past_the_end, put, read

DATA: dict[str, Any] = {
    "a": [{"x": 1}, {"x": 2}],
    "b": {"c": [[3], []]},
    "n": None,
    "empty": [],
    "two words": {"it's": 5},
    "t": [{"s": "bc/1"}, {"s": 'b"'}, {"s": 5}],
    "über": 1,
    "with-dash": {"q?": 7},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", DATA),
        ("$.a[1].x", 2),
        ("$.a[-1].x", 2),
        ("$.b.c[0]", [3]),
        ("$.b.c[0][0]", 3),
        ("$['a'][0]['x']", 1),
        ('$["two words"]["it\'s"]', 5),
        (r"$['two words']['it\'s']", 5),
        ("$.['b'].c[1]", []),
        ("$.über", 1),
        ("$.with-dash.q?", 7),
        ("$.n", None),
        ("$['n','über','nope']", {"n": None, "über": 1}),
    ],
)
def test_a_path_to_one_place_gives_what_is_there(path: str, value: Any) -> None:
    assert read(path, DATA) == value


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.a[*].x", [1, 2]),
        ("$.a.*.x", [1, 2]),
        ("$.a[0,1].x", [1, 2]),
        ("$.a[0:1].x", [1]),
        ("$.a[-1:].x", [2]),
        ("$.a[:5]", DATA["a"]),
        ("$.a[7:]", []),
        ("$.b.c[*][*]", [3]),
        ("$.empty[*]", []),
        ("$.n[*]", []),
        ("$..x", [1, 2]),
        ("$..c[0]", [[3]]),
        ("$..nothing", []),
        ("$.a[*].y", []),
        ("$.nothing[*]", []),
        ("$.nothing.more[1:].x", []),
        ("$.über.x[?(@.y)]", []),
        ("$.nothing..x", []),
        ("$.a[9][*]", []),
        ("$.a[*]['x','y']", [{"x": 1}, {"x": 2}]),
        ("$.b[?(@.c)]", [DATA["b"]]),
        ("$.b[?(@.d)]", []),
        ("$.b[?(@[0])]", []),
        ("$.a[?(@.x == 2)]", [{"x": 2}]),
        ("$.a[0][?(@.x == 1)]", [{"x": 1}]),
    ],
)
def test_any_other_gives_a_list(path: str, values: list[Any]) -> None:
    assert read(path, DATA) == values


def test_a_descent_finds_each_value_before_what_is_in_it() -> None:
    assert read("$..*", {"a": [1], "b": 2}) == [[1], 2, 1]
    assert read("$..a", {"a": {"a": 1}}) == [{"a": 1}, 1]


@pytest.mark.parametrize(
    "path",
    [
        "$.nothing",
        "$.a[2]",
        "$.a[0].nothing",
        "$.n.x",
        "$.über[0]",
        "$.a.x",
        "$[1:]",
        "$.b[0,1]",
        "$.über[1:]",
        "$.nothing.length()",
    ],
)
def test_a_way_through_nothing_is_an_error(path: str) -> None:
    with pytest.raises(NothingThere):
        read(path, DATA)


def test_an_item_past_the_end_is_told_from_nothing_else() -> None:
    assert past_the_end("$.a[2]", DATA)
    assert past_the_end("$.empty[0]", DATA)
    for path in ("$.a[1]", "$.nothing[2]", "$.n[0]", "$.a[2].x", "$.a[*][5]", "$"):
        assert not past_the_end(path, DATA)


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("$", 9),
        ("$.new", DATA | {"new": 9}),
        ("$.b.d.e", DATA | {"b": {**DATA["b"], "d": {"e": 9}}}),
        ("$['b']['c'][1]", DATA | {"b": {"c": [[3], 9]}}),
    ],
)
def test_a_value_is_put_into_a_copy(path: str, changed: Any) -> None:
    before = repr(DATA)
    assert put(path, DATA, 9) == changed
    assert repr(DATA) == before


@pytest.mark.parametrize("path", ["$.n.x", "$.a[2]", "$.a.x", "$.über.x", "$.a[*]", "$..x"])
def test_a_value_is_not_put_where_there_is_no_place(path: str) -> None:
    with pytest.raises(NoPlace):
        put(path, DATA, 9)


keys = st.text(st.characters(exclude_characters="'\\", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(keys, max_size=5), st.integers())
def test_what_was_put_is_found_there(names: list[str], value: int) -> None:
    path = "$" + "".join(f"['{name}']" for name in names)
    assert read(path, put(path, {}, value)) == value
