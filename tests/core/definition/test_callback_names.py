"""What a question names that its task is never called with."""

import json
from typing import Any

import pytest

from handrail.core.definition.callback_choices import Callback
from handrail.core.definition.callback_names import names_nothing
from handrail.core.definition.definition import Definition

ASKS = Callback.model_validate(
    {
        "title": "Ship {order.id} {{x}} {gone}?",
        "show": ["order.id", "$.MessageBody.who", "lines[0]"],
    }
)


def missing(**state: Any) -> list[str]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        **state,
    }
    definition = Definition.parse(
        json.dumps({"StartAt": "Ask", "States": {"Ask": {**task, "End": True}}})
    )
    return [*names_nothing(ASKS, definition.states["Ask"])]


KNOWN = {"order": {"id.$": "$.id"}, "who": "Ada", "token.$": "$$.Task.Token"}


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ({"Parameters": {"MessageBody": KNOWN}}, ["gone", "lines[0]"]),
        ({"Parameters": {"MessageBody": {**KNOWN, "order.$": "$"}}}, ["gone", "lines[0]"]),
        ({"Parameters": {"MessageBody": {**KNOWN, "gone.$": "$.x", "lines.$": "$.y"}}}, []),
        ({"Parameters": {"MessageBody.$": "$"}}, []),
        ({"Parameters": {"Payload.$": "$"}}, ["$.MessageBody.who"]),
        ({"Parameters": {"Entries": [{"Detail.$": "$"}]}}, ["$.MessageBody.who"]),
        ({}, []),
        ({"QueryLanguage": "JSONata", "Arguments": "{% $states.input %}"}, []),
        ({"QueryLanguage": "JSONata", "Arguments": {"MessageBody": "{% $x %}"}}, []),
        (
            {"QueryLanguage": "JSONata", "Arguments": {"MessageBody": {"order": "{% $x %}"}}},
            ["gone", "$.MessageBody.who", "lines[0]"],
        ),
    ],
)
def test_what_the_definition_can_t_give_is_told_and_nothing_else(
    state: dict[str, Any], names: list[str]
) -> None:
    assert missing(**state) == names
