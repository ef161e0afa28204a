"""JSONata: what an expression gives, and that it gives something."""

import pytest
from moto.stepfunctions.parser.asl.jsonata.jsonata import JSONataException

from handrail.engine.moto_patches.jsonata_evaluator import evaluate, reads_the_context


def test_an_expression_without_a_value_gives_none() -> None:
    assert evaluate("nothing.here") is None


@pytest.mark.parametrize(
    "endless", ["($f := function(){ $f() }; $f())", "($f := function($n){ 1 + $f($n) }; $f(1))"]
)
def test_a_function_that_calls_itself_for_ever_is_ended(endless: str) -> None:
    with pytest.raises(JSONataException):
        evaluate(endless, time_limit_s=0.1)


@pytest.mark.parametrize("expression", ["1/0", "1e308*10", "function(){1}", "/ab/", "1 +"])
def test_what_is_no_json_is_an_error(expression: str) -> None:
    with pytest.raises(JSONataException) as raised:
        evaluate(expression)
    assert raised.value.details


@pytest.mark.parametrize("expression", ["$", "$ + 1", "$.a", "[1, $]", "$x ? $ : 1", "$f($)"])
def test_the_context_of_the_whole_is_told_apart(expression: str) -> None:
    assert reads_the_context(expression)


@pytest.mark.parametrize(
    "expression", ["$states.input.l[$ > 1]", "[1, 2][$ = 1]", "$x.(a + $)", "'$'", "$x", "1 +"]
)
def test_an_item_is_no_context_of_the_whole(expression: str) -> None:
    assert not reads_the_context(expression)
