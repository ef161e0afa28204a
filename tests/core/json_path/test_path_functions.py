"""Functions at a path's end."""

from typing import Any

import pytest

from handrail.core.json_path.path_reading import read

DATA = {"l": [1, 4, "x", 4], "o": {"a": 1, "b": 2}, "items": [{"n": 1}, {"n": 5}], "t": "abc"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.l.length()", 4),
        ("$.o.size()", 2),
        ("$.t.length()", None),
        ("$.l.min()", 1.0),
        ("$.l.max()", 4.0),
        ("$.l.sum()", 9.0),
        ("$.l.avg()", 3.0),
        ("$.items[*].n.sum()", 6.0),
        ("$..n.max()", 5.0),
        ("$.items[*].n.stddev()", 2.0),
        ("$.o.keys()", ["a", "b"]),
        ("$.l.first()", 1),
        ("$.l.last()", 4),
        ("$.l.index(2)", "x"),
        ("$.l.append(7)", [1, 4, "x", 4, 7]),
        ("$.concat($.t, 'd')", "abcd"),
    ],
)
def test_a_function_is_of_what_the_path_finds(path: str, value: Any) -> None:
    assert read(path, DATA) == value


@pytest.mark.parametrize("path", ["$.t.sum()", "$.l.keys()", "$.l.index(9)", "$.o.first()"])
def test_some_have_nothing_to_answer_of(path: str) -> None:
    with pytest.raises(LookupError):
        read(path, DATA)
