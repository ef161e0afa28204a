import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.client.json_text import JsonText, parse, text_of

numbers = st.from_regex(
    r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
)
texts = st.text().map(lambda text: json.dumps(text, ensure_ascii=False))
documents = st.recursive(
    st.one_of(numbers, texts, st.sampled_from(["true", "false", "null"])),
    lambda inner: st.one_of(
        st.lists(inner).map(lambda items: f"[{','.join(items)}]"),
        st.dictionaries(texts, inner).map(
            lambda members: f"{{{','.join(f'{key}:{item}' for key, item in members.items())}}}"
        ),
    ),
)


@given(documents)
def test_numbers_come_back_as_they_were_written(document: str) -> None:
    written = text_of(parse(document))
    assert json.loads(written, parse_float=str, parse_int=str) == json.loads(
        document, parse_float=str, parse_int=str
    )


@given(documents)
def test_one_member_a_line_is_the_same_value(document: str) -> None:
    assert parse(text_of(parse(document), indent=2)) == parse(document)


@pytest.mark.parametrize(
    "text", ["1.10", "1E5", "-0", "1e400", "0.1234567890123456789012345", "9" * 5000]
)
def test_what_python_would_write_otherwise_stays(text: str) -> None:
    assert text_of(parse(f'{{"a":[{text}]}}')) == f'{{"a":[{text}]}}'
    assert text_of({"input": JsonText(text)}) == f'{{"input":{text}}}'


def test_a_number_is_still_a_number() -> None:
    assert parse("2.50") * 2 == 5
    assert parse("7") + 1 == 8


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "", "01", "[" * 100_000])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse(text)


def test_text_keeps_its_letters_but_for_what_a_terminal_acts_on() -> None:
    assert text_of("支払い é") == '"支払い é"'
    assert text_of("\x1b[2J\x9b2J\u202e\x7f") == '"\\u001b[2J\\u009b2J\\u202e\\u007f"'
    assert text_of(parse('"\\ud800"')) == '"\\ud800"'
    assert text_of("é", ascii_only=True) == '"\\u00e9"'


def test_one_member_a_line_reads_well() -> None:
    assert text_of({"a": [1, {}], "b": []}, indent=2).splitlines() == [
        "{",
        '  "a": [',
        "    1,",
        "    {}",
        "  ],",
        '  "b": []',
        "}",
    ]
