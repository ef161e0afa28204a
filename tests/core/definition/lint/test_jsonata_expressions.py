"""JSONata is parsed, and what Step Functions hasn't is told from what it has.

What AWS refuses was measured there with expressions of JSONata's own test suite."""

import pytest

from handrail.core.definition.lint.jsonata_expressions import (
    expression_in,
    is_half,
    read_expression,
)


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("a[1,2)", 'Expected "]", got ","'),
        ('"unterminated', "String literal must be terminated by a matching quote"),
        ("1 +", "Unexpected end of expression"),
        ('{"a":}', 'The symbol "}" cannot be used as a unary operator'),
        ("$x :=", "Unexpected end of expression"),
        ('$match("a", /abc', "No terminating / in regular expression"),
        ("420.", "Unexpected end of expression"),
        ("", "Unexpected end of expression"),
        ("a b", 'Syntax error: "b"'),
    ],
)
def test_what_does_not_parse_is_told_in_the_words_of_the_language(
    expression: str, problem: str
) -> None:
    assert read_expression(expression).problem == problem


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("phone", "'phone'"),
        ("phone.number", "'phone'"),
        ("$sum(price)", "'price'"),
        ("[a, $b]", "'a'"),
        ("{'k': a}", "'a'"),
        ("$x ? $y : a", "'a'"),
        ("($e := a; $e)", "'a'"),
        ("(a).b", "'a'"),
        ("-a", "'a'"),
        ("$", "'$'"),
        ("$.a", "'$'"),
        ("$$", "'$$'"),
        ("$x[$$.y]", "'$$'"),
        ("$a ?: $b", "'?:'"),
        ("$a ?? $b", "'??'"),
    ],
)
def test_what_step_functions_has_not_is_named(expression: str, named: str) -> None:
    [message] = read_expression(expression).unsupported
    assert named in message


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.items[price > 5].name",
        "$states.input.l[$ > 1]",
        "$x{a: $sum(b)}",
        "$x^(>a, b)",
        "$map($x, function($v, $i) { $v.a + b })",
        "$x ~> |a|{'b': c}|",
        "$x@$e.(a)",
        "$x.$string()",
        "$a ? $a : 2",
        "$exists($a) ? $a : 2",
        "$match($x, /(?:a)/)",
        "$not(null in $each($states.input.a, function($v) { $length($v) > 0 ? $v : null }))",
    ],
)
def test_a_context_makes_names_mean_something(expression: str) -> None:
    reading = read_expression(expression)
    assert (reading.problem, reading.unsupported) == (None, [])


def test_variables_are_those_that_others_must_assign() -> None:
    expression = "($n := $total; $map($lines, function($l) { $l.price * $n }) ~> $sum) & $states.x"

    reading = read_expression(expression)

    assert reading.variables == {"total", "lines"}
    assert reading.members == {"x"}
    assert {"map"} <= reading.calls


def test_an_expression_stands_between_its_marks() -> None:
    assert expression_in("{% $x %}") == " $x "
    assert expression_in("{%10%}") == "10"
    assert expression_in("{%}") is None
    assert [is_half(text) for text in ("{% $x", "$x %}", " {% $x %}", "{% $x %} ")] == [True] * 4
    assert [is_half(text) for text in ("{% $x %}", "50 %", "plain")] == [False] * 3


def test_deep_expressions_are_read_without_an_end_of_the_stack() -> None:
    assert read_expression(" & ".join(["$x"] * 200)).variables == {"x"}
    assert read_expression("(" * 5_000 + "$x" + ")" * 5_000).problem
