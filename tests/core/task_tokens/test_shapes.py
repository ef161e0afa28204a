"""What gives a task token away without any definition, and what doesn't."""

import base64
import json
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.task_tokens.shapes import (
    MAX_TOKEN_LENGTH,
    aws_spans,
    aws_tokens,
    is_aws_token,
    is_token_key,
    named_tokens,
    without_named,
)
from tests.core.made_up_tokens import NEW, OLD, SHAPES, aws_token

ESCAPED = {
    "as it is": lambda token: token,
    "percent-encoded": lambda token: quote(token, safe=""),
    "percent-encoded, slashes left": quote,
    "percent-encoded twice": lambda token: quote(quote(token, safe=""), safe=""),
    "percent-encoded in small letters": lambda token: (
        token.replace("/", "%2f").replace("+", "%2b").replace("=", "%3d")
    ),
    "slashes escaped": lambda token: token.replace("/", "\\/"),
    "in JSON in JSON": lambda token: token.replace("/", "\\\\\\/").replace("=", "\\\\u003d"),
    "escaped by number": lambda token: token.replace("+", "\\u002B").replace("=", "\\u003d"),
}


@pytest.mark.parametrize("escape", ESCAPED.values(), ids=ESCAPED)
@pytest.mark.parametrize("token", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    "around",
    ["{}", '{{"t":"{}"}}', "https://x.test/a/b/{}?a=b", "?t={}&id=7", "a%20{}%20b", "l\\n{}\\nl"],
)
def test_a_token_is_found_in_any_spelling(token: str, escape: object, around: str) -> None:
    assert callable(escape)
    spelled = escape(token)
    text = around.format(spelled)

    assert [text[start:end] for start, end in aws_spans(text)] == [spelled]
    assert list(aws_tokens(text)) == [token]


@pytest.mark.parametrize("token", SHAPES.values(), ids=SHAPES)
def test_what_stands_right_before_a_token_hides_it_not(token: str) -> None:
    for before in ("order", "0b6dc2b1", "x" * 300, "a=", "/"):
        assert list(aws_tokens(before + token)) == [token]


def test_tokens_that_touch_are_told_apart() -> None:
    tokens = list(SHAPES.values())

    assert list(aws_tokens("".join(tokens))) == tokens
    assert list(aws_spans("".join(tokens))) == [(0, len("".join(tokens)))]


@given(st.binary(max_size=9), st.binary(max_size=9), st.sampled_from(list(SHAPES.values())))
def test_a_token_in_a_larger_base64_text_is_found(left: bytes, right: bytes, token: str) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(left + token.encode() + right).decode()
        ((start, end),) = aws_spans(text)

        assert end == len(text)
        assert base64.urlsafe_b64decode(f"{text[:start]}====").find(token.encode()[16:]) == -1


def test_a_token_in_the_alphabet_of_addresses_is_taken_whole() -> None:
    token = SHAPES["the longest"].replace("+", "-").replace("/", "_")

    assert is_aws_token(token)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AAAA",
        "A" * 5000,
        "AAAA" + "b7/Q" * 300,
        base64.b64encode(bytes(200_000)).decode(),
        base64.encodebytes(bytes(20_000)).decode(),
        base64.b64encode(b"\0\0\0\x2a\0\0\0\2").decode(),
        base64.b64encode(b"\0\0\0\x2a" + bytes(500)).decode(),
        "0123456789abcdef" * 4000,
        "0b6dc2b1-5a0e-4c39-9f6c-7d1f2a3b4c5d",
        "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0" * 9,
        "FwoGZXIvYXdzE" + "AAAA" * 90 + "==",
    ],
)
def test_other_people_s_values_have_no_such_shape(text: str) -> None:
    assert list(aws_spans(text)) == []
    assert list(aws_tokens(text)) == []


def test_what_is_longer_than_any_token_is_none_but_not_shown_either() -> None:
    token = aws_token(MAX_TOKEN_LENGTH)

    assert is_aws_token(token)
    assert not is_aws_token(f"{token}A")
    assert list(aws_spans(f"{token}A")) == [(0, len(token) + 1)]


@pytest.mark.parametrize("key", ["TaskToken", "taskToken", "TASKTOKEN", "task_token", "Task-Token"])
@pytest.mark.parametrize("depth", range(4))
def test_a_string_under_task_token_is_known_by_its_key(key: str, depth: int) -> None:
    text = json.dumps({"a": [{key: 'tok/"en"\\'}], "b": 1}, indent=depth or None)
    shown = json.dumps({"a": [{key: "gone"}], "b": 1}, indent=depth or None)
    for _ in range(depth):
        text, shown = json.dumps({"inner": text}), json.dumps({"inner": shown})

    assert without_named(text, "gone") == shown
    assert list(named_tokens(text)) == ['tok/"en"\\']


@pytest.mark.parametrize(
    "value",
    [
        {"token": "abc"},
        {"sessionToken": "abc", "access_token": "abc", "csrfToken": "abc", "nextToken": "abc"},
        {"MyTaskToken": "abc", "TaskTokenId": "abc", "TaskToken.$": "$$.Task.Token"},
        {"task token": "abc", "task__token": "abc", "tasktokens": ["abc"]},
        {"TaskToken": {"id": "abc"}, "taskToken": 5, "task_token": None, "TASKTOKEN": ""},
        {"a": "TaskToken", "b": "the TaskToken: abc"},
        ["TaskToken", "abc"],
    ],
)
def test_no_other_key_says_so(value: object) -> None:
    text = json.dumps(value)

    assert without_named(text, "gone") is text
    assert list(named_tokens(text)) == []


def test_a_text_that_is_cut_off_under_the_key_is_taken_to_its_end() -> None:
    assert without_named('{"id": 1, "taskToken": "abc', "gone") == '{"id": 1, "taskToken": "gone'


def test_a_key_of_details_says_it_too() -> None:
    assert is_token_key("Task_Token")
    assert not is_token_key("taskTokens")


@pytest.mark.parametrize("form", [OLD, NEW])
def test_the_forms_are_those_that_were_seen(form: str) -> None:
    """A version, and lengths in four bytes: 42, then 2 or 3."""
    head = base64.b64decode(form[: len(form) // 4 * 4])

    assert re.search(rb"\0\0\0\x2a\0\0\0[\2\3]\0", head)
