"""What an expression is given, and what it may take."""

import threading
from typing import Any

import pytest

from handrail.engine.jsonata.evaluation import QueryFailed, evaluate, reads_the_context
from handrail.engine.jsonata.exchange import UNDEFINED, NoJsonResult

DOUBLE = "($p := function($s, $n) { $n = 0 ? $s : $p($s & $s, $n - 1) }; $length($p('x', %d)))"
DOWN = "($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(%d))"


def problem(expression: str, **options: Any) -> str:
    with pytest.raises(QueryFailed) as caught:
        evaluate(expression, {}, **options)
    return caught.value.ending


def test_nothing_is_not_null() -> None:
    variables = {"v": {"void": None}}
    assert evaluate("$v.nothing", variables) is UNDEFINED
    assert evaluate("$v.void", variables) is None
    assert evaluate("$exists($v.void)", variables) is True


def test_a_text_is_a_variable_s_value_whatever_is_in_it() -> None:
    text = "\"'`{% \\ \n"
    assert evaluate("$v", {"v": text}) == text


def test_variables_stay_as_they_are() -> None:
    variables = {"v": {"list": [1]}}
    assert evaluate("$v ~> |$|{'x': 1}|", variables) == {"list": [1], "x": 1}
    assert variables == {"v": {"list": [1]}}


@pytest.mark.parametrize("expression", ["function($x){$x}", "{'f': $sum}", "[$uppercase]"])
def test_a_function_is_no_result(expression: str) -> None:
    with pytest.raises(NoJsonResult):
        evaluate(expression, {})


@pytest.mark.parametrize(
    ("accepted", "refused"),
    [
        ("+".join(["1"] * 100), "+".join(["1"] * 101)),
        (f"{'(' * 99}1{')' * 99}", f"{'(' * 100}1{')' * 100}"),
        (f"{'[' * 99}1{']' * 99}", f"{'[' * 100}1{']' * 100}"),
        ("1" + "~>$string" * 99, "1" + "~>$string" * 100),
        (DOWN % 31, DOWN % 32),
    ],
    ids=["terms", "parentheses", "brackets", "chain", "recursion"],
)
def test_an_expression_nests_100_levels(accepted: str, refused: str) -> None:
    assert evaluate(accepted, {}) is not UNDEFINED
    assert problem(refused).startswith(": Stack overflow error")


@pytest.mark.parametrize(
    ("accepted", "refused"),
    [
        ("$count([1..873782])", "$count([1..873783])"),
        (DOUBLE % 22, DOUBLE % 23),
        ("$count($range(1, 360145, 1))", "$range(1, 360146, 1)"),
        ("$length($pad('x', 1000))", "$pad('x', 1000000000)"),
    ],
    ids=["sequence", "text", "range", "padding"],
)
def test_an_expression_holds_so_much(accepted: str, refused: str) -> None:
    assert evaluate(accepted, {}) > 0
    assert problem(refused).startswith(": Expression evaluation memory limit exceeded")


@pytest.mark.parametrize(
    "endless",
    [
        "($f := function(){ $f() }; $f())",
        "$match($pad('', 40, 'a') & '!', /^(a|aa)+$/)",
        "$replace($pad('', 40, 'a') & '!', /^(a|aa)+$/, '')",
        "$split($pad('', 40, 'a') & '!', /^(a|aa)+$/)",
        "$contains($pad('', 40, 'a') & '!', /^(a|aa)+$/)",
    ],
)
def test_an_endless_expression_is_ended(endless: str) -> None:
    assert "infinite loop" in problem(endless, time_limit_s=0.05)


def test_other_threads_run_while_a_regular_expression_backtracks() -> None:
    """Python's own would hold them up."""
    passed = threading.Event()
    beside = threading.Thread(target=passed.set)

    def search() -> None:
        with pytest.raises(QueryFailed):
            evaluate("$match($pad('', 40, 'a') & '!', /^(a|aa)+$/)", {}, time_limit_s=0.5)

    searching = threading.Thread(target=search)
    searching.start()
    beside.start()
    assert passed.wait(0.4)
    searching.join()


@pytest.mark.parametrize("expression", ["1 +", "1) + (2", "a; b", "", "'open", "/* open"])
def test_what_is_no_expression_says_so(expression: str) -> None:
    assert problem(expression).startswith(". S0")


@pytest.mark.parametrize("expression", ["$", "$$", "$ + 1", "$.a", "[1, $]", "$x ? $ : 1", "$f($)"])
def test_the_context_of_the_whole_is_told_apart(expression: str) -> None:
    assert reads_the_context(expression)


@pytest.mark.parametrize(
    "expression", ["$states.input.l[$ > 1]", "[1, 2][$ = 1]", "$x.(a + $)", "'$'", "$x", "1 +"]
)
def test_an_item_is_no_context_of_the_whole(expression: str) -> None:
    assert not reads_the_context(expression)
