"""What is JSON, and where in it something stands."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.json_grammar import (
    _is_deep_json,
    half_pair,
    is_json,
    members,
    without_half_pairs,
)
from tests.json_texts import HALVES, json_texts, meaning

BROKEN = [
    "", " ", "{", "[", "}", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[}", "{]", "[1]]",
    '{"a"}', '{"a":}', '{"a":1,}', "{1:2}", '{"a" 1}', '["a":1]', "1 2", "[] []", ",", ":",
    "nul", "NaN", "-Infinity", "01", "1.", ".5", "+1", "1e", "--1",
    '"', '"\n"', r'"\x"', r'"\u12"', "'a'", "\ufeff1", "\xa01", "[\x0b1]", "tru\u0435",
]  # fmt: skip


def read_by_python(text: str) -> bool:
    try:
        json.loads(text, parse_constant=lambda name: json.loads(name[:1] + "."))
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_json_is_told(text: str) -> None:
    assert not read_by_python(text) or text == "\ufeff1"
    assert not is_json(text)
    assert not _is_deep_json(text)
    assert not is_json("[" * 5000 + text + "]" * 5000) or not text.strip()


@given(json_texts(*HALVES))
def test_any_spelling_is_json(text: str) -> None:
    assert is_json(text)
    assert _is_deep_json(text)


@given(json_texts(), st.data())
def test_a_text_changed_in_one_place_is_judged_as_python_does(
    text: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(text)))
    other = data.draw(st.sampled_from(['"', "\\", ",", ":", "[", "}", "0", "e", " ", ""]))
    changed = text[:at] + other + text[at + 1 :]
    try:
        expected = read_by_python(changed)
    except RecursionError:  # pragma: no cover - they aren't that deep
        return
    assert is_json(changed) == _is_deep_json(changed) == expected


@pytest.mark.parametrize("levels", [1, 201, 5_000, 100_000])
def test_depth_is_no_fault(levels: int) -> None:
    assert is_json("[" * levels + "]" * levels)
    assert is_json('{"a":[' * levels + "1" + "]}" * levels)
    assert not is_json("[" * levels + "]" * (levels - 1))
    assert not is_json("[" * levels + "]" * (levels - 1) + "}")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (r'"\ud800"', 1),
        (r'["\ud83d\ude00", "\uDC00"]', 18),
        (r'"\\ud800"', None),
        (r'"\\\ud800"', 3),
        (r'"\ud83d\ud83d\ude00"', 1),
        (r'"\ud7ff\ue000"', None),
        ('"\U0001f600"', None),
    ],
)
def test_half_a_surrogate_pair_is_found(text: str, at: int | None) -> None:
    assert half_pair(text) == at


@given(json_texts(*HALVES))
def test_without_halves_nothing_else_changes(text: str) -> None:
    changed = without_half_pairs(text)
    assert half_pair(changed) is None
    assert meaning(changed) == meaning(text)
    assert changed == text or half_pair(text) is not None


@given(json_texts(*HALVES))
def test_members_are_found_where_they_stand(text: str) -> None:
    kind_and_value = meaning(text)
    if not (isinstance(kind_and_value, tuple) and kind_and_value[0] == "object"):
        text = f'{{ "only" : {text}, "last": 1}}'
    found = [(meaning(json.dumps(name)), meaning(text[span])) for name, span in members(text)]
    assert found == meaning(text)[1]


def test_a_member_that_is_too_deep_is_the_last_told() -> None:
    text = '{"a": 1, "b": ' + "[" * 9999
    assert [name for name, _ in members(text)] == ["a", "b"]
