"""YAML is read as the JSON it stands for."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.errors import InvalidDefinition
from handrail.core.yaml_documents import parse

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"]))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_json_is_yaml(value: Any) -> None:
    assert parse(json.dumps(value, ensure_ascii=False)) == value


@given(st.lists(TEXTS.filter(lambda text: len(text) < 50)))
def test_what_another_program_writes_as_texts_stays_texts(texts: list[str]) -> None:
    assert parse(yaml.safe_dump(texts, allow_unicode=True)) == texts


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *[(word, word) for word in ("on", "Off", "yes", "No", "y", "2026-01-31", "1:30", "0o17")],
        ("012345678901", "012345678901"),
        ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
        (".inf", ".inf"),
        ("${Timeout}", "${Timeout}"),
        ("{% $x %}", None),
        ("'{% $x %}'", "{% $x %}"),
        ("1e3", 1000.0),
        ("-0.5", -0.5),
        ("~", None),
        ("True", True),
    ],
)
def test_plain_scalars_are_what_json_has_or_texts(written: str, meant: Any) -> None:
    if meant is None and written != "~":
        with pytest.raises(InvalidDefinition, match="is not YAML"):
            parse(f"a: {written}")
    else:
        assert parse(f"a: {written}") == {"a": meant}


def test_keys_are_texts_and_anchors_are_merged() -> None:
    text = "on: &x {1: a}\nyes: {<<: *x, true: b}\n2026-01-31: c"
    assert parse(text) == {"on": {"1": "a"}, "yes": {"1": "a", "true": "b"}, "2026-01-31": "c"}


def test_tags_are_cloudformation_s_functions() -> None:
    text = 'a: !Sub "${B}"\nb: !GetAtt C.D.E\nc: !Join ["", [!Ref F, x]]\n'
    text += 'd: !If [Is, {a: 1}, !Ref "AWS::NoValue"]'
    assert parse(text) == {
        "a": {"Fn::Sub": "${B}"},
        "b": {"Fn::GetAtt": ["C", "D.E"]},
        "c": {"Fn::Join": ["", [{"Ref": "F"}, "x"]]},
        "d": {"Fn::If": ["Is", {"a": 1}, {"Ref": "AWS::NoValue"}]},
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3", "3:1: is not YAML: the key 'a' is there twice."),
        ("a: [1", "is not YAML: did not find expected"),
        ("a: 1e400", "1:4: is not YAML: 1e400 is no double."),
        ("a: !!binary aGk=", "1:4: is not YAML: could not determine a constructor"),
        ("a: !!python/object:os.system x", "could not determine a constructor"),
        ("? [a]\n: b", "1:3: is not YAML: a key is a text."),
        ("a: 1\n---\nb: 2", "2:1: is not YAML"),
        ("a: *b", "is not YAML: found undefined alias"),
        ("a: \x07", "is not YAML"),
    ],
)
def test_what_is_no_document_is_said_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        parse(text)
    assert problem in caught.value.detail
    assert "\n" not in caught.value.detail
