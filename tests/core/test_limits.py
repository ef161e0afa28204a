"""AWS's quotas on what a caller sends."""

import pytest

from service.core.errors import InvalidInput, InvalidName, InvalidOutput, InvalidRequest
from service.core.limits import check_failure, check_name, check_payload, check_token


@pytest.mark.parametrize("name", ["a", "x" * 80, "Order_7-b", "0"])
def test_a_name_may_be_these(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", "x" * 81, "a b", "a.b", "a:b", "a/b", "a\n", "\N{LATIN SMALL LETTER E WITH ACUTE}"]
)
def test_a_name_may_not_be_these(name: str) -> None:
    with pytest.raises(InvalidName) as caught:
        check_name(name)
    assert [error.path for error in caught.value.errors] == ["name"]


@pytest.mark.parametrize("character", ["x", "\N{EURO SIGN}", "\N{GRINNING FACE}"])
def test_an_input_is_measured_in_utf8_bytes(character: str) -> None:
    fitting = 262_144 // len(character.encode())
    check_payload("input", character * fitting)
    with pytest.raises(InvalidInput) as caught:
        check_payload("input", character * (fitting + 1))
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
    fitting = 262_144 // len(character.encode())
    check_payload("output", character * fitting)
    with pytest.raises(InvalidOutput):
        check_payload("output", character * (fitting + 1))


def test_a_token_has_some_characters_and_not_too_many() -> None:
    check_token("x")
    check_token("x" * 2048)
    for token in ("", "x" * 2049):
        with pytest.raises(InvalidRequest):
            check_token(token)
