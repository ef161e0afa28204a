"""What documents tell of a question to people."""

import json
from typing import Any

from handrail.core.definition.callback_choices import Callback
from handrail.core.definition.callback_question import ABSENT, UNKNOWN, Question
from handrail.core.json_text import json_bytes
from handrail.core.protocol.question_documents import (
    NO_QUESTION,
    QuestionDrawing,
    nothing_asked,
)

ASKS = Callback.model_validate(
    {
        "title": "Ship order {order}?",
        "show": ["order", "customer"],
        "approve": {"output": {"approved": True}},
        "reject": {"label": "Send back", "error": "Declined"},
    }
)
OUTPUTS = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean"},
        "comment": {"type": "string", "title": "A word"},
        "speed": {"enum": ["slow", 2]},
    },
    "required": ["approved", "speed"],
}


def asked(parameters: str | None) -> Any:
    drawing = QuestionDrawing(lambda _: Question(ASKS, OUTPUTS))
    return json.loads(json_bytes(drawing.of("Approve", parameters)))


def test_it_is_the_author_s_with_the_task_s_own_values() -> None:
    shown = asked('{"MessageBody": {"order": 1.10}}')
    assert shown["title"] == "Ship order 1.10?"
    assert shown["facts"] == [
        {"label": "Order", "value": 1.1, "missing": None},
        {"label": "Customer", "value": None, "missing": ABSENT},
    ]
    assert shown["choices"] == [
        {
            "name": "approve",
            "label": "Approve",
            "outcome": "success",
            "body": {"output": {"approved": True}},
        },
        {
            "name": "reject",
            "label": "Send back",
            "outcome": "failure",
            "body": {"error": "Declined"},
        },
    ]
    comment, speed = shown["fields"]
    assert (comment["name"], comment["title"], comment["kind"]) == ("comment", "A word", "text")
    assert comment["required"] is False
    assert speed["options"] == [{"label": "slow", "value": "slow"}, {"label": "2", "value": 2}]


def test_it_is_asked_too_where_the_parameters_aren_t_known() -> None:
    shown = asked(None)
    assert shown["title"] == "Ship order (order is not known)?"
    assert [fact["missing"] for fact in shown["facts"]] == [UNKNOWN] * 2
    assert len(shown["choices"]) == 2


def test_where_the_author_says_nothing_there_is_none() -> None:
    assert QuestionDrawing(nothing_asked).of("Approve", "{}") == NO_QUESTION


def test_what_is_the_same_for_all_tasks_of_a_state_is_drawn_once() -> None:
    asked_of = list[str]()

    def asking(state: str) -> Question:
        asked_of.append(state)
        return Question(ASKS, OUTPUTS)

    drawing = QuestionDrawing(asking)
    one, two = (drawing.of("Approve", f'{{"order": {n}}}') for n in (1, 2))
    assert asked_of == ["Approve"]
    assert (one["title"], two["title"]) == ("Ship order 1?", "Ship order 2?")
    assert one["choices"] is two["choices"]
