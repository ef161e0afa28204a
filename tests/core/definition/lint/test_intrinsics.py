"""Intrinsic functions are read with their arguments, and their mistakes told apart."""

import pytest

from handrail.core.definition.lint.intrinsics import (
    ARGUMENTS,
    Call,
    MalformedIntrinsic,
    read_intrinsic,
)


@pytest.mark.parametrize(
    "text",
    [
        "States.UUID()",
        "States.Format('Welcome {}\\'s {}', $.a, $$.Execution.Id)",
        "States.Array('Foo', 2020, -2.5, $.x, null, true)",
        "States.ArrayGetItem($.R[?(@.k == Foo)].v, 0)",
        'States.StringToJson(States.Format(\'\\{"{}":"{}"\\}\', $.k, $.v))',
        "States.Format('{}', $order['a, b)'].c)",
        "States.MathRandom(1, 9, 42)",
        "States.Format( '{}' , $.x )",
    ],
)
def test_a_call_is_read(text: str) -> None:
    assert read_intrinsic(text).name in ARGUMENTS


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("States.Nope()", "unknown-intrinsic"),
        ("States.Array(States.Nope($.a))", "unknown-intrinsic"),
        ("States.UUID(1)", "intrinsic-arguments"),
        ("States.Hash($.a)", "intrinsic-arguments"),
        ("States.MathAdd(1, '-1')", "intrinsic-arguments"),
        ("States.Format()", "intrinsic-arguments"),
        ("States.Format('a'", "malformed-intrinsic"),
        ("States.Format('a') b", "malformed-intrinsic"),
        ("States.Format(a)", "malformed-intrinsic"),
        ("States.Format('a' 'b')", "malformed-intrinsic"),
        ("States.Format('{}', $.)", "malformed-intrinsic"),
        ("States.Array(,)", "malformed-intrinsic"),
        ("States.UUID", "malformed-intrinsic"),
        ("Format('a')", "malformed-intrinsic"),
    ],
)
def test_a_mistake_names_its_rule(text: str, rule: str) -> None:
    with pytest.raises(MalformedIntrinsic) as refused:
        read_intrinsic(text)
    assert refused.value.rule == rule


def test_the_paths_of_all_calls_are_known() -> None:
    call = read_intrinsic("States.Array($a, States.ArrayLength($b.c), 1)")

    assert [path.variable for path in call.paths] == ["a", "b"]
    assert [each.name for each in call.calls] == ["Array", "ArrayLength"]


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("States.Format('{} {}', 1, 2)", False),
        ("States.Format('\\{{}\\}', 1)", False),
        ("States.Format('{}')", True),
        ("States.Format('plain', 1)", True),
        ("States.Format($.template, 1)", False),
    ],
)
def test_a_format_asks_for_as_many_values_as_it_is_given(
    text: str,
    lacks: bool,
) -> None:
    assert read_intrinsic(text).lacks_values is lacks


def test_calls_inside_calls_are_bounded() -> None:
    with pytest.raises(MalformedIntrinsic):
        read_intrinsic("States.Array(" * 1_000 + ")" * 1_000)
    assert isinstance(read_intrinsic("States.Array(" * 50 + ")" * 50), Call)
