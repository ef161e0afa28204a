"""Functions of JSONata's own, where the library's differ and the table of outcomes has no room."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.jsonata.evaluation import QueryFailed, evaluate


@given(st.lists(st.tuples(st.integers(0, 3), st.integers()), max_size=12))
def test_sorting_keeps_the_order_of_equals(pairs: list[tuple[int, int]]) -> None:
    given_ = [{"k": key, "at": at} for at, (key, _) in enumerate(pairs)]
    found = evaluate("[$sort($v, function($a, $b){ $a.k > $b.k }).at]", {"v": given_})
    assert found == [item["at"] for item in sorted(given_, key=lambda item: item["k"])]


@given(st.lists(st.sampled_from([0, 1, True, False, "1", None]), max_size=8))
def test_distinct_tells_types_apart(items: list[Any]) -> None:
    kept = {(type(item), item): item for item in items}
    assert evaluate("[$distinct($v)]", {"v": items}) == list(kept.values())


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$base64decode($base64encode('ü'))", "ü"),
        ("$toMillis('2024-02-29T12:34:56.789+05:30')", 1709190296789),
        ("$toMillis('2024-02-30T00:00:00Z')", 1709251200000),
        ("$clone({'a': null})", {"a": None}),
        ("$count($distinct([1..20000]))", 20000),
        ("$formatNumber(2.5, '0')", "2"),
    ],
)
def test_a_function_gives_what_the_reference_gives(expression: str, value: Any) -> None:
    assert evaluate(expression, {}) == value


@pytest.mark.parametrize(
    "expression", ["$base64decode('!')", "$toMillis('2024-02')[0].x + 'a'", "$decodeUrl('%')"]
)
def test_what_has_no_value_is_an_error(expression: str) -> None:
    with pytest.raises(QueryFailed):
        evaluate(expression, {})
