from typing import Any

import pytest

from handrail.engine.moto_patches.parameters_dropped import problems_of
from handrail.engine.service_models import operation_model
from tests.engine.engine_fixture import Calls, types

from .task_runs import outputs, task


@pytest.mark.parametrize(
    ("service", "action", "given", "problems"),
    [
        ("s3", "getObject", {"Bucket": "b", "Key": "k"}, []),
        ("s3", "getObject", {"Buket": "b"}, ["The field 'Buket' is not supported"]),
        ("dynamodb", "putItem", {"Item": {"a": {"Bool": True}}}, []),
        ("dynamodb", "putItem", {"Item": ["a"]}, ["The value for the field 'Item' must be an OBJ"]),
        (
            "sqs",
            "sendMessageBatch",
            {"Entries": {}},
            ["The value for the field 'Entries' must be a L"],
        ),
        (
            "sqs",
            "sendMessageBatch",
            {"Entries": [{"Id": "1", "Bdy": "x"}, None]},
            ["The field 'Bdy' is not supported"],
        ),
        ("sfn", "startExecution", {"Input": {"any": "thing"}, "Name": None}, []),
    ],
)
def test_what_a_service_can_t_take_is_named(
    service: str, action: str, given: Any, problems: list[str]
) -> None:
    operation = operation_model(service, action)
    assert operation is not None
    found = list(problems_of(given, operation.input_shape))
    assert len(found) == len(problems)
    for told, expected in zip(found, problems, strict=True):
        assert told.startswith(expected)


@pytest.mark.asyncio(loop_scope="session")
async def test_an_unknown_parameter_fails_before_the_task_is_scheduled(calls: Calls) -> None:
    ended = await calls.run(task("aws-sdk:lambda:invoke", {"FunctionName": "echo", "Loud": True}))
    given = """The Parameters '{"FunctionName":"echo","Loud":true}' could not be used to start"""
    assert ended["error"] == "States.Runtime"
    assert f"{given} the Task: [The field 'Loud' is not supported" in ended["cause"]
    seen = types(await calls.history(ended["executionArn"]))
    assert seen == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]


@pytest.mark.asyncio(loop_scope="session")
async def test_no_token_is_told_of_parameters_that_can_t_be_taken(calls: Calls) -> None:
    parameters = {"FunctionName": "echo", "Loud.$": "$$.Task.Token"}
    ended = await calls.run(task("aws-sdk:lambda:invoke.waitForTaskToken", parameters))
    assert '"Loud":"[redacted]"' in ended["cause"]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_function_is_invoked_as_the_parameters_say(calls: Calls) -> None:
    event, dry, version = await outputs(
        calls,
        task("lambda:invoke", {"FunctionName": "echo", "InvocationType": "Event"}),
        task("lambda:invoke", {"FunctionName": "echo", "InvocationType": "DryRun"}),
        task("lambda:invoke", {"FunctionName": "echo", "Qualifier": "3", "LogType": "Tail"}),
    )
    assert (event["StatusCode"], event["Payload"]) == (202, "")
    assert dry["StatusCode"] == 204
    assert (version["ExecutedVersion"], version["Payload"]) == ("3", {})
    assert version["LogResult"]
