"""What `machine.json` may say of a question, and what its buttons send."""

from typing import Any

import pytest
from pydantic import ValidationError

from handrail.core.definition.callback_choices import Callback, Choice
from handrail.core.errors import InvalidOutput, InvalidRequest
from handrail.core.history.outcomes import Outcome
from handrail.core.json_text import json_bytes
from handrail.core.models import Json


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
        {"show": ["$.a..b"]},
        {"show": ["a b"]},
        {"show": ["a"] * 51},
        {"title": "Ship {order id}?"},
        {"title": "Ship {?"},
        {"answered_by": ""},
        {"answered_by": "by", "approve": {"output": True}},
        {"answered_by": "by", "approve": {"output": {"by": "Ada"}}},
        {"show": ["$.*"]},
        {"show": ["$$.Task.Token"]},
        {"show": [{"label": "A"}]},
        {"show": [1]},
    ],
)
def test_what_nobody_can_mean_is_refused(said: Json) -> None:
    with pytest.raises(ValidationError):
        Callback.model_validate(said)


APPROVED: Json = {"type": "object", "properties": {"approved": {"type": "boolean"}}}
WHOLE: Json = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean"},
        "by": {"type": "string"},
        "comment": {"type": "string"},
        "percent": {"type": "number"},
        "lines": {"type": "array"},
    },
    "required": ["approved", "percent"],
}
YES = {"approve": {"output": {"approved": True}}}


@pytest.mark.parametrize(
    ("said", "schema", "names"),
    [
        ({}, APPROVED, ["approved"]),
        ({}, WHOLE, None),
        ({}, None, None),
        (YES, APPROVED, []),
        (YES, WHOLE, ["by", "comment", "percent"]),
        ({**YES, "answered_by": "by"}, WHOLE, ["comment", "percent"]),
        ({"approve": {"output": 1}}, WHOLE, []),
        ({"reject": {"error": "No"}}, APPROVED, ["approved"]),
        (YES, None, []),
        (YES, True, []),
    ],
)
def test_what_no_button_says_is_asked_beside_them(
    said: Json, schema: Json, names: list[str] | None
) -> None:
    fields = Callback.model_validate(said).fields(schema)
    assert (None if fields is None else [field.name for field in fields]) == names


def pressed(name: str, said: Json, **typed: str) -> Json:
    callback = Callback.model_validate(said)
    (choice,) = [choice for choice in callback.choices() if choice.name == name]
    form = {f"output.{field}": text for field, text in typed.items()}
    return choice.filled(callback.fields(WHOLE) or (), form)


FAILING = {**YES, "reject": {"error": "No", "cause": "Dear."}}


def test_what_was_typed_goes_into_the_button_s_output() -> None:
    body = pressed("approve", YES, comment="Fine.", percent="1.10", by="")
    assert json_bytes(body) == b'{"output":{"approved":true,"comment":"Fine.","percent":1.10}}'


def test_what_is_needed_and_wasn_t_typed_is_told_of_its_field() -> None:
    with pytest.raises(InvalidOutput) as refused:
        pressed("approve", YES, comment="Fine.")
    assert [error.path for error in refused.value.errors] == ["output.percent"]


def test_a_rejection_that_fails_has_the_comment_in_its_cause_and_needs_no_other_field() -> None:
    assert pressed("reject", FAILING, comment="Much.") == {"error": "No", "cause": "Dear.\nMuch."}
    assert pressed("reject", FAILING, percent="x") == {"error": "No", "cause": "Dear."}
    bare = {**YES, "reject": {"error": "No"}}
    assert pressed("reject", bare, comment="Much.") == {"error": "No", "cause": "Much."}


def test_a_comment_that_a_cause_has_no_room_for_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        pressed("reject", FAILING, comment="x" * 32_768)
