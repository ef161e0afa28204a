"""What is changed inside moto, seen from outside."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.engine.engine_fixture import FUNCTION, Calls, Definition, one_state, types

pytestmark = pytest.mark.asyncio(loop_scope="session")

JSONATA: Definition = {"QueryLanguage": "JSONata"}


async def test_jsonata_computes_with_variables_whatever_is_in_them(calls: Calls) -> None:
    text = 'a "quoted" \\ text\n{% with %} $everything é'
    definition = JSONATA | {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"text": "{% $states.input.text %}"}, "Next": "B"},
            "B": {
                "Type": "Pass",
                "Output": {
                    "text": "{% $text %}",
                    "nothing": "{% $states.input.nothing %}",
                    "evens": "{% $filter([1..6], function($n) { $n % 2 = 0 }) %}",
                },
                "End": True,
            },
        },
    }
    ended = await calls.run(definition, {"text": text, "nothing": None})
    assert json.loads(ended["output"]) == {"text": text, "nothing": None, "evens": [2, 4, 6]}


BROKEN = "{% 'a' + 1 %}"


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass", "Output": BROKEN},
        {"Type": "Task", "Resource": FUNCTION + "echo", "Arguments": BROKEN},
        {"Type": "Map", "Items": BROKEN, "ItemProcessor": one_state("Item", Type="Pass")},
        {"Type": "Wait", "Seconds": BROKEN},
        {"Type": "Pass", "Output": "{% $states.input.nothing %}"},
    ],
)
async def test_a_jsonata_error_fails_the_state(calls: Calls, state: dict[str, Any]) -> None:
    ended = await calls.run(JSONATA | one_state(**state))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.QueryEvaluationError")
    events = await calls.history(ended["executionArn"])
    assert types(events).count("EvaluationFailed") == 1
    assert types(events)[2] == "EvaluationFailed"
    assert types(events)[-1] == "ExecutionFailed"
    assert events[2]["evaluationFailedEventDetails"]["state"] == "A"


async def test_a_jsonata_error_can_be_caught(calls: Calls) -> None:
    definition = JSONATA | one_state(Type="Task", Resource=FUNCTION + "echo", Arguments=BROKEN)
    definition["States"]["A"]["Catch"] = [
        {"ErrorEquals": ["States.QueryEvaluationError"], "Next": "Caught"}
    ]
    definition["States"]["Caught"] = {"Type": "Succeed"}
    assert (await calls.run(definition))["status"] == "SUCCEEDED"


async def test_a_timestamp_is_waited_for_in_utc(calls: Calls) -> None:
    until = datetime.now(UTC) + timedelta(seconds=2)
    ended = await calls.run(
        one_state(Type="Wait", TimestampPath="$.until"),
        {"until": until.strftime("%Y-%m-%dT%H:%M:%SZ")},
    )
    assert ended["status"] == "SUCCEEDED"
    assert ended["stopDate"] - until < timedelta(seconds=1)


async def test_a_map_over_nothing_is_done_at_once(calls: Calls) -> None:
    ended = await calls.run(
        one_state(Type="Map", ItemsPath="$.items", ItemProcessor=one_state("Item", Type="Pass")),
        {"items": []},
    )
    assert ended["output"] == "[]"


async def test_a_task_times_out(calls: Calls) -> None:
    ended = await calls.run(one_state(Type="Task", Resource=FUNCTION + "hold", TimeoutSeconds=1))
    await calls.functions.invoke(FunctionName="release", Payload=b"{}")
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    assert "LambdaFunctionTimedOut" in types(await calls.history(ended["executionArn"]))


async def test_the_context_object_holds_json(calls: Calls) -> None:
    ended = await calls.run(one_state(Type="Pass", Parameters={"at.$": "$$.Execution.StartTime"}))
    at = datetime.fromisoformat(json.loads(ended["output"])["at"])
    assert at == ended["startDate"]


async def test_many_jsonata_executions_do_not_mix_their_variables(calls: Calls) -> None:
    definition = JSONATA | {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"n": "{% $states.input.n %}"}, "Next": "B"},
            "B": {"Type": "Pass", "Output": "{% $n * 2 %}", "End": True},
        },
    }
    machine = await calls.create(definition)
    arns = await asyncio.gather(*(calls.start(machine, {"n": n}) for n in range(30)))
    ended = await asyncio.gather(*(calls.ended(arn) for arn in arns))
    assert [int(each["output"]) for each in ended] == [2 * n for n in range(30)]
