"""Expressions and what the reference implementation (2.0.6, run by Node) makes of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from handrail.engine.jsonata.evaluation import QueryFailed, evaluate
from handrail.engine.jsonata.exchange import UNDEFINED

TABLE = json.loads(
    (Path(__file__).parents[1] / "cases" / "jsonata.json").read_text(encoding="utf-8")
)


def outcome(expression: str) -> dict[str, Any]:
    try:
        value = evaluate(expression, {}, item=TABLE["data"])
    except QueryFailed as error:
        return {"error": str(error)}
    return {} if value is UNDEFINED else {"value": value}


def differs(expression: str, expected: dict[str, Any]) -> bool:
    found = outcome(expression)
    if expected.get("error") is True:  # in other words
        return "error" not in found
    return found != expected


def test_expressions_have_the_reference_implementation_s_outcome() -> None:
    wrong = {text: outcome(text) for text, expected in TABLE["outcomes"] if differs(text, expected)}
    assert wrong == {}


def test_the_table_is_a_large_one() -> None:
    assert len(TABLE["outcomes"]) > 800


@pytest.mark.parametrize("expression", ["1 ?: 2", "1 ?? 2", "$nothing ?? 2"])
def test_what_came_with_2_1_is_no_expression(expression: str) -> None:
    with pytest.raises(QueryFailed, match="S0211"):
        evaluate(expression, {})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1/0", "Infinity"),
        ("[-1/0]", ["-Infinity"]),
        ("{'k': 0/0}", {"k": "NaN"}),
        ("1e308 * 10", "Infinity"),
        ("$parseInteger('abc', '0')", "NaN"),
    ],
)
def test_a_number_that_is_not_finite_is_a_text(expression: str, value: Any) -> None:
    assert evaluate(expression, {}) == value


def test_a_name_given_to_a_function_stays_in_its_expression() -> None:
    evaluate("($f := $uppercase; $f('a'))", {})
    with pytest.raises(QueryFailed, match='function "uppercase"'):
        evaluate("$uppercase(1)", {})
