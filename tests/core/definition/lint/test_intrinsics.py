"""Mistakes in calls of intrinsic functions are told apart."""

import pytest

from handrail.core.definition.lint.intrinsics import read_intrinsic


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("States.Nope()", "unknown-intrinsic"),
        ("States.Array(States.Nope($.a))", "unknown-intrinsic"),
        ("States.UUID(1)", "intrinsic-arguments"),
        ("States.Hash($.a)", "intrinsic-arguments"),
        ("States.MathAdd(1, '-1')", "intrinsic-arguments"),
        ("States.Array(States.MathAdd(1, '-1'))", "intrinsic-arguments"),
        ("States.Format()", "intrinsic-arguments"),
        ("States.Format('a'", "malformed-intrinsic"),
        ("States.Format('{}', $.)", "malformed-intrinsic"),
        ("States.UUID", "malformed-intrinsic"),
        ("States.Format('{}')", "format-arguments"),
        ("States.Array(States.Format('plain', 1))", "format-arguments"),
    ],
)
def test_a_mistake_names_its_rule(text: str, rule: str) -> None:
    [(found, message)] = read_intrinsic(text, "It must be a path").mistakes
    assert found == rule
    assert message.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "States.Format('{} {}', 1, 2)",
        "States.Format('\\{{}\\}', 1)",
        "States.Format($.template, 1, 2)",
        "States.Array('a', $.b)",
        "States.MathRandom(1, 9, 42)",
    ],
)
def test_a_call_of_as_many_values_as_it_takes_is_none(text: str) -> None:
    assert not read_intrinsic(text, "").mistakes


def test_the_variables_of_all_calls_are_known() -> None:
    call = read_intrinsic("States.Array($a, States.ArrayLength($b.c), $.d, $$.e)", "")
    assert call.variables == ("a", "b")
