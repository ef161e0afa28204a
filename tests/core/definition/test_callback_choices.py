"""What `machine.json` may say of a question, and what of a task's parameters is shown by it."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from handrail.core.definition.callback_choices import (
    ABSENT,
    UNKNOWN,
    Callback,
    Choice,
    Fact,
    facts,
)
from handrail.core.history.outcomes import Outcome
from handrail.core.json_text import json_bytes
from handrail.core.models import Json

PARAMETERS: dict[str, Json] = {
    "MessageBody": {"order_id": "A-1", "lines": [{"a b": 1}, None], "rush": False},
    "état": "x",
}


def shown(*show: str | dict[str, str], parameters: str | None = None) -> tuple[Fact, ...]:
    text = json.dumps(PARAMETERS) if parameters is None else parameters
    return facts(Callback.model_validate({"show": show}).show, text)


@pytest.mark.parametrize(
    ("path", "label", "value", "text"),
    [
        ("$.MessageBody.order_id", "Order id", "A-1", "A-1"),
        ("$.MessageBody.rush", "Rush", False, "No"),
        ("$.MessageBody.lines[0]['a b']", "A b", 1, "1"),
        ("$.MessageBody.lines[1]", "Lines", None, "null"),
        ("$.MessageBody.lines[0]", "Lines", {"a b": 1}, '{\n  "a b": 1\n}'),
        ("$['état']", "État", "x", "x"),
        ("$.état", "État", "x", "x"),
        ("$.MessageBody.lines[2]", "Lines", None, ABSENT),
        ("$.MessageBody.order_id.more", "More", None, ABSENT),
        ("$.MessageBody[0]", "MessageBody", None, ABSENT),
        ("$.Payload", "Payload", None, ABSENT),
    ],
)
def test_a_path_leads_into_the_parameters(path: str, label: str, value: Json, text: str) -> None:
    assert shown(path) == (Fact(label, value, text),)


def test_an_author_may_choose_the_label() -> None:
    (fact,) = shown({"path": "$.MessageBody.order_id", "label": "Bestellung"})
    assert fact.label == "Bestellung"


@pytest.mark.parametrize(
    "number", ["1.10", "12345678901234567890.5", "1E5", "12345678901234567890"]
)
def test_a_number_is_shown_as_it_was_written(number: str) -> None:
    (fact,) = shown("$.amount", parameters=f'{{"amount": {number}}}')
    assert fact.text == number
    assert json_bytes(fact.value).decode() == number


def test_half_of_a_character_doesn_t_break_the_page() -> None:
    for parameters in ('{"a": "x\\ud83d"}', '{"a": ["x\\ud83d"]}'):
        (fact,) = shown("$.a", parameters=parameters)
        assert "\N{REPLACEMENT CHARACTER}" in fact.text
        fact.text.encode()


def test_a_number_past_all_that_python_reads_is_shown_too() -> None:
    (fact,) = shown("$.amount", parameters=f'{{"amount": {"9" * 5000}}}')
    assert fact.text == "9" * 5000


@pytest.mark.parametrize("parameters", [None, "", "{", "[" * 100_000])
def test_parameters_that_aren_t_known_whole_are_told_so(parameters: str | None) -> None:
    show = Callback.model_validate({"show": ["$.a"]}).show
    assert facts(show, parameters) == (Fact("A", None, UNKNOWN),)


@pytest.mark.parametrize(
    ("said", "bodies"),
    [
        ({}, []),
        ({"approve": {"output": None}}, [("approve", "Approve", "success", {"output": None})]),
        ({"reject": {"output": 0}}, [("reject", "Reject", "success", {"output": 0})]),
        (
            {"reject": {"label": "No", "error": "E", "cause": "c"}},
            [("reject", "No", "failure", {"error": "E", "cause": "c"})],
        ),
        ({"reject": {"error": "E"}}, [("reject", "Reject", "failure", {"error": "E"})]),
    ],
)
def test_each_button_says_what_it_sends(said: Json, bodies: list[Any]) -> None:
    expected = [
        Choice(name, label, Outcome(outcome), body) for name, label, outcome, body in bodies
    ]
    assert [*Callback.model_validate(said).choices()] == expected


@pytest.mark.parametrize(
    "said",
    [
        {"titel": "?"},
        {"title": ""},
        {"approve": {}},
        {"approve": {"label": "Yes"}},
        {"approve": {"output": 1, "label": ""}},
        {"approve": {"error": "E"}},
        {"reject": {}},
        {"reject": {"cause": "c"}},
        {"reject": {"output": 1, "error": "E"}},
        {"reject": {"output": 1, "cause": "c"}},
        {"reject": {"error": ""}},
        {"reject": {"error": "E" * 257}},
        {"show": ["MessageBody"]},
        {"show": ["$.a..b"]},
        {"show": ["$.*"]},
        {"show": ["$$.Task.Token"]},
        {"show": [{"label": "A"}]},
        {"show": [1]},
    ],
)
def test_what_nobody_can_mean_is_refused(said: Json) -> None:
    with pytest.raises(ValidationError):
        Callback.model_validate(said)
