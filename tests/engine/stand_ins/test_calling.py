"""What a stand-in answers becomes the task's result or failure."""

import json
from typing import Any

import pytest

from handrail.core.stand_ins.mock_file import MockFile
from handrail.engine.stand_ins.output_shapes import OutputChecks
from tests.engine.engine_fixture import FUNCTION, Calls, one_state

from .stood_in import run

pytestmark = pytest.mark.asyncio(loop_scope="session")

INVOKE = "arn:aws:states:::lambda:invoke"
SENTIMENT = "arn:aws:states:::aws-sdk:comprehend:detectSentiment"


def task(resource: str) -> Any:
    return one_state(Type="Task", Resource=resource)


class CardDeclined(Exception):
    pass


def declined(_: Any, __: Any) -> None:
    raise CardDeclined("no money")


@pytest.mark.parametrize("resource", [INVOKE, f"{FUNCTION}not-there"])
async def test_what_a_function_raises_is_worded_as_lambda_does(calls: Calls, resource: str) -> None:
    ended = await run(calls, task(resource), {"A": declined})
    assert ended["error"] == "CardDeclined"
    cause = json.loads(ended["cause"])
    assert (cause["errorType"], cause["errorMessage"]) == ("CardDeclined", "no money")
    assert "in declined" in cause["stackTrace"][0]


async def test_what_a_function_raises_for_another_task_is_its_cause(calls: Calls) -> None:
    ended = await run(calls, task("arn:aws:states:::sqs:sendMessage"), {"A": declined})
    assert (ended["error"], ended["cause"]) == ("CardDeclined", "no money")


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        ({1, 2}, "(fakes.py:fake) returns what is no JSON: Object of type set"),
        (float("nan"), "(fakes.py:fake) returns what is no JSON: Out of range float values"),
    ],
)
async def test_what_is_no_json_ends_the_execution(calls: Calls, result: Any, problem: str) -> None:
    ended = await run(calls, task(INVOKE), {"A": lambda _, __: result})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert problem in ended["cause"]


async def test_an_answer_is_held_against_what_the_service_answers(calls: Calls) -> None:
    ended = await run(calls, task(SENTIMENT), {"A": {"return": {"Sentiment": "FINE"}}})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert ended["cause"].endswith(
        "The stand-in of the state 'A' answers what the service doesn't: field 'Sentiment' is not"
        " an expected value: 'FINE' (HANDRAIL_STAND_IN_CHECKS=none takes it all the same)."
    )


async def test_a_function_s_result_needs_its_payload(calls: Calls) -> None:
    ended = await run(calls, task(INVOKE), {"A": lambda _, __: {"charge_id": 1}})
    assert (
        "it has none of the fields of Invoke's output: DurableExecutionArn, ExecutedVersion"
        in ended["cause"]
    )


async def test_nothing_is_checked_where_nothing_is_to_be(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = calls.engine.assembly.account.stand_ins
    monkeypatch.setattr(registry, "checks", OutputChecks.NONE)
    ended = await run(calls, task(SENTIMENT), {"A": {"return": {"Sentiment": "FINE"}}})
    assert json.loads(ended["output"]) == {"Sentiment": "FINE"}


async def test_a_mock_may_be_partial_and_is_warned_of_once(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    document = {
        "StateMachines": {"M": {"TestCases": {"C": {"A": "Unlike"}}}},
        "MockedResponses": {"Unlike": {"0": {"Return": {"Sentiment": 7}}}},
    }
    mock = MockFile.parse(json.dumps(document), "mocks.json").cases["M"]["C"]["A"]
    for _ in range(2):
        ended = await run(calls, task(SENTIMENT), {"A": mock})
        assert json.loads(ended["output"]) == {"Sentiment": 7}
    out = capsys.readouterr().out
    assert out.count("mocked response unlike the service's") == 1
    assert "field 'Sentiment' must be a string" in out


async def test_a_mistake_in_a_mock_that_is_reached_names_its_line(calls: Calls) -> None:
    text = json.dumps(
        {
            "StateMachines": {"M": {"TestCases": {"C": {"A": "R"}}}},
            "MockedResponses": {"R": {"0": {}}},
        },
        indent=1,
    )
    mock = MockFile.parse(text, "mocks.json").cases["M"]["C"]["A"]
    ended = await run(calls, task(INVOKE), {"A": mock})
    assert ended["error"] == "States.Runtime"
    assert "mocks.json:13: R 0: it needs either Return or Throw" in ended["cause"]


async def test_a_task_that_never_answers_times_out(calls: Calls) -> None:
    state = one_state(Type="Task", Resource=INVOKE, TimeoutSeconds=1)
    ended = await run(calls, state, {"A": {"never": True}})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    history = await calls.history(ended["executionArn"])
    assert [event["type"] for event in history][-2:] == ["TaskTimedOut", "ExecutionFailed"]
