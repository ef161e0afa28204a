"""What TestState refuses, in AWS's words."""

import json
from typing import Any

import pytest

from handrail.engine.errors import AwsError
from handrail.engine.single_state.tested_state import read_tested_state

ROLE = "arn:aws:iam::123456789012:role/test"
PASS = {"Type": "Pass", "End": True}
INNER = {"StartAt": "T", "States": {"T": PASS}}
MAP = {"Type": "Map", "ItemProcessor": INNER, "End": True}
WRITER = {"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {}}}
PARALLEL = {"Type": "Parallel", "Branches": [INNER, INNER], "End": True}
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
TOKEN = {**TASK, "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}
RESULT = {"result": "{}"}
ERROR = {"errorOutput": {"error": "E", "cause": "C"}}
CONTAINERS = (
    "TestState API does not support Map or Parallel states. "
    "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
)


@pytest.mark.parametrize(
    ("state", "more", "problem"),
    [
        (PASS, {"mock": RESULT}, "State type 'Pass' is not supported when a mock is specified"),
        (
            {"Type": "Fail"},
            {"mock": ERROR},
            "State type 'Fail' is not supported when a mock is specified",
        ),
        (MAP, {}, CONTAINERS),
        (PARALLEL, {}, CONTAINERS),
        (
            TASK,
            {"mock": RESULT | ERROR},
            "A test mock should have only one of the following fields: [result, errorOutput].",
        ),
        (
            TASK,
            {"mock": RESULT, "revealSecrets": True},
            "TestState does not support RevealSecrets when a mock is specified.",
        ),
        (TASK, {"mock": {"result": "no JSON"}}, "Mocked result must be valid JSON"),
        (
            TASK,
            {"mock": {"result": '{"StatusCode": "x"}'}},
            "Mock result schema validation error: Field 'StatusCode' must be a number",
        ),
        (MAP, {"mock": RESULT}, "Mocked result must be an array."),
        (MAP | WRITER, {"mock": {"result": "[]"}}, "Mocked result must be a JSON object."),
        (PARALLEL, {"mock": RESULT}, "Mocked result must be an array."),
        (
            PARALLEL,
            {"mock": {"result": "[1]"}},
            "Mocked result must contain the same number of items as number of Parallel branches.",
        ),
        (
            MAP,
            {"mock": {"result": "[1]"}, "stateConfiguration": {"mapIterationFailureCount": 2}},
            "Map iteration failure count must be less than or equal to "
            "the number of Map iterations",
        ),
        (
            TASK,
            {"stateConfiguration": {"mapIterationFailureCount": 2}},
            "TestState does not support MapIterationFailureCount when a mock is not specified.",
        ),
        (TASK, {"roleArn": None}, "RoleArn must be specified when testing a Task state"),
        (
            TOKEN,
            {},
            "A Task state with the .waitForTaskToken pattern can't be tested without a mock",
        ),
        (
            TASK,
            {"mock": RESULT, "context": '{"Task": {"Token": "t"}}'},
            "Invalid Context object provided: Context object contains 'Task' when state is not a "
            "Task state with a '.sync' or '.waitForTaskToken' service integration pattern",
        ),
        (PASS, {"inspectionLevel": "ALL"}, "inspectionLevel must be one of INFO, DEBUG, TRACE"),
        (PASS, {"variables": "[]"}, "variables must be a JSON object"),
    ],
)
def test_what_is_refused(state: Any, more: dict[str, Any], problem: str) -> None:
    with pytest.raises(AwsError) as caught:
        read_tested_state({"definition": json.dumps(state), "roleArn": ROLE, **more})
    assert caught.value.message == problem


def test_a_state_of_a_whole_definition_has_to_be_in_it() -> None:
    whole = json.dumps({"StartAt": "A", "States": {"A": MAP}})
    found = read_tested_state({"definition": whole, "stateName": "T"})
    assert (found.name, found.raw) == ("T", PASS)
    with pytest.raises(AwsError, match="State not found in definition"):
        read_tested_state({"definition": whole, "stateName": "B"})
    with pytest.raises(AwsError, match="stateName"):
        read_tested_state({"definition": whole})


def test_nothing_is_held_against_the_model_where_nobody_wants_it() -> None:
    mock = {"result": '{"StatusCode": "x"}', "fieldValidationMode": "NONE"}
    found = read_tested_state({"definition": json.dumps(TASK), "mock": mock})
    assert found.mock is not None
    assert found.mock.result == {"StatusCode": "x"}
