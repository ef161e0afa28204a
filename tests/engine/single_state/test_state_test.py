"""TestState answers what AWS answered to the same: most of these were recorded there."""

import json
import re
from typing import Any

import pytest

from tests.engine.engine_fixture import ROLE_ARN, Calls, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

HELLO = {"Value": "HelloWorld"}
NESTED = {"initialData": {"field": "value", "other": "x"}, "unrelated": {"field": 1234}}
VALUES = {"Values": ["first", "second", "third"]}
TASK = {
    "Type": "Task",
    "QueryLanguage": "JSONata",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Arguments": {"FunctionName": "foo", "Payload": "bar"},
    "End": True,
}
INVOKE = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
MAP = {
    "Type": "Map",
    "QueryLanguage": "JSONata",
    "Items": "{% $states.input.Values %}",
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "T",
        "States": {"T": {"Type": "Pass", "End": True}},
    },
    "End": True,
}
RETRY = [{"ErrorEquals": ["MockException"], "MaxAttempts": 5, "BackoffRate": 2}]
THRESHOLD = "States.ExceedToleratedFailureThreshold"
CATCH = [
    {"ErrorEquals": ["MockException"], "Next": "HandleMockError"},
    {"ErrorEquals": [THRESHOLD, "States.TaskFailed"], "Next": "HandleThreshold"},
]
FAILS = {"errorOutput": {"error": "MockException", "cause": "As asked."}}
EXCEEDED = "The specified tolerated failure threshold was exceeded"


async def ask(calls: Calls, state: Any, input: Any, **more: Any) -> dict[str, Any]:
    """The answer at level DEBUG, its texts of JSON read."""
    answer = await calls.sfn.test_state(
        definition=json.dumps(state),
        roleArn=ROLE_ARN,
        input=json.dumps(input),
        inspectionLevel="DEBUG",
        **more,
    )
    answer.pop("ResponseMetadata")
    if "output" in answer:
        answer["output"] = json.loads(answer["output"])
    data = answer["inspectionData"]
    answer["inspectionData"] = {
        key: json.loads(value) if isinstance(value, str) else value for key, value in data.items()
    }
    return dict(answer)


PLACED = {**NESTED, "modified": {"static": "some value", "input": "value"}}
IO_PASS = {
    "Type": "Pass",
    "InputPath": "$.initialData",
    "Parameters": {"static": "some value", "input.$": "$.field"},
    "ResultPath": "$.modified",
    "End": True,
}
CHOICE = {
    "Type": "Choice",
    "Choices": [{"Variable": "$.value", "NumericLessThan": 30, "Next": "ValueInTwenties"}],
    "Default": "Other",
}
RESULTS = ("result", "afterResultSelector", "afterResultPath")
PASSED = ("afterInputPath", "afterParameters", "afterResultSelector", "afterResultPath", "input")


@pytest.mark.parametrize(
    ("state", "input", "expected"),
    [
        (
            {"Type": "Pass", "End": True},
            HELLO,
            {
                "status": "SUCCEEDED",
                "output": HELLO,
                "inspectionData": dict.fromkeys(PASSED, HELLO),
            },
        ),
        (
            {"Type": "Pass", "Result": {"a": 1}, "End": True},
            HELLO,
            {
                "status": "SUCCEEDED",
                "output": {"a": 1},
                "inspectionData": {
                    "input": HELLO,
                    **{each: {"a": 1} for each in RESULTS},
                },
            },
        ),
        (
            IO_PASS,
            NESTED,
            {
                "status": "SUCCEEDED",
                "output": PLACED,
                "inspectionData": {
                    "input": NESTED,
                    "afterInputPath": NESTED["initialData"],
                    "afterParameters": PLACED["modified"],
                    "afterResultSelector": PLACED["modified"],
                    "afterResultPath": PLACED,
                },
            },
        ),
        (
            {"Type": "Fail", "Error": "SomeFailure", "Cause": "It fails."},
            HELLO,
            {
                "status": "FAILED",
                "error": "SomeFailure",
                "cause": "It fails.",
                "inspectionData": {"input": HELLO, "afterInputPath": HELLO},
            },
        ),
        (
            CHOICE,
            {"value": 22},
            {
                "status": "SUCCEEDED",
                "nextState": "ValueInTwenties",
                "output": {"value": 22},
                "inspectionData": {"input": {"value": 22}, "afterInputPath": {"value": 22}},
            },
        ),
        (
            {"Type": "Wait", "Seconds": 86_400, "Next": "B"},
            HELLO,
            {
                "status": "SUCCEEDED",
                "nextState": "B",
                "output": HELLO,
                "inspectionData": {"input": HELLO, "afterInputPath": HELLO},
            },
        ),
        (
            {"Type": "Pass", "QueryLanguage": "JSONata", "Next": "State1"},
            HELLO,
            {
                "status": "SUCCEEDED",
                "nextState": "State1",
                "output": HELLO,
                "inspectionData": {"input": HELLO},
            },
        ),
    ],
)
async def test_states_without_a_mock(
    calls: Calls, state: Any, input: Any, expected: dict[str, Any]
) -> None:
    assert await ask(calls, state, input) == expected


async def test_a_task_s_result_goes_through_its_fields(calls: Calls) -> None:
    state = {
        **INVOKE,
        "Parameters": {"FunctionName.$": "$.name"},
        "ResultSelector": {"said.$": "$.Payload"},
        "ResultPath": "$.result",
    }
    mock = {"result": '{"Payload": "function output"}'}
    output = {"name": "f", "result": {"said": "function output"}}
    assert await ask(calls, state, {"name": "f"}, mock=mock) == {
        "status": "SUCCEEDED",
        "output": output,
        "inspectionData": {
            "input": {"name": "f"},
            "afterInputPath": {"name": "f"},
            "afterParameters": {"FunctionName": "f"},
            "result": {"Payload": "function output"},
            "afterResultSelector": {"said": "function output"},
            "afterResultPath": output,
        },
    }


ARGUMENTS = {"input": VALUES, "afterArguments": TASK["Arguments"]}


@pytest.mark.parametrize(
    ("retried", "status", "details"),
    [
        (0, "RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 1}),
        (4, "RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 16}),
        (5, "FAILED", {"retryIndex": 0}),
    ],
)
async def test_a_retrier_takes_an_error_while_it_has_attempts(
    calls: Calls, retried: int, status: str, details: Any
) -> None:
    configuration = {"retrierRetryCount": retried}
    state = {**TASK, "Retry": RETRY}
    found = await ask(calls, state, VALUES, mock=FAILS, stateConfiguration=configuration)
    assert found == {
        "status": status,
        "error": "MockException",
        "cause": "As asked.",
        "inspectionData": {**ARGUMENTS, "errorDetails": details},
    }


@pytest.mark.parametrize(
    ("error", "index", "next_state"),
    [("MockException", 0, "HandleMockError"), ("States.TaskFailed", 1, "HandleThreshold")],
)
async def test_a_catch_takes_an_error(
    calls: Calls, error: str, index: int, next_state: str
) -> None:
    mock = {"errorOutput": {"error": error, "cause": "C"}}
    assert await ask(calls, {**TASK, "Catch": CATCH}, VALUES, mock=mock) == {
        "status": "CAUGHT_ERROR",
        "error": error,
        "cause": "C",
        "nextState": next_state,
        "output": {"Error": error, "Cause": "C"},
        "inspectionData": {**ARGUMENTS, "errorDetails": {"catchIndex": index}},
    }


@pytest.mark.parametrize(
    ("failures", "more", "expected"),
    [
        (0, {"ToleratedFailureCount": 1}, {"status": "SUCCEEDED"}),
        (2, {}, {"status": "SUCCEEDED"}),  # as AWS: without a tolerance none is exceeded
        (
            2,
            {"ToleratedFailureCount": 1, "Catch": CATCH},
            {"status": "CAUGHT_ERROR", "nextState": "HandleThreshold", "cause": EXCEEDED},
        ),
        (
            2,
            {"ToleratedFailureCount": 1, "Retry": [{"ErrorEquals": [THRESHOLD]}]},
            {"status": "RETRIABLE", "error": THRESHOLD},
        ),
    ],
)
async def test_a_map_is_given_its_result(
    calls: Calls, failures: int, more: Any, expected: dict[str, Any]
) -> None:
    mock, configuration = {"result": "[1, 0, 0]"}, {"mapIterationFailureCount": failures}
    found = await ask(calls, {**MAP, **more}, VALUES, mock=mock, stateConfiguration=configuration)
    assert found.items() >= expected.items()
    tolerated = {"toleratedFailureCount": 1} if more else {}
    data = found["inspectionData"]
    data.pop("errorDetails", None)
    assert data == {"input": VALUES, "maxConcurrency": 0, **tolerated}
    if found["status"] == "SUCCEEDED":
        assert found["output"] == [1, 0, 0]


async def test_a_parallel_and_a_map_of_the_other_language(calls: Calls) -> None:
    inner = {"StartAt": "T", "States": {"T": {"Type": "Pass", "End": True}}}
    parallel = {"Type": "Parallel", "Branches": [inner], "End": True}
    found = await ask(calls, parallel, HELLO, mock={"result": "[4]"})
    assert found["inspectionData"] == {
        "input": HELLO,
        "afterResultSelector": [4],
        "afterResultPath": [4],
    }
    state = {"Type": "Map", "ItemsPath": "$.Values", "ItemProcessor": inner, "End": True}
    found = await ask(calls, state, VALUES, mock={"result": "[4]"})
    assert found["inspectionData"]["afterItemsPath"] == VALUES["Values"]


async def test_a_given_context_is_what_paths_and_the_token_come_from(calls: Calls) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}},
        "ResultSelector": {"by.$": "$$.Execution.Name"},
        "Next": "N",
    }
    context = json.dumps({"Task": {"Token": "abcd123"}, "Execution": {"Name": "mine"}})
    found = await ask(calls, state, {}, mock={"result": '{"a": 1}'}, context=context)
    body = {"QueueUrl": "q", "MessageBody": {"token": "abcd123"}}
    assert found["inspectionData"]["afterParameters"] == body
    assert (found["output"], found["nextState"]) == ({"by": "mine"}, "N")


async def test_variables_and_the_context_object_of_its_own(calls: Calls) -> None:
    output = {"context": "{% $states.context %}", "more": "{% $number + 1 %}"}
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": output, "End": True}
    found = await ask(calls, state, HELLO, variables='{"number": 3}')
    assert found["output"]["more"] == 4
    assert found["inspectionData"] == {"input": HELLO, "variables": {"number": 3}}
    context = found["output"]["context"]
    assert context["State"]["Name"] == "StateName"
    assert context["Execution"].keys() == {"Id", "Input", "Name", "RoleArn", "StartTime"}
    assert re.match(r"arn:aws:states:us-east-1:\d+:express:", context["Execution"]["Id"])


async def test_a_path_that_leads_nowhere_fails_the_state(calls: Calls) -> None:
    found = await ask(calls, {"Type": "Pass", "InputPath": "$.no", "End": True}, HELLO)
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert not found["cause"].startswith("An error occurred while executing")


async def test_a_function_is_called_where_there_is_no_mock(calls: Calls) -> None:
    state = {**INVOKE, "Parameters": {"FunctionName": "echo", "Payload.$": "$"}}
    found = await ask(calls, {**state, "OutputPath": "$.Payload"}, HELLO)
    assert (found["status"], found["output"]) == ("SUCCEEDED", HELLO)


async def test_at_level_info_nothing_is_told_of_the_way(calls: Calls) -> None:
    answer = await calls.sfn.test_state(definition='{"Type": "Pass", "End": true}')
    assert "inspectionData" not in answer


async def test_a_definition_that_aws_refuses_is_refused(calls: Calls) -> None:
    code, _ = await refusal(calls.sfn.test_state(definition='{"Type": "Pass", "Nxt": 1}'))
    assert code == "InvalidDefinition"


async def test_it_leaves_no_execution_behind(calls: Calls) -> None:
    before = len(calls.engine.assembly.account.snapshot())
    await ask(calls, {"Type": "Pass", "End": True}, HELLO)
    assert len(calls.engine.assembly.account.snapshot()) == before
