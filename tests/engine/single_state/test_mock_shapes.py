"""Mocked results are held against the service's model as AWS was seen to hold them."""

from typing import Any

import pytest

from handrail.core.models import Json
from handrail.engine.service_models import operation_model
from handrail.engine.single_state.mock_shapes import mock_problem


def problem(operation: str, result: Json, *, strict: bool = True) -> str | None:
    service, _, action = operation.partition(":")
    found: Any = operation_model(service, action)
    return mock_problem(result, found.output_shape, strict=strict)


EVENT = {"EventId": "1"}


@pytest.mark.parametrize(
    ("operation", "result", "expected"),
    [
        ("lambda:invoke", {"random": "json"}, None),
        ("lambda:invoke", {}, None),
        ("lambda:invoke", {"Payload": "text"}, None),
        ("events:putEvents", {"Entries": 1}, "Field 'Entries' must be an array"),
        ("events:putEvents", {"Entries": [{"EventId": 1}]}, "Field 'EventId' must be a string"),
        (
            "events:putEvents",
            {"Entries": [EVENT, {"EventId": 1}]},
            "Field 'EventId' must be a string",
        ),
        ("stepfunctions:startExecution", {}, "Required field 'ExecutionArn' is missing"),
        (
            "stepfunctions:startExecution",
            {"executionArn": "a", "StartDate": "b"},
            "Required field 'ExecutionArn' is missing",
        ),
        (
            "stepfunctions:startExecution",
            {"ExecutionArn": "a", "StartDate": True},
            "Field 'StartDate' must be a string",
        ),
        ("lambda:invoke", {"StatusCode": "200"}, "Field 'StatusCode' must be a number"),
        (
            "dynamodb:putItem",
            {"ConsumedCapacity": {"CapacityUnits": "1"}},
            "Field 'CapacityUnits' must be a number",
        ),
        ("s3:getObject", {"ContentLength": "1"}, "Field 'ContentLength' must be a number"),
        ("s3:getObject", {"StorageClass": "X"}, "Field 'StorageClass' is not an expected value"),
        ("kms:encrypt", {"CiphertextBlob": 1}, "Field 'CiphertextBlob' must be a string"),
        (
            "kms:encrypt",
            {"CiphertextBlob": ""},
            "Field 'CiphertextBlob' is smaller than the minimum length",
        ),
        (
            "lambda:getFunction",
            {"Configuration": {"MemorySize": 1}},
            "Field 'MemorySize' is less than the minimum value",
        ),
        (
            "lambda:getFunction",
            {"Configuration": {"MemorySize": 10**9}},
            "Field 'MemorySize' exceeds the maximum value",
        ),
    ],
)
def test_strictly(operation: str, result: Json, expected: str | None) -> None:
    assert problem(operation, result) == expected


def test_only_what_is_there() -> None:
    assert problem("stepfunctions:startExecution", {}, strict=False) is None
    assert problem("lambda:invoke", {"StatusCode": "x"}, strict=False) is not None
