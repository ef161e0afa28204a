"""Pages of the service's own lists: a position that comes back as it was given, or is refused."""

import base64
from types import NoneType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.errors import InvalidRequest
from handrail.core.page_tokens import page_position, page_token

SHAPE = {"epoch": (int,), "token": (str, NoneType)}


def refused(token: str, of: str = "visits A") -> None:
    with pytest.raises(InvalidRequest) as raised:
        page_position(token, of, SHAPE)
    assert [error.path for error in raised.value.errors] == ["page"]


@given(of=st.text(), epoch=st.integers(0, 2**60), token=st.one_of(st.none(), st.text()))
def test_a_position_comes_back_as_it_was_given(of: str, epoch: int, token: str | None) -> None:
    position = {"epoch": epoch, "token": token}
    text = page_token(of, position)
    assert text.isascii()
    assert not set(text) & set("+/=&?# ")
    assert page_position(text, of, SHAPE) == position


def test_a_page_of_another_list_is_refused() -> None:
    refused(page_token("visits B", {"epoch": 1, "token": "t"}))


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "1795329649620:24",
        "é",
        "====",
        page_token("visits A", {"epoch": 1}),
        page_token("visits A", {"epoch": "1", "token": "t"}),
        page_token("visits A", {"epoch": True, "token": "t"}),
        page_token("visits A", {"epoch": None, "token": "t"}),
        page_token("visits A", {"epoch": 1, "token": "t"})[:-3],
        base64.b64encode(b'"visits A"').decode(),
        base64.b64encode(b'["visits A", []]').decode(),
        base64.b64encode(b'["visits A", null]').decode(),
    ],
)
def test_what_is_no_token_is_refused_in_words(token: str) -> None:
    refused(token)


@given(st.text(max_size=60))
def test_no_text_fails_otherwise(token: str) -> None:
    try:
        page_position(token, "visits A", SHAPE)
    except InvalidRequest:
        return
    raise AssertionError("taken")
