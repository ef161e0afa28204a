"""The question of a waiting task: its facts, and what an answer to it meant."""

import json
from typing import Any

import pytest

from handrail.core.definition.callback_choices import Callback
from handrail.core.definition.callback_question import (
    ABSENT,
    UNKNOWN,
    Fact,
    Question,
    facts,
    given,
)
from handrail.core.history.outcomes import Outcome, TaskAnswer
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
    assert shown(path) == (Fact(label, value, text, missing=text == ABSENT),)


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
    assert facts(show, parameters) == (Fact("A", None, UNKNOWN, missing=True),)


SCHEMA = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean"},
        "approved_by": {"type": ["string", "null"]},
        "comment": {"type": "string", "title": "Why"},
        "percent": {"type": "number"},
        "lines": {"type": "array"},
    },
    "required": ["approved", "approved_by", "comment"],
}
CHOICES = {"approve": {"output": {"approved": True}}, "reject": {"output": {"approved": False}}}
FAILING = {"approve": {"output": {"approved": True}}, "reject": {"error": "No", "cause": "Dear"}}
BY = {"answered_by": "approved_by"}


def question(**said: Any) -> Question:
    return Question(Callback.model_validate(said), SCHEMA)


def meant(asked: Question, output: str) -> tuple[str | None, Any, str | None]:
    told = given(asked, TaskAnswer(Outcome.SUCCESS, output))
    return told.choice.name if told.choice else None, dict(told.typed), told.by


@pytest.mark.parametrize(
    ("output", "choice", "typed", "by"),
    [
        ('{"approved": true}', "approve", {}, None),
        (
            '{"approved_by": "ada", "comment": "Fine.", "approved": false, "percent": 1.10}',
            "reject",
            {"Why": "Fine.", "Percent": "1.10"},
            "ada",
        ),
        ('{"approved": true, "approved_by": null}', "approve", {}, None),
        ('{"approved": true, "other": 1}', None, {}, None),
        ('{"comment": "Hm."}', None, {"Why": "Hm."}, None),
        ("[]", None, {}, None),
        ("not JSON", None, {}, None),
    ],
)
def test_the_answer_tells_the_choice_and_what_was_typed_beside_it(
    output: str, choice: str | None, typed: dict[str, str], by: str | None
) -> None:
    assert meant(question(**CHOICES, **BY), output) == (choice, typed, by)


@pytest.mark.parametrize(
    ("error", "cause", "choice", "typed"),
    [
        ("No", "Dear", "reject", {}),
        ("No", "Dear\nReally.\nYes.", "reject", {"Why": "Really.\nYes."}),
        ("No", "Dearest", None, {}),
        ("Other", "Dear", None, {}),
    ],
)
def test_a_failing_choice_has_its_comment_in_its_cause(
    error: str, cause: str, choice: str | None, typed: dict[str, str]
) -> None:
    told = given(question(**FAILING), TaskAnswer(Outcome.FAILURE, error=error, cause=cause))
    assert ((told.choice.name if told.choice else None), dict(told.typed)) == (choice, typed)


def test_what_nobody_answered_was_no_choice() -> None:
    assert given(question(**FAILING), TaskAnswer(Outcome.TIMED_OUT)).choice is None


def test_a_question_says_whether_it_tells_of_the_parameters() -> None:
    assert not Question().tells
    assert not question(title="Ship it?").tells
    assert question(title="Ship {order}?").tells
    assert question(show=["order"]).tells
