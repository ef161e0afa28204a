"""Texts that are intrinsic functions, and that are none."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.json_path.intrinsic_syntax import (
    Constant,
    IntrinsicCall,
    IntrinsicText,
    MalformedIntrinsic,
    parse_intrinsic,
    references,
)
from handrail.core.json_path.references import Reference


def test_arguments_are_texts_numbers_words_paths_and_functions() -> None:
    call = parse_intrinsic(r"States.Array( 'it\'s', -2.5,3, null,true ,$.a[?(@.b == ', )')], $x.y)")
    assert call == IntrinsicCall(
        "Array",
        (
            Constant(IntrinsicText(r"it\'s")),
            Constant(-2.5),
            Constant(3),
            Constant(None),
            Constant(True),
            Reference("$.a[?(@.b == ', )')]"),
            Reference("$x.y"),
        ),
    )


def test_the_paths_of_a_function_are_found_at_any_depth() -> None:
    call = parse_intrinsic("States.Format('{}', States.Array($.a, States.Hash($$.B, $c)), $.d)")
    assert [each.path for each in references(call)] == ["$.a", "$$.B", "$c", "$.d"]
    assert [each.name for each in call.calls] == ["Format", "Array", "Hash"]


def test_a_name_in_a_path_can_hold_a_comma_after_a_backslash() -> None:
    call = parse_intrinsic(r"States.Array($.a\,b\), $.c)")
    assert call.arguments == (Reference(r"$.a\,b\)"), Reference("$.c"))


def test_a_text_knows_how_it_was_written() -> None:
    text = IntrinsicText(r"\{a\} \'\\\n")
    assert text == "{a} '\\\n"
    assert text.raw == r"\{a\} \'\\\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "States.Format",
        "States.Format(",
        "States.Format('a'",
        "States.Format('a",
        "States.Format('a') b",
        "States.Format()",
        "States.format('a')",
        "States.Nope()",
        "Other.Format('a')",
        "States.Array(1 2)",
        "States.Array(1, )",
        "States.Array(, 1)",
        "States.Array(a)",
        'States.Array("a")',
        "States.Array(1x)",
        "States.Array($.a[)",
        "States.Array($.a b)",
        "States.Array($.nope())",
        r"States.Format('\"')",
        "States.UUID(1)",
        "States.MathAdd(1)",
        "States.Array(" * 11 + ")" * 11,
    ],
)
def test_what_is_no_function_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(MalformedIntrinsic, match=r"at character|nested"):
        parse_intrinsic(text)


def test_ten_functions_may_be_nested() -> None:
    assert parse_intrinsic("States.Array(" * 10 + ")" * 10).name == "Array"


@given(st.text(alphabet="States.Ary()'$[]{}\\,1 ", max_size=30))
def test_any_text_is_a_function_or_is_refused(text: str) -> None:
    with suppress(MalformedIntrinsic):
        assert parse_intrinsic(f"States.Array({text}").name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_can_be_written(text: str) -> None:
    written = text.replace("\\", r"\\").replace("'", r"\'")
    if '\\"' in written:
        return
    assert parse_intrinsic(f"States.Format('{written}')").arguments == (
        Constant(IntrinsicText(written)),
    )
    assert IntrinsicText(written) == text
