"""How news is named in addresses and page tokens."""

from urllib.parse import unquote

import pytest

from handrail.core.errors import InvalidRequest, NewsNotFound
from handrail.core.models import ExecutionId
from handrail.core.news.letter_keys import (
    event_id_of,
    execution_of,
    key_text,
    letters_page,
    letters_place,
    read_key,
)
from tests.outboxes import ORDER, news_of

EXECUTIONS = [
    ORDER,
    ExecutionId("orders", "größer.1", label="Each"),
    ExecutionId("prices", "x", run="0a1b"),
    ExecutionId("orders", "a%2Eb"),
]


@pytest.mark.parametrize("execution", EXECUTIONS, ids=str)
def test_a_key_is_read_as_it_was_written(execution: ExecutionId) -> None:
    key = news_of(14, execution).key
    assert read_key(key_text(key)) == key
    assert (execution_of(key), event_id_of(key)) == (execution, 14)
    assert "/" not in key_text(key)


def test_a_key_that_was_unquoted_once_too_often_is_read_too() -> None:
    key = news_of(14, EXECUTIONS[1]).key
    assert read_key(unquote(key_text(key))) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a:1",
        "a:1:",
        "a:x:order:one:5",
        "a:1:order:one:x",
        "a:1:order:one:²",
        "a:1:5",
        ":1:order:one:5",
        "a#b:1:order:one:5",
        f"a:{'9' * 30}:order:one:5",
        f"a:1:order:one:{'9' * 30}",
    ],
)
def test_what_is_no_key_names_nothing(text: str) -> None:
    with pytest.raises(NewsNotFound):
        read_key(text)


def test_pages_go_on_behind_what_was_shown_also_where_times_are_equal() -> None:
    places = [(30, "c"), (20, "b"), (20, "a"), (20, "c"), (10, "z")]
    seen, token = list[tuple[int, str]](), None
    while True:
        page, token = letters_page(places, 2, letters_place(token))
        seen += page
        if token is None:
            break
    assert seen == sorted(places, reverse=True)
    assert letters_page([], 2, None) == ([], None)


def test_a_token_of_another_list_is_none() -> None:
    for token in ("x", "bm9uZQ"):
        with pytest.raises(InvalidRequest):
            letters_place(token)
