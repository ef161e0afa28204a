"""No token leaves in any string, in whatever spelling; nothing else is touched."""

import base64
import json
from datetime import UTC, datetime
from string import ascii_letters, digits
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.models import HistoryEvent, Json
from handrail.core.task_tokens import redaction
from handrail.core.task_tokens.redaction import REDACTED, Redactor
from handrail.core.task_tokens.shapes import is_token_key
from tests.core.definitions import AT, AWS_TOKEN, UUID_TOKEN, scheduled
from tests.core.made_up_tokens import SHAPES

TOKENS = st.text(ascii_letters + digits + '+/=-_:<>" \\é😀', min_size=12, max_size=60)
NOISE = st.text(ascii_letters + digits + '+/=-"\\{}:, é', max_size=40)


def event(details: dict[str, Json]) -> HistoryEvent:
    return HistoryEvent(5, 4, "TaskSucceeded", datetime(2026, 11, 22, tzinfo=UTC), details)


@given(st.lists(TOKENS, min_size=1, max_size=6), st.data())
def test_no_learned_token_is_left_in_any_string(tokens: list[str], data: st.DataObject) -> None:
    parts = st.lists(st.one_of(NOISE, st.sampled_from(tokens)), max_size=8).map("".join)
    text, nested = data.draw(parts), data.draw(parts)

    redacted = Redactor(tokens).event(event({"output": text, "inner": {"list": [nested]}}))

    for token in tokens:
        assert token not in redacted.details["output"]
        assert token not in redacted.details["inner"]["list"][0]


def test_tokens_learned_one_by_one_are_all_replaced() -> None:
    redactor = Redactor()
    tokens = [f"{n:08x}-5a0e-4c39-9f6c-{n * 7919:012x}" for n in range(200)]
    for token in tokens:
        redactor.learn([token])
        assert redactor.text(f"got {token}") == f"got {REDACTED}"

    assert redactor.text(" ".join(tokens)) == " ".join([REDACTED] * 200)


@pytest.mark.parametrize("token", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    "place",
    [
        {"Input": {"Parent": {"handle": "{}"}}},
        {"url": "https://x.test/approve?t={}&id=7"},
        {"Body": "order-1002{}"},
        {"MessageBody": json.dumps({"t": "{}", "inner": json.dumps({"u": "{}"})})},
    ],
)
def test_what_has_aws_s_shape_is_replaced_under_any_key(place: Json, token: str) -> None:
    text = json.dumps(place)

    for spelled in (token, quote(token, safe=""), quote(quote(token, safe=""), safe="")):
        assert Redactor().text(text.replace("{}", spelled)) == text.replace("{}", REDACTED)


def test_a_string_under_task_token_is_replaced_whatever_it_is() -> None:
    inner = json.dumps({"task_token": UUID_TOKEN, "token": UUID_TOKEN})
    shown = json.dumps({"task_token": REDACTED, "token": UUID_TOKEN})
    details: dict[str, Json] = {"input": json.dumps({"child": inner}), "taskToken": UUID_TOKEN}

    redacted = Redactor().event(event(details)).details

    assert redacted == {"input": json.dumps({"child": shown}), "taskToken": REDACTED}


@pytest.mark.parametrize(
    "spelled",
    [
        AWS_TOKEN,
        quote(AWS_TOKEN, safe=""),
        AWS_TOKEN.replace("/", "\\/"),
        AWS_TOKEN.replace("=", "\\u003d"),
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", '{{"t":"{}"}}', "https://x.test/{}?a=b", "a%20{}%20", "line\\n{}\\n"]
)
def test_what_looks_like_aws_s_tokens_is_replaced_unlearned(spelled: str, around: str) -> None:
    assert Redactor().text(around.format(spelled)) == around.format(REDACTED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AAAA",
        "AAAA" + "b" * 100,
        "AAAA" + "b" * 500,
        "A" * 5000,
        UUID_TOKEN,
        json.dumps({"token": UUID_TOKEN, "sessionToken": UUID_TOKEN, "csrf": "AAAA" + "b" * 400}),
    ],
)
def test_what_only_resembles_one_is_left_alone(text: str) -> None:
    assert Redactor().text(text) is text


def test_an_event_without_a_token_is_the_same_object() -> None:
    clean = scheduled({"n": 1, "text": "0b6dc2b1 Q+x9Lk2Zk"})

    assert Redactor([UUID_TOKEN, AWS_TOKEN]).event(clean) is clean


def test_an_event_with_one_is_changed_in_that_place_only() -> None:
    dirty = scheduled({"TaskToken": UUID_TOKEN, "order": 7})

    redacted = Redactor([UUID_TOKEN]).event(dirty)

    assert json.loads(redacted.details["parameters"]) == {"TaskToken": REDACTED, "order": 7}
    assert {**redacted.details, "parameters": ""} == {**dirty.details, "parameters": ""}
    assert (redacted.id, redacted.at, redacted.details_key) == (
        dirty.id,
        AT,
        "taskScheduledEventDetails",
    )


def test_no_text_stays_no_text() -> None:
    assert redaction.redacted(None) is None


def test_tokens_that_touch_or_overlap_leave_nothing() -> None:
    tokens = ["a_task_token_of_some_length", "some_length_and_more_of_it"]

    text = Redactor(tokens).text("<a_task_token_of_some_length_and_more_of_it>")

    assert text == f"<{REDACTED}>"


def test_thousands_of_learned_tokens_are_each_replaced() -> None:
    tokens = [f"{n:08x}-5a0e-4c39-9f6c-{n * 7919:012x}" for n in range(5000)]
    redactor = Redactor(tokens)

    assert redactor.text("".join(tokens)) == REDACTED * 5000
    assert redactor.text(base64.b64encode(tokens[4000].encode()).decode()) == REDACTED


PIECES = st.sampled_from(
    [
        *SHAPES.values(),
        UUID_TOKEN,
        "a/b",
        "\\",
        '"',
        "\n",
        "%2F",
        "==",
        "é😀",
        "order",
        "?t=",
    ]
)
KEYS = st.sampled_from(["TaskToken", "task_token", "token", "TaskToken.$", 'a"b\\'])
LEAVES = st.lists(PIECES, max_size=4).map("".join) | st.integers() | st.none()
VALUES: st.SearchStrategy[Json] = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3)
        | inner.map(json.dumps)
    ),
    max_leaves=8,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_redacting_a_json_text_is_redacting_its_strings(
    value: Json, ascii: bool, indent: int | None
) -> None:
    redactor = Redactor([UUID_TOKEN])
    text = json.dumps([value], ensure_ascii=ascii, indent=indent)

    assert json.loads(redactor.text(text) or "") == [by_strings(redactor, value)]


def by_strings(redactor: Redactor, value: Json, key: str = "") -> Json:
    if isinstance(value, dict):
        return {key: by_strings(redactor, inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [by_strings(redactor, inner) for inner in value]
    if not isinstance(value, str):
        return value
    return REDACTED if value and is_token_key(key) else redactor.text(value)
