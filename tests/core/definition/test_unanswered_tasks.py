import json
from typing import Any

import pytest

from handrail.core.definition.definition import Definition
from handrail.core.definition.unanswered_tasks import called_function, unanswered_tasks

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
INVOKE = "arn:aws:states:::lambda:invoke"
TEXTRACT = "arn:aws:states:::aws-sdk:textract:detectDocumentText"


def definition(**states: dict[str, Any]) -> Definition:
    known = {name: {"Type": "Task", "End": True, **state} for name, state in states.items()}
    return Definition.parse(json.dumps({"StartAt": next(iter(known)), "States": known}))


def told(read: Definition, **known: Any) -> dict[str, str]:
    options = {"stand_ins": (), "functions": None, **known}
    return {each.state.name: each.reason for each in unanswered_tasks(read, **options)}


def test_what_the_engine_cannot_run_is_listed_unless_something_stands_in_for_it() -> None:
    read = definition(A={"Resource": TEXTRACT}, B={"Resource": "arn:aws:states:::http:invoke"})
    assert list(told(read)) == ["A", "B"]
    assert list(told(read, stand_ins=["A"])) == ["B"]
    hint = unanswered_tasks(read, stand_ins=["B"], functions=None)[0].hint()
    assert hint.endswith('answers. machine.json: "stand_ins": {"A": {"return": …}}')


def test_a_function_needs_a_handler_where_the_handlers_are_known() -> None:
    read = definition(A={"Resource": f"{ARN}charge:live"}, B={"Resource": f"{ARN}ship"})
    assert told(read) == {}
    reason = "The Lambda function ship has no handler."
    assert told(read, functions=["charge"]) == {"B": reason}
    assert told(read, functions=["charge"], stand_ins=["B"]) == {}


def test_states_inside_others_are_looked_at_too() -> None:
    inner = {"StartAt": "In", "States": {"In": {"Type": "Task", "Resource": TEXTRACT, "End": True}}}
    read = definition(A={"Type": "Map", "ItemProcessor": inner})
    assert list(told(read)) == ["In"]


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ({"Resource": f"{ARN}f"}, "f"),
        ({"Resource": f"{ARN}f:1"}, "f"),
        ({"Resource": INVOKE, "Parameters": {"FunctionName": "f"}}, "f"),
        ({"Resource": INVOKE, "Parameters": {"FunctionName": "f:$LATEST"}}, "f"),
        ({"Resource": INVOKE, "Parameters": {"FunctionName": f"{ARN}f:live"}}, "f"),
        ({"Resource": f"{INVOKE}.waitForTaskToken", "Arguments": {"FunctionName": "f"}}, "f"),
        ({"Resource": INVOKE, "Arguments": {"FunctionName": "{% $f %}"}}, None),
        ({"Resource": INVOKE, "Parameters": {"FunctionName.$": "$.f"}}, None),
        ({"Resource": INVOKE}, None),
        ({"Resource": TEXTRACT}, None),
    ],
)
def test_the_function_that_a_task_invokes(state: dict[str, Any], name: str | None) -> None:
    assert called_function(definition(A=state).states["A"]) == name
