"""JSON is passed on as it was written."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.json_grammar import is_json
from handrail.core.json_text import JsonText, exact, json_bytes, shown, text_of, whole
from tests.json_texts import HALVES, NUMBERS, json_texts, meaning, member


@given(json_texts(*HALVES), json_texts(*HALVES), st.text())
def test_a_document_holds_payloads_as_they_were_written(one: str, other: str, said: str) -> None:
    document = json_bytes({"said": said, "a": shown(one), "list": [{"b": shown(other)}], said: 1})
    assert b"\n" not in document
    assert b"\r" not in document
    assert member(document, "a") == meaning(one)
    assert member(document, "list", 0, "b") == meaning(other)
    document.decode("utf-8")


@given(json_texts(*HALVES))
def test_what_is_shown_can_be_read_by_strict_readers(text: str) -> None:
    whole_text = text_of(shown(text))
    assert r"\ud800" not in whole_text.replace(r"\\ud800", "")
    json.loads(whole_text.encode(), parse_int=float).__repr__().encode("utf-8")


@pytest.mark.parametrize("number", [*NUMBERS, "9" * 5_000, "-" + "1" * 5_000, "1." + "0" * 9_999])
def test_no_number_is_written_anew(number: str) -> None:
    assert json_bytes({"n": shown(number)}) == f'{{"n":{number}}}'.encode()
    assert json_bytes({"n": exact(number)}) == f'{{"n":{number}}}'.encode()


@pytest.mark.parametrize("levels", [201, 5_000])
def test_no_depth_changes_a_payload_into_a_text(levels: int) -> None:
    deep = "[" * levels + r'"\ud800"' + "]" * levels
    assert shown(deep) == JsonText(deep.replace(r"\ud800", r"\ufffd"))


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"cut": "of', "[1]]", "\ufeff1", "[" * 300])
def test_what_is_no_json_stays_a_text(text: str) -> None:
    assert shown(text) == text


def test_a_text_cut_within_a_character_is_whole_utf_8() -> None:
    assert shown('{"cut": "\ud83d') == '{"cut": "\ufffd'
    assert shown('"\ud83d"') == JsonText('"\ufffd"')
    assert whole("\ud83d\ude00 \ude00\ud83d") == "\U0001f600 \ufffd\ufffd"


def test_half_a_surrogate_pair_beside_a_payload_becomes_u_fffd() -> None:
    document = {"cause": "cut \ud83d", "\ud800": ["\ude00", JsonText("1.10")]}
    assert json_bytes(document).decode() == '{"cause":"cut \ufffd","\ufffd":["\ufffd",1.10]}'


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_numbers_json_doesnt_have_become_null(number: float) -> None:
    assert json_bytes({"n": [number]}) == b'{"n":[null]}'


def test_what_has_no_json_is_no_payload() -> None:
    with pytest.raises(Exception, match="object has no JSON"):
        json_bytes({"a": object()})


def test_a_payload_is_in_no_log() -> None:
    assert "secret" not in repr(JsonText('"secret"'))


@given(json_texts())
def test_a_value_read_exactly_is_written_with_its_numbers(text: str) -> None:
    def last_of_each(value: object) -> object:
        """Of a key that comes twice, Python keeps the last."""
        if isinstance(value, tuple) and value[0] == "object":
            return "object", sorted((k, last_of_each(v)) for k, v in dict(value[1]).items())
        return [last_of_each(item) for item in value] if isinstance(value, list) else value

    once = json_bytes(exact(text))
    assert is_json(once.decode())
    assert repr(last_of_each(meaning(once))) == repr(last_of_each(meaning(text)))


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "{", "[" * 200_000 + "]" * 200_000])
def test_what_python_can_t_read_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        exact(text)


def test_numbers_that_python_writes_the_same_are_numbers() -> None:
    assert exact("[1, 1.5, -7, 123456789012345678901]") == [1, 1.5, -7, 123456789012345678901]
    assert exact("[1.50]") == [JsonText("1.50")]
