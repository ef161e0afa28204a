"""A context object that is given has the fields of the real one, of the right types."""

import json

import pytest

from handrail.core.models import Json
from handrail.engine.errors import AwsError
from handrail.engine.single_state.given_context import read_context


def test_parts_may_be_missing() -> None:
    given = {"Execution": {"Id": "arn", "Input": [1]}, "State": {"RetryCount": 2}}
    assert read_context(json.dumps(given)) == given


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"Execution": {"Id": 7}}, "Execution.Id must be a string"),
        ({"Map": {}}, "'Map' field is not supported when mocking a Context object"),
        ({"pokemon": {}}, "Field 'pokemon' is not allowed"),
        ({"Execution": {"pokemon": 1}}, "Field 'pokemon' is not allowed"),
        ({"State": {"RetryCount": True}}, "State.RetryCount must be an integer"),
        ({"Execution": []}, "Execution must be an object"),
        ([], "it must be an object"),
    ],
)
def test_what_is_wrong_is_told_as_aws_tells_it(given: Json, problem: str) -> None:
    with pytest.raises(AwsError) as caught:
        read_context(json.dumps(given))
    assert caught.value.message == f"Invalid Context object provided: {problem}"
