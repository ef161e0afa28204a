"""Bodies that callers send."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.errors import InvalidInput, InvalidOutput, InvalidRequest
from handrail.core.json_bodies import NotJson, payload, read_json, read_payload, with_payloads
from handrail.core.json_text import JsonText
from tests.json_texts import HALVES, json_texts, meaning

DEEP = "[" * 201 + "]" * 201


@given(json_texts(), json_texts(), st.sampled_from(["", " ", "\n"]))
def test_a_payload_is_taken_out_of_its_body_as_it_was_written(
    one: str, other: str, gap: str
) -> None:
    text = f'{gap}{{"name" :{gap}"x",{gap}"input":{one},"output" :{gap}{other}}}{gap}'
    body = with_payloads(read_json(text), text, ["input"])
    assert list(body) == ["name", "input", "output"]
    assert body["name"] == "x"
    assert body["input"] == JsonText(one.strip())
    assert not isinstance(body["output"], JsonText)


@given(json_texts())
def test_a_whole_text_may_be_a_payload(text: str) -> None:
    read_payload(text, "input")
    assert meaning(payload(text).text) == meaning(text)


@given(json_texts(), st.sampled_from(HALVES))
def test_half_a_surrogate_pair_is_told_with_its_place(before: str, half: str) -> None:
    text = f'{{"first":{before},\n"output":[{half}]}}'
    with pytest.raises(InvalidOutput) as caught:
        read_json(text)
    (error,) = caught.value.errors
    assert error.path == "output"
    line, column = (int(part.split()[-1]) for part in error.message.split(": ")[1].split(", "))
    assert text.split("\n")[line - 1][column - 1 :].startswith(r"\u")


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        (f'{{"input":{DEEP}}}', InvalidInput, "input"),
        (f'{{"output":{DEEP}}}', InvalidOutput, "output"),
        (f'{{"é\\"x":{DEEP}}}', InvalidRequest, 'é"x'),
        (f"[{DEEP}]", InvalidRequest, ""),
        (f'{{"input":-{"9" * 4301}}}', InvalidInput, "input"),
    ],
)
def test_what_isn_t_taken_is_told_by_its_member(
    text: str, kind: type[InvalidRequest], path: str
) -> None:
    with pytest.raises(kind) as caught:
        read_json(text)
    assert [error.path for error in caught.value.errors] == [path]


def test_a_payload_has_200_levels_alone_as_in_a_body() -> None:
    read_payload(DEEP[1:-1], "input")
    read_json(f'{{"input":{DEEP[1:-1]}}}')
    with pytest.raises(InvalidInput) as caught:
        read_payload(f"\n{DEEP}", "input")
    assert "line 2, column 201" in caught.value.errors[0].message


@pytest.mark.parametrize("leaf", ["", "1", '"\\u20ac"', "1.10"])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_what_stands_in_the_last_level_is_no_level(leaf: str, opening: str, closing: str) -> None:
    def nested(levels: int) -> str:
        inner = leaf or ("[]" if opening == "[" else "{}")
        around = levels if leaf else levels - 1
        return opening * around + inner + closing * around

    value = nested(200)
    read_payload(value, "input")
    read_payload(f"[[],{nested(199)}]", "input")
    text = f'{{"name":"n",\n"input":{value},"output":{value}}}'
    assert read_json(text)["name"] == "n"
    assert with_payloads(read_json(text), text, ["input"])["input"].text == value
    for deeper in (nested(201), f"[[],{nested(200)}]"):
        with pytest.raises(InvalidInput):
            read_payload(deeper, "input")
        with pytest.raises(InvalidInput):
            read_json(f'{{"name":"n","input":{deeper}}}')


@pytest.mark.parametrize("end", ["x", "", ",", "}}", ",}"])
def test_what_goes_wrong_around_or_in_a_deep_payload_is_told(end: str) -> None:
    value = "[" * 200 + "1" + "]" * 200
    with pytest.raises(NotJson):
        read_json(f'{{"input":{value}{end}')
    half = value.replace("1", r'"\ud800"')
    with pytest.raises(InvalidInput) as caught:
        read_json(f'{{"name":"€",\n"input":{half}}}')
    assert "line 2, column 210" in caught.value.errors[0].message


def test_many_brackets_beside_each_other_are_not_deep() -> None:
    read_payload(f"[{','.join(['[{}]'] * 500)}]", "output")


@pytest.mark.parametrize("text", ["", "{", '{"a":NaN}', '{"a":01}', "\x00", '{"a":"\\ud8"}'])
def test_what_is_no_json_is_another_thing(text: str) -> None:
    with pytest.raises(NotJson):
        read_json(text)


@pytest.mark.parametrize("beside", ['"input":1,', ""])
def test_a_member_may_not_be_there_twice(beside: str) -> None:
    text = f'{{{beside}"name":"a","name":"b"}}'
    with pytest.raises(InvalidRequest) as caught:
        with_payloads(read_json(text), text, ["input"])
    assert [error.path for error in caught.value.errors] == ["name"]


@pytest.mark.parametrize("text", ["[]", "1", "null", '{"name":"a"}', "{}"])
def test_a_body_without_payloads_is_left_alone(text: str) -> None:
    body = read_json(text)
    assert with_payloads(body, text, ["input"]) == body


@given(json_texts(*HALVES, "[" * 210, "9" * 4400, '"\\u12'), st.data())
def test_whatever_comes_is_read_or_refused_in_words(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    text = f'{{"a":1,"input":{text[:at]}{data.draw(st.sampled_from(["", ",", "}", "[" * 300]))}'
    for whole_text in (text, text + "}", f"{text}{text}"):
        with suppress(NotJson, InvalidRequest):
            body = read_json(whole_text)
            assert (
                json.loads(whole_text).keys() == with_payloads(body, whole_text, ["input"]).keys()
            )


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (r'{"\ud800"', "\ufffd"),
        (r'{"\ud800":', "\ufffd"),
        (r'{"a":["\ud800", oops', "a"),
        ('{"a":1,"b":' + "[" * 250, "b"),
    ],
)
def test_the_place_is_told_though_what_follows_is_no_json(text: str, path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_json(text)
    assert [error.path for error in caught.value.errors] == [path]
