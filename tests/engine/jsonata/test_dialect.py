"""What Step Functions adds to JSONata."""

from typing import Any

import pytest

from handrail.engine.jsonata.evaluation import QueryFailed, evaluate
from handrail.engine.jsonata.exchange import UNDEFINED


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$hash('input', 'SHA-1')", "140f86aae51ab9e1cda9b4254fe98a74eb54c1a1"),
        ("$length($uuid())", 36),
        ("$uuid() = $uuid()", False),
        ("$random(42)", 0.7275636800328681),
        ("$random(42.9) = $random(42)", True),
        ("$random() < 1", True),
        ("$range(0, 0, 1)", [0]),
        ("$range(1, 9, 9)", 1),
        ("$range(0, 9, 3)", [0, 3, 6, 9]),
        ("$range(0, 10, 3)", [0, 3, 6, 9]),
        ("$range(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
        ("$partition([0], 5)", [[0]]),
        ("$partition([0, 1, 2], 2)", [[0, 1], [2]]),
        ("$partition([0, 1, 2], 2.9)", [[0, 1], [2]]),
        ("$partition([0, 1])", [[0, 1]]),
        ("$parse('{\"a\": [1, null]}').a[1] = null", True),
        ("$map(['1', '2'], $parse)", [1, 2]),
    ],
)
def test_a_function_gives_what_it_gives_on_aws(expression: str, value: Any) -> None:
    assert evaluate(expression, {}) == value


@pytest.mark.parametrize(
    "expression",
    [
        "$range(3, 1, 1)",
        "$range(0, 4, 0)",
        "$range(0, 4)",
        "$partition([], 1)",
        "$partition([1], 0)",
        "$partition($nothing, 1)",
        "$hash('a')",
        "$parse($nothing)",
    ],
)
def test_some_arguments_give_nothing(expression: str) -> None:
    assert evaluate(expression, {}) is UNDEFINED


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("$eval('1+1')", "T1006: Attempted to invoke a non-function"),
        ("$hash(1, 'MD5')", 'T0410: Argument 1 of function "hash" does not match'),
        ("$hash('a', 1)", 'T0410: Argument 2 of function "hash" does not match'),
        ("$hash('a', 'MD5', 1)", 'T0410: Argument 3 of function "hash" does not match'),
        ("$hash('a', 'CRC')", "D3137: Hash algorithm 'CRC' must be one of"),
        ("$range('0', 4, 1)", 'T0410: Argument 1 of function "range" does not match'),
        ("$range(0, $nothing, 1)", 'T0410: Argument 2 of function "range" does not match'),
        ("$partition(1, 1)", 'T0412: Argument 1 of function "partition" must be an array of'),
        ("$partition([1], -1)", "D3137: Second argument must be zero or greater"),
        ("$random('a')", 'T0410: Argument 1 of function "random" does not match'),
        ("$uuid(1)", 'T0410: Argument 1 of function "uuid" does not match'),
        ("$parse('{')", "D3137: Invalid JSON"),
        ("$parse('')", "D3137: Invalid JSON"),
        ("$parse('NaN')", "D3137: Invalid JSON"),
        ('$parse(\'{"a": 1, "a": 2}\')', "D3137: Invalid JSON"),
    ],
)
def test_what_aws_refuses_is_an_error_in_its_words(expression: str, problem: str) -> None:
    with pytest.raises(QueryFailed) as caught:
        evaluate(expression, {})
    assert str(caught.value).startswith(problem)
