"""Answers in the shapes of Step Functions, seen through integrations and alone."""

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from botocore.response import StreamingBody

from handrail.engine.moto_patches.answers_as_they_came import to_step_functions
from handrail.engine.service_models import operation_model
from tests.engine.engine_fixture import Calls, one_state

from .task_runs import outputs, task

on_the_engine = pytest.mark.asyncio(loop_scope="session")
AT = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


def shape(service: str, action: str) -> Any:
    operation = operation_model(service, action)
    assert operation is not None
    return operation.output_shape


@pytest.mark.parametrize(
    ("service", "action", "came", "sdk", "optimised"),
    [
        (
            "sfn",
            "startExecution",
            {"executionArn": "a", "startDate": AT},
            {"ExecutionArn": "a", "StartDate": "2026-01-02T03:04:05.678Z"},
            {"ExecutionArn": "a", "StartDate": 1767323045678},
        ),
        (
            "s3",
            "listObjectsV2",
            {"Contents": [{"LastModified": AT.replace(microsecond=0, tzinfo=None)}]},
            {"Contents": [{"LastModified": "2026-01-02T03:04:05Z"}]},
            {"Contents": [{"LastModified": 1767323045000}]},
        ),
        (
            "dynamodb",
            "getItem",
            {"Item": {"a": {"BOOL": True}, "b": {"NULL": True}, "c": {"M": {"d": {"SS": ["e"]}}}}},
            {"Item": {"a": {"Bool": True}, "b": {"Nul": True}, "c": {"M": {"d": {"Ss": ["e"]}}}}},
            {"Item": {"a": {"BOOL": True}, "b": {"NULL": True}, "c": {"M": {"d": {"SS": ["e"]}}}}},
        ),
        (
            "dynamodb",
            "getItem",
            {"Item": {"a": {"B": b"\xff"}}},
            *[{"Item": {"a": {"B": "/w=="}}}] * 2,
        ),
        ("s3", "getObject", {"Unknown": 1}, {"Unknown": 1}, {"Unknown": 1}),
    ],
)
def test_an_answer_is_named_and_timed_by_the_kind_of_integration(
    service: str, action: str, came: Any, sdk: Any, optimised: Any
) -> None:
    for wanted, is_sdk in ((sdk, True), (optimised, False)):
        assert to_step_functions(_copied(came), shape(service, action), sdk=is_sdk) == wanted


def test_a_stream_is_a_text() -> None:
    body = StreamingBody(BytesIO("ü".encode()), 2)
    assert to_step_functions({"Body": body}, shape("s3", "getObject"), sdk=True) == {"Body": "ü"}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


@on_the_engine
@pytest.mark.parametrize("pattern", ["", ".sync:2"])
async def test_a_nested_execution_is_started_by_its_pascal_case_parameters(
    calls: Calls, pattern: str
) -> None:
    inner = await calls.create(one_state(Type="Pass", Result={"done": True}))
    start = {"StateMachineArn": inner, "Input": {"a": 1}}
    [output] = await outputs(calls, task(f"states:startExecution{pattern}", start))
    started = await calls.sfn.describe_execution(executionArn=output["ExecutionArn"])
    assert json.loads(started["input"]) == {"a": 1}
    if pattern:
        assert output["Output"] == {"done": True}


@on_the_engine
async def test_the_names_of_an_answer_are_in_pascal_case(calls: Calls) -> None:
    activity = await calls.sfn.create_activity(name="shaped")
    asked = {"ActivityArn": activity["activityArn"]}
    [output] = await outputs(calls, task("aws-sdk:sfn:describeActivity", asked))
    assert output["Name"] == "shaped"
    assert output["CreationDate"].endswith("Z")
