"""Functions that take regular expressions, where the library's differ."""

from typing import Any

import pytest

from handrail.engine.jsonata.evaluation import QueryFailed, evaluate


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$replace('aaa', /a/, 'ab', 2)", "ababa"),
        ("$replace('a.b', '.', '$$')", "a$$b"),
        ("$replace('abc', /(b)(x)?/, '[$1$2]')", "a[b]c"),
        ("$replace('abc', /b/, function($m){ $m.match & $m.start })", "ab1c"),
        ("$match('ab', /(x)?b/)", {"match": "b", "index": 1, "groups": [None]}),
        ("$split('a1b2c', /\\d/, 2)", ["a", "b"]),
        ("$filter(['ab', 'x'], /b/)", "ab"),
        ("/a(.)/('xab').groups", ["b"]),
    ],
)
def test_a_pattern_is_matched_as_the_reference_does(expression: str, value: Any) -> None:
    assert evaluate(expression, {}) == value


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("$replace('a', /a/, function($m){ 1 })", "D3012"),
        ("$replace('a', '', 'b')", "D3010"),
        ("$replace('a', 'a', 'b', -1)", "D3011"),
        ("$match('a', /a/, -1)", "D3040"),
        ("$split('a', 'b', -1)", "D3020"),
        ("$match('abc', /x*/)", "D1004"),
    ],
)
def test_what_can_t_be_matched_is_an_error(expression: str, error: str) -> None:
    with pytest.raises(QueryFailed, match=error):
        evaluate(expression, {})
