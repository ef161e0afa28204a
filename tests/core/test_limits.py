"""AWS's quotas on what a caller sends."""

import json
import time

import pytest
from hypothesis import given

from handrail.core.errors import InvalidInput, InvalidName, InvalidOutput, InvalidRequest
from handrail.core.limits import check_failure, check_name, check_payload, check_token
from tests.json_texts import json_texts, meaning

REFUSED = (
    ' \t\n\u00a0\u2003\u3000<>{}[]?*"#%\\^|~`$&,;:/'
    "\x00\x1f\x7f\x9f\ud800\udfff\ufffe\uffff\U0010ffff"
)
TAKEN = "-_.!'()+=@\u00e9\u00df\u4e2d\u200b\N{GRINNING FACE}"


@pytest.mark.parametrize("name", ["a", "0", "Order_7-b", ".", "..", "-", "x" * 80, *TAKEN])
def test_a_name_may_be_these(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "x" * 81, "\N{GRINNING FACE}" * 81])
def test_a_name_has_1_to_80_characters(name: str) -> None:
    with pytest.raises(InvalidName, match=f"1 to 80 characters, this one {len(name)}") as caught:
        check_name(name)
    assert [error.path for error in caught.value.errors] == ["name"]


@pytest.mark.parametrize("character", REFUSED)
def test_a_character_that_aws_refuses_in_a_name_is_named(character: str) -> None:
    with pytest.raises(InvalidName) as caught:
        check_name(f"order{character}7")
    assert f"U+{ord(character):04X}" in caught.value.detail
    assert caught.value.detail.encode()  # half a surrogate pair can be in no answer
    assert [error.path for error in caught.value.errors] == ["name"]


@pytest.mark.parametrize("character", ["x", "\N{EURO SIGN}", "\N{GRINNING FACE}"])
def test_an_input_is_measured_in_utf8_bytes(character: str) -> None:
    fitting = 262_142 // len(character.encode())
    text = f'"{character * fitting}"'
    assert check_payload("input", text) is text
    with pytest.raises(InvalidInput) as caught:
        check_payload("input", f'"{character * (fitting + 1)}"')
    assert [error.path for error in caught.value.errors] == ["input"]


def test_an_error_and_its_cause_are_measured_in_characters() -> None:
    check_failure(None, None)
    check_failure("\N{EURO SIGN}" * 256, "\N{EURO SIGN}" * 32_768)


@pytest.mark.parametrize(
    ("error", "cause", "path"), [("x" * 257, None, "error"), (None, "x" * 32_769, "cause")]
)
def test_an_error_or_cause_may_be_too_long(error: str | None, cause: str | None, path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_failure(error, cause)
    assert [broken.path for broken in caught.value.errors] == [path]


@pytest.mark.parametrize("character", ["x", "\N{EURO SIGN}"])
def test_an_output_is_measured_in_utf8_bytes(character: str) -> None:
    fitting = 262_142 // len(character.encode())
    check_payload("output", f'"{character * fitting}"')
    with pytest.raises(InvalidOutput):
        check_payload("output", f'"{character * (fitting + 1)}"')


@pytest.mark.parametrize("character", [r"\u20ac", r"\ud83d\ude00", r"\/"])
def test_blanks_and_escapes_alone_make_no_payload_too_long(character: str) -> None:
    text = f'[ 1.10,\n"{character * 60_000}" ]'
    long = text.replace(" ", " " * 140_000)
    told = json.loads(f'"{character}"')
    assert check_payload("input", long) == f'[1.10,"{told * 60_000}"]'


def test_a_token_has_some_characters_and_not_too_many() -> None:
    check_token("x")
    check_token("x" * 2048)
    for token in ("", "x" * 2049):
        with pytest.raises(InvalidRequest):
            check_token(token)


@given(json_texts())
def test_a_payload_without_its_blanks_and_escapes_means_the_same(text: str) -> None:
    assert meaning(check_payload("input", " " * 262_144 + text)) == meaning(text)


@pytest.mark.parametrize("number", ["-0", "1e5", "1.50"])
def test_a_payload_of_many_numbers_is_refused_at_once(number: str) -> None:
    text = f"[{','.join([number] * (1_000_000 // (len(number) + 1)))}]"
    began_at = time.perf_counter()
    with pytest.raises(InvalidInput):
        check_payload("input", text)
    assert time.perf_counter() - began_at < 0.25  # a tenth of that; reading them takes a second
