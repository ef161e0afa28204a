import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.moto_patches.parameters_as_they_stand import to_service
from handrail.engine.service_models import operation_model
from tests.engine.engine_fixture import PASS, Calls

from .task_runs import outputs, task

on_the_engine = pytest.mark.asyncio(loop_scope="session")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def shape(service: str, action: str) -> Any:
    operation = operation_model(service, action)
    assert operation is not None
    return operation.input_shape


@pytest.mark.parametrize(
    ("service", "action", "given", "sent"),
    [
        ("sfn", "startExecution", {"StateMachineArn": "a"}, {"stateMachineArn": "a"}),
        ("sfn", "startExecution", {"Input": {"a": 1}}, {"input": '{"a":1}'}),
        ("sfn", "startExecution", {"Input": None, "Name": "n"}, {"name": "n"}),
        ("s3", "putObject", {"Body": "text"}, {"Body": b'"text"'}),
        ("s3", "putObject", {"Body": {"a": "\u00fc"}}, {"Body": '{"a":"\u00fc"}'.encode()}),
        ("s3", "putObject", {"SsekmsKeyId": "k"}, {"SSEKMSKeyId": "k"}),
        ("sqs", "sendMessage", {"MessageBody": [1]}, {"MessageBody": "[1]"}),
        (
            "dynamodb",
            "putItem",
            {"Item": {"a": {"Bool": True}, "b": {"Nul": True}, "c": {"BOOL": False}}},
            {"Item": {"a": {"BOOL": True}, "b": {"NULL": True}, "c": {"BOOL": False}}},
        ),
        (
            "eventbridge",
            "putEvents",
            {"Entries": [{"Detail": {"a": 1}}]},
            {"Entries": [{"Detail": '{"a":1}'}]},
        ),
        ("s3", "putObject", {"Unknown": 1}, {"Unknown": 1}),
    ],
)
def test_parameters_have_the_shapes_of_the_service(
    service: str, action: str, given: Any, sent: Any
) -> None:
    assert to_service(given, shape(service, action)) == sent


@given(JSON)
def test_bytes_are_the_json_of_whatever_is_given(value: Any) -> None:
    sent = to_service(value, shape("s3", "putObject").members["Body"])
    assert json.loads(sent) == value


@on_the_engine
async def test_an_object_is_stored_as_on_aws(calls: Calls, bucket: str) -> None:
    """By the ETags that S3 gave in executions on AWS."""
    bodies: list[Any] = ["text data", {"Dict": "Value"}, ["List", "Data"], False, 0]
    puts = [
        task("aws-sdk:s3:putObject", {"Bucket": bucket, "Key": f"etag-{i}", "Body": body})
        for i, body in enumerate(bodies)
    ]
    written = [json.dumps(body, separators=(",", ":")).encode() for body in bodies]
    etags = [f'"{hashlib.md5(text, usedforsecurity=False).hexdigest()}"' for text in written]
    assert await outputs(calls, *puts) == [{"ETag": etag} for etag in etags]


@on_the_engine
async def test_a_null_is_not_sent(calls: Calls) -> None:
    machine = await calls.create(PASS)
    start = {"StateMachineArn": machine, "Input": None}
    [started] = await outputs(calls, task("aws-sdk:sfn:startExecution", start))
    found = await calls.sfn.describe_execution(executionArn=started["ExecutionArn"])
    assert found["input"] == "{}"
