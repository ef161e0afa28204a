"""Stand-ins answer for any Task whatever its resource, and the history is that of the task."""

import json
from typing import Any

import pytest

from handrail.core.stand_ins.mock_file import MockFile
from tests.engine.engine_fixture import FUNCTION, Calls, one_state, refusal, types

from .stood_in import run, start

pytestmark = pytest.mark.asyncio(loop_scope="session")

ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:nobody-made-it"
SERVICE = ["TaskScheduled", "TaskStarted", "TaskSucceeded"]
WAITING = ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
RESOURCES = {
    "arn:aws:states:::lambda:invoke": SERVICE,
    "arn:aws:states:::lambda:invoke.waitForTaskToken": WAITING,
    "arn:aws:states:::sqs:sendMessage.waitForTaskToken": WAITING,
    "arn:aws:states:::http:invoke": SERVICE,
    "arn:aws:states:::apigateway:invoke": SERVICE,
    "arn:aws:states:::bedrock:invokeModel": SERVICE,
    "arn:aws:states:::athena:startQueryExecution.sync": WAITING,
    "arn:aws:states:::codebuild:startBuild.sync": WAITING,
    "arn:aws:states:::glue:startJobRun.sync": WAITING,
    "arn:aws:states:::states:startExecution.sync:2": WAITING,
    "arn:aws:states:::mediaconvert:createJob.sync": WAITING,
    "arn:aws:states:::eks:runJob.sync": WAITING,
    "arn:aws:states:::sagemaker:createTrainingJob.sync": WAITING,
    "arn:aws:states:::emr-serverless:startJobRun.sync": WAITING,
    "arn:aws:states:::ecs:runTask.waitForTaskToken": WAITING,
    "arn:aws:states:::batch:submitJob.sync": WAITING,
    "arn:aws:states:::dynamodb:getItem": SERVICE,
    "arn:aws:states:::events:putEvents": SERVICE,
    "arn:aws:states:::sns:publish.waitForTaskToken": WAITING,
    "arn:aws:states:::aws-sdk:bedrockruntime:invokeModel": SERVICE,
    "arn:aws:states:::aws-sdk:textract:detectDocumentText": SERVICE,
    "arn:aws:states:::aws-sdk:s3:getObject": SERVICE,
    f"{FUNCTION}not-there": [
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
    ],
    ACTIVITY: ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"],
}


def task(resource: str, **more: Any) -> Any:
    return one_state(Type="Task", Resource=resource, **more)


async def history(calls: Calls, ended: dict[str, Any]) -> list[str]:
    return types(await calls.history(ended["executionArn"]))


@pytest.mark.parametrize("resource", RESOURCES)
async def test_a_task_is_answered_for(calls: Calls, resource: str) -> None:
    answer = {
        "return": {
            "Body": "b",
            "ContentType": "c",
            "Payload": {"x": 1},
            "Blocks": [],
            "Item": {},
            "Entries": [],
        }
    }
    ended = await run(calls, task(resource), {"A": answer})
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", answer["return"])
    assert (await history(calls, ended))[2:-2] == RESOURCES[resource]


@pytest.mark.parametrize("resource", RESOURCES)
async def test_a_task_fails_as_it_is_told_to(calls: Calls, resource: str) -> None:
    answer = {"raise": {"error": "Some.Error", "cause": "some cause"}}
    ended = await run(calls, task(resource), {"A": answer})
    outcome = (ended["status"], ended["error"], ended["cause"])
    assert outcome == ("FAILED", "Some.Error", "some cause")
    succeeded = RESOURCES[resource]
    failed = [*succeeded[:-1], succeeded[-1].replace("Succeeded", "Failed")]
    assert (await history(calls, ended))[2:-1] == failed


@pytest.mark.parametrize(
    ("resource", "event"),
    [
        ("arn:aws:states:::sqs:sendMessage", "TaskTimedOut"),
        (f"{FUNCTION}not-there", "LambdaFunctionTimedOut"),
        (ACTIVITY, "ActivityTimedOut"),
    ],
)
async def test_a_timeout_is_told_as_one(calls: Calls, resource: str, event: str) -> None:
    ended = await run(calls, task(resource), {"A": {"raise": {"error": "States.Timeout"}}})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    assert event in await history(calls, ended)


async def test_a_function_gets_the_evaluated_arguments_and_where_it_is(calls: Calls) -> None:
    seen: list[Any] = []

    def fake(arguments: Any, context: Any) -> Any:
        seen.append((arguments, context.state, context.visit, context.attempt))
        return {"Payload": arguments["Payload"]["n"] + 1}

    state = task(
        "arn:aws:states:::lambda:invoke", Parameters={"FunctionName": "f", "Payload.$": "$"}
    )
    ended = await run(calls, state, {"A": fake}, {"n": 1})
    assert json.loads(ended["output"]) == {"Payload": 2}
    assert seen == [({"FunctionName": "f", "Payload": {"n": 1}}, "A", 1, 1)]


@pytest.mark.parametrize("resource", [f"{FUNCTION}not-there", ACTIVITY])
async def test_a_function_for_a_resource_of_ones_own_gets_its_input(
    calls: Calls, resource: str
) -> None:
    ended = await run(calls, task(resource), {"A": lambda given, _: [given]}, {"n": 1})
    assert json.loads(ended["output"]) == [{"n": 1}]


async def test_jsonata_arguments_are_evaluated_too(calls: Calls) -> None:
    resource = "arn:aws:states:::aws-sdk:translate:translateText"
    state = task(resource, QueryLanguage="JSONata", Arguments={"Text": "{% $states.input.t %}"})
    fake = {"TranslatedText": "t", "SourceLanguageCode": "de", "TargetLanguageCode": "en"}
    ended = await run(calls, state, {"A": lambda given, _: fake | given}, {"t": "Hallo"})
    assert json.loads(ended["output"]) == fake | {"Text": "Hallo"}


WITH_RETRY = {
    "Retry": [
        {"ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 3, "MaxDelaySeconds": 1}
    ]
}


async def test_retries_of_a_visit_take_the_answers_of_its_attempts(calls: Calls) -> None:
    seen: list[Any] = []

    def fake(_: Any, context: Any) -> Any:
        seen.append((context.visit, context.attempt))
        if (context.visit, context.attempt) == (1, 1):
            raise context.failure("Again")
        return context.visit

    loop = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Task", "Resource": ACTIVITY, "Next": "Look", **WITH_RETRY},
            "Look": {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "End"}],
                "Default": "A",
            },
            "End": {"Type": "Succeed"},
        },
    }
    ended = await run(calls, loop, {"A": fake})
    assert (ended["status"], ended["output"]) == ("SUCCEEDED", "2")
    assert seen == [(1, 1), (1, 2), (2, 1)]


async def test_a_visit_past_the_list_ends_the_execution(calls: Calls) -> None:
    caught = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}
    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Task", "Resource": ACTIVITY, "Next": "A", **caught},
            "Caught": {"Type": "Succeed"},
        },
    }
    ended = await run(calls, definition, {"A": [{"return": 1}, {"return": 2}]})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    said = "The stand-in of the state 'A' has no answer for visit 3: its list has 2 answers"
    assert ended["cause"].endswith(f"{said}, one a visit.")


async def test_the_iterations_of_a_map_count_together(calls: Calls) -> None:
    inner = {"StartAt": "Inner", "States": {"Inner": {**task(ACTIVITY)["States"]["A"]}}}
    state = one_state(Type="Map", MaxConcurrency=1, ItemProcessor=inner)
    answers = [{"return": number} for number in "abc"]
    ended = await run(calls, state, {"Inner": answers}, [1, 2, 3])
    assert json.loads(ended["output"]) == ["a", "b", "c"]


async def test_a_state_without_a_stand_in_calls_its_task(calls: Calls) -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Task", "Resource": ACTIVITY, "Next": "B"},
            "B": {"Type": "Task", "Resource": f"{FUNCTION}echo", "End": True},
        },
    }
    ended = await run(calls, definition, {"A": {"return": {"from": "A"}}})
    assert json.loads(ended["output"]) == {"from": "A"}


@pytest.mark.parametrize(
    "resource", ["arn:aws:states:::sqs:sendMessage.waitForTaskToken", ACTIVITY]
)
async def test_a_task_may_be_answered_later_by_its_token(calls: Calls, resource: str) -> None:
    tokens: list[str] = []

    def fake(_: Any, context: Any) -> Any:
        tokens.append(context.task_token)
        return context.LATER

    arn = await start(calls, task(resource), {"A": fake})
    await calls.reached(arn, "ActivityStarted" if resource is ACTIVITY else "TaskSubmitted")
    while not tokens:
        await calls.sfn.describe_execution(executionArn=arn)
    await calls.sfn.send_task_success(taskToken=tokens[0], output='{"by": "token"}')
    ended = await calls.ended(arn)
    assert json.loads(ended["output"]) == {"by": "token"}
    assert (await history(calls, ended))[2:-2] == RESOURCES[resource]


async def test_only_a_task_with_a_token_is_answered_later(calls: Calls) -> None:
    state = task("arn:aws:states:::sqs:sendMessage")
    ended = await run(calls, state, {"A": lambda _, context: context.LATER})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "answers later a task that has no token" in ended["cause"]


async def test_a_mock_of_a_function_is_its_result_or_what_invoke_answers(calls: Calls) -> None:
    for mocked in (
        {"n": 1},
        {"StatusCode": 200, "Payload": {"n": 1}},
        {"statusCode": 1, "Payload": {"n": 1}},
    ):
        document = {
            "StateMachines": {"M": {"TestCases": {"C": {"A": "R"}}}},
            "MockedResponses": {"R": {"0": {"Return": mocked}}},
        }
        mock = MockFile.parse(json.dumps(document), "mocks.json").cases["M"]["C"]["A"]
        ended = await run(calls, task(f"{FUNCTION}not-there"), {"A": mock})
        assert json.loads(ended["output"]) == {"n": 1}


async def test_a_test_case_that_is_not_there_is_refused(calls: Calls) -> None:
    machine = await calls.create(task(ACTIVITY))
    code, message = await refusal(calls.start(f"{machine}#Missing"))
    assert code == "ValidationException"
    assert "has no test case Missing. It has: none." in message


async def test_a_name_belongs_to_the_test_case_it_was_started_with(calls: Calls) -> None:
    definition = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
    arn = await start(calls, definition, {})
    described = await calls.sfn.describe_execution(executionArn=arn)
    again = calls.start(described["stateMachineArn"], name=described["name"])
    assert (await refusal(again))[0] == "ExecutionAlreadyExists"
    await calls.sfn.stop_execution(executionArn=arn)


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        ("aws-sdk:comprehend:detectSentiment", "would make up what comprehend:detectSentiment"),
        ("aws-sdk:athena:startQueryExecution", "would make up what athena:startQueryExecution"),
        ("aws-sdk:s3:bringMeTheMoon", "doesn't have s3:bringMeTheMoon"),
        ("glue:startJobRun.sync", "doesn't run glue:startJobRun"),
    ],
)
async def test_what_the_engine_cannot_run_says_what_to_write_where(
    calls: Calls, resource: str, why: str
) -> None:
    state = task(f"arn:aws:states:::{resource}")["States"]["A"] | {"Next": "B", "End": None}
    del state["End"]
    definition = {
        "StartAt": "A",
        "States": {
            "A": state | {"Catch": [{"ErrorEquals": ["Handrail.NotSupported"], "Next": "B"}]},
            "B": {"Type": "Succeed"},
        },
    }
    ended = await calls.run(definition)
    assert ended["status"] == "SUCCEEDED"
    cause = json.loads(ended["output"])["Cause"]
    assert why in cause
    assert 'in machine.json: "stand_ins": {"A": {"return": ' in cause
