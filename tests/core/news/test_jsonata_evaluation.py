"""What an expression gives, and within which bounds."""

from traceback import format_exception

import pytest
from jsonata.functions import Functions

from handrail.core.errors import InvalidInput
from handrail.core.json_text import exact
from handrail.core.models import Json
from handrail.core.news.jsonata_evaluation import (
    LARGEST,
    RegularExpressionRefused,
    compiled,
    evaluate,
)

STATES = {"input": {"a": [1, 2, 3], "none": None, "p": 1.5, "text": "x" * 300_000}}


def value(expression: str) -> Json:
    return evaluate(expression, STATES, at_ms=1_000)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$states.input.a", [1, 2, 3]),
        ("$states.input.none", None),
        ("$states.input.a[$ > 1]", [2, 3]),
        ("$sum($states.input.a) * 2", 12),
        ("$states.input.p * 2", 3),
        ("$millis()", 1_000),
        ("$now()", "1970-01-01T00:00:01.000Z"),
        ("$range(1, 7, 3)", [1, 4, 7]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("""$parse('{"a": [null, 1.5]}')""", {"a": [None, 1.5]}),
        ("$pad('x', 3, '-')", "x--"),
        (
            "$distinct([1, 1.0, true, 'a', 'a', [1], [1], {'b': null}, {'b': null}])",
            [1, True, "a", [1], {"b": None}],
        ),
        ("$spread([{'a': 1, 'b': 2}, 3, [{'c': 4}]])", [{"a": 1}, {"b": 2}, 3, {"c": 4}]),
        ("$reduce([1, 2, 3], $append)", [1, 2, 3]),
        ("$reduce([1, 2, 3], function($sum, $n){$sum + $n}, 4)", 10),
        ("$join(['a', 'b'], '+')", "a+b"),
        ("$replace('banana', 'a', 'o', 2)", "bonona"),
        ("{'a': $states.input.missing, 'b': 1}", {"b": 1}),
    ],
)
def test_an_expression_gives_json(expression: str, expected: Json) -> None:
    assert value(expression) == expected


def test_a_number_that_python_writes_otherwise_is_read_as_one() -> None:
    assert evaluate("$states.input * 2", {"input": exact("1.50")}, at_ms=0) == 3


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("$states.input.missing", "it gives nothing"),
        ("$sum", "it gives a function"),
        ("[function($x){$x}]", "it gives a function"),
        ("1e308 * 10", "D1001|number that JSON hasn't"),
        ("$error('SECRET')", "it raises an error of its own"),
        ("$number('SECRET')", "can't be evaluated"),
        ("'SECRET' + 1", r"must evaluate to a number \(T2001\)"),
        ("$partition(1, 2)", r"\(T0410\)"),
        ("$eval('1')", "T1006"),
        ("($f := function($n){$f($n + 1)}; $f(0))", "more than 50,000 steps"),
        ("($f := function($n){1 + $f($n + 1)}; $f(0))", "nests too deep"),
        ("($f := function($s, $n){$n > 0 ? $f($s & $s, $n - 1) : $s}; $f('x', 40))", "too large"),
        ("$pad('x', 1000000000)", "too large"),
        ("$join([1..1000].$string(), $states.input.text)", "too large"),
        ("$replace($states.input.text, 'x', $states.input.text)", "too large"),
        ("$range(1, 100000000, 1)", "too large"),
        ("[1..1000000]", "too large"),
        ("$map([1..1000], function($i){$states.input.text})", "too large"),
        ("[1..9000].($states.input.text & 'x')", "too large"),
        ("$reduce([1..60000], $append)", "too large"),
        ("1 +", "S0207"),
    ],
)
def test_what_has_no_value_says_why_and_quotes_nothing(expression: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as failed:
        value(expression)
    assert "SECRET" not in "".join(format_exception(failed.value))


def test_a_value_as_large_as_is_allowed_is_given() -> None:
    assert len(value("$pad('', 1048000)")) == 1_048_000 < LARGEST


class Compared(str):
    """Notes what it is compared with."""

    __slots__ = ()
    times = 0

    def __eq__(self, other: object) -> bool:
        Compared.times += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_the_distinct_of_a_long_list_are_found_without_comparing_each_with_each() -> None:
    texts: list[Json] = [Compared(number) for number in range(2_000)]
    found = evaluate("$count($distinct($states.input))", {"input": texts}, at_ms=0)
    assert (found, Compared.times < 20_000) == (2_000, True)


def test_a_long_list_is_spread_without_being_copied_for_each_item(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied = list[int]()

    def append(first: list[object], second: object) -> object:
        copied.append(len(first or ()))
        return real(first, second)

    real = Functions.append
    monkeypatch.setattr(Functions, "append", append)
    objects: list[Json] = [{"a": 1}] * 2_000
    assert evaluate("$count($spread($states.input))", {"input": objects}, at_ms=0) == 2_000
    assert sum(copied) < 20_000


def test_regular_expressions_are_refused_before_anything_is_evaluated() -> None:
    with pytest.raises(RegularExpressionRefused):
        compiled("$match('a', /(a+)+b/)")
