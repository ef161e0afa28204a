"""JSONata: what an expression gives, and that it gives something."""

import pytest
from moto.stepfunctions.parser.asl.jsonata.jsonata import JSONataException

from service.local.queries import evaluated


def test_an_expression_without_a_value_gives_none() -> None:
    assert evaluated("nothing.here") is None


@pytest.mark.parametrize(
    "endless", ["($f := function(){ $f() }; $f())", "($f := function($n){ 1 + $f($n) }; $f(1))"]
)
def test_a_function_that_calls_itself_for_ever_is_ended(endless: str) -> None:
    with pytest.raises(JSONataException):
        evaluated(endless, time_limit_s=0.1)


@pytest.mark.parametrize("expression", ["1/0", "1e308*10", "function(){1}", "/ab/", "1 +"])
def test_what_is_no_json_is_an_error(expression: str) -> None:
    with pytest.raises(JSONataException) as raised:
        evaluated(expression)
    assert raised.value.details
