"""`${Name}` is filled in, and what results is JSON."""

import json
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.definition.substitution import fill, fill_known, filled, names, substitute
from handrail.core.errors import InvalidDefinition

NAMES = st.text(ascii_letters + digits + "_", min_size=1, max_size=12)


@given(st.dictionaries(NAMES, st.text(), min_size=1), st.text().filter(lambda t: "${" not in t))
def test_whatever_the_values_the_result_is_json_that_holds_them(
    values: dict[str, str], around: str
) -> None:
    template = json.dumps({name: f"{around}${{{name}}}" for name in values})

    assert json.loads(substitute(template, values)) == {
        name: around + value for name, value in values.items()
    }


def test_names_are_told_once_and_in_order() -> None:
    assert names('{"a": "${B}${A_1}", "c": "${B}"}') == ("B", "A_1")


def test_only_plain_names_are_placeholders() -> None:
    text = '{"a": "${AWS:Region} ${not-one} $Name {Name} ${}"}'

    assert names(text) == ()
    assert substitute(text, {}) == text


def test_unknown_names_are_all_listed() -> None:
    with pytest.raises(InvalidDefinition, match=r"\$\{One\}, \$\{Two\}") as refused:
        substitute('{"a": "${One} ${Known} ${Two}"}', {"Known": "x"})

    assert [error.path for error in refused.value.errors] == [
        "substitutions.One",
        "substitutions.Two",
    ]


def test_a_value_is_not_looked_into_again() -> None:
    assert substitute('{"a": "${A}"}', {"A": "${B}", "B": "x"}) == '{"a": "${B}"}'


def test_outside_a_string_a_value_is_json_itself() -> None:
    text = substitute('{"TimeoutSeconds": ${T}, "q\\"": "${T}"}', {"T": "30"})

    assert json.loads(text) == {"TimeoutSeconds": 30, 'q"': "30"}


def test_what_does_not_become_json_is_refused() -> None:
    with pytest.raises(InvalidDefinition, match="not JSON"):
        substitute('{"TimeoutSeconds": ${T}}', {"T": "soon"})


def test_plain_text_is_filled_in_unescaped() -> None:
    assert fill('a "${B}"', {"B": 'x"y'}) == 'a "x"y"'


def test_what_has_no_value_may_stay() -> None:
    assert fill_known("${A}-${B}-$A", {"A": "x${B}"}) == "x${B}-${B}-$A"


def test_cloudformation_s_pseudo_parameters_are_placeholders() -> None:
    text = '{"a": "${AWS::Region}"}'
    assert names(text) == ("AWS::Region",)
    assert substitute(text, {"AWS::Region": "eu-west-1"}) == '{"a": "eu-west-1"}'


@pytest.mark.parametrize("value", [30, 1.5, True, None, ["a", {"b": "${C}"}], {"a": [1]}])
def test_what_is_no_text_takes_the_place_of_the_whole_string(value: object) -> None:
    text = substitute('{"T": "${T}", "U": ${T}}', {"T": value})

    assert json.loads(text) == {"T": value, "U": value}


def test_a_number_within_a_text_is_its_digits() -> None:
    assert substitute('{"a": "every ${T} s"}', {"T": 30}) == '{"a": "every 30 s"}'
    assert fill("every ${T} s", {"T": 30}) == "every 30 s"


@pytest.mark.parametrize("value", [["a"], {"a": 1}])
def test_a_list_or_an_object_is_no_part_of_a_text(value: object) -> None:
    with pytest.raises(InvalidDefinition, match=r"\$\{T\} is an? (list|object)"):
        substitute('{"a": "every ${T} s"}', {"T": value})


def test_a_value_is_filled_in_throughout() -> None:
    value = {"${A}": ["${A}-x", 1, None]}
    assert filled(value, {"A": "y"}) == {"y": ["y-x", 1, None]}
