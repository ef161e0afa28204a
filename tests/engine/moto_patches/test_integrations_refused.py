"""Tasks the engine can't run fail as tasks, so that the paths behind Retry and Catch are tried."""

import json

import pytest

from tests.engine.engine_fixture import Calls, one_state, types

from .test_failures_names import caught

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEYOND = [
    "arn:aws:states:::bedrock:invokeModel",
    "arn:aws:states:::http:invoke",
    "arn:aws:states:::apigateway:invoke",
    "arn:aws:states:::athena:startQueryExecution.sync",
    "arn:aws:states:::codebuild:startBuild.sync",
    "arn:aws:states:::aws-sdk:bedrock:listFoundationModels",
    "arn:aws:states:::aws-sdk:translate:translateText",
    "arn:aws:states:::aws-sdk:s3:bringMeTheMoon",
]


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (BEYOND[0], "Handrail.NotSupported"),
        (BEYOND[0], "States.ALL"),
        *((resource, "States.TaskFailed") for resource in BEYOND),
    ],
)
async def test_a_task_beyond_the_engine_is_caught(calls: Calls, resource: str, name: str) -> None:
    state = one_state(Type="Task", Resource=resource)
    ended = await calls.run(caught(state, name))
    assert ended["status"] == "SUCCEEDED"
    output = json.loads(ended["output"])
    assert output["Error"] == "Handrail.NotSupported"
    assert resource in output["Cause"]
    assert types(await calls.history(ended["executionArn"]))[2:5] == [
        "TaskScheduled",
        "TaskStarted",
        "TaskFailed",
    ]


async def test_an_error_of_the_wrong_shape_is_given_in_words(calls: Calls) -> None:
    entry = {"Detail": {}, "DetailType": "x"}
    ended = await calls.run(
        one_state(
            Type="Task",
            Resource="arn:aws:states:::events:putEvents",
            Parameters={"Entries": [entry]},
        )
    )
    assert (ended["status"], ended["error"]) == ("FAILED", "EventBridge.FailedEntry")
    assert json.loads(ended["cause"])["FailedEntryCount"] == 1
