"""Definitions are judged as AWS judges them: its codes, its places, and its words where known.

The first table is what AWS answered, as published in tests recorded against it and in reports of
what it refuses."""

import json
from typing import Any

import pytest

from handrail.engine.step_functions import validation
from tests.engine.engine_fixture import PASS, Calls, Definition, one_state, refusal

LOOP: Definition = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
SENDING: Definition = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}},
}
SCHEMA, TARGET = "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET"
JSONATA = {"QueryLanguage": "JSONata"}

ON_AWS: list[tuple[Any, str, list[tuple[str, str | None, str]]]] = [
    ('""', "STANDARD", [(SCHEMA, None, "Definition must be a valid JSON object")]),
    ("{}", "STANDARD", [(SCHEMA, "/", "These fields are required: [States, StartAt]")]),
    ({"States": one_state(Type="Pass")["States"]}, "EXPRESS",
     [(SCHEMA, "/", "These fields are required: [StartAt]")]),
    (PASS, "STANDARD", []),
    (JSONATA | one_state(Type="Pass"), "EXPRESS", []),
    (JSONATA | one_state(Type="Pass", QueryLanguage="JSONPath"), "STANDARD",
     [(SCHEMA, "/States/A",
       "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine")]),
    (one_state("SendMessageWithWait", **SENDING), "EXPRESS",
     [(SCHEMA, "/States/SendMessageWithWait/Resource",
       "Express state machine does not support '.waitForTaskToken' service integration ")]),
    ({"StartAt": "A", "States": LOOP}, "STANDARD",
     [("MISSING_END_STATE", None, "Workflow has no terminal state")]),
    ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "NOPE"}}}, "STANDARD",
     [(TARGET, "/States/A/Next", "Missing 'Next' target: NOPE"),
      ("MISSING_END_STATE", None, "Workflow has no terminal state")]),
    ({"StartAt": "A", "States": LOOP | {"C": {"Type": "Pass", "Next": "A"}}}, "STANDARD",
     [("MISSING_END_STATE", None, "Workflow has no terminal state")]),
    ({"StartAt": "A", "States": LOOP | one_state("C", Type="Pass")["States"]}, "STANDARD",
     [(TARGET, "/States/C", 'State "C" is not reachable.')]),
    ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "C"}, "B": {"Type": "Succeed"}}},
     "STANDARD",
     [(TARGET, "/States/A/Next", "Missing 'Next' target: C"),
      (TARGET, "/States/B", 'State "B" is not reachable.')]),
    ({"StartAt": "Q", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}},
     "STANDARD",
     [(TARGET, "/StartAt", "Missing 'Next' target: Q"),
      (TARGET, "/States/A", 'State "A" is not reachable.')]),
    (one_state(Type="Parallel", TimeoutSeconds=3, Branches=[one_state("B", Type="Pass")]),
     "STANDARD", [(SCHEMA, "/States/A", "Field 'TimeoutSeconds' is not supported")]),
    (one_state(Type="Pass", Catch=[]), "STANDARD",
     [(SCHEMA, "/States/A", "Field 'Catch' is not supported")]),
    (JSONATA | one_state(Type="Pass", Output={"v": "{% phone %}"}), "STANDARD",
     [("UNSUPPORTED_JSONATA_EXPRESSION", "/States/A/Output/v",
       "Reference to 'phone' at the top level is not supported.")]),
    (JSONATA | one_state(Type="Pass", Output="{% $$ %}"), "STANDARD",
     [("UNSUPPORTED_JSONATA_EXPRESSION", "/States/A/Output",
       "Reference to '$$' is not supported.")]),
    (JSONATA | one_state(Type="Pass", Output="{% $states.errorOutput %}"), "STANDARD",
     [("UNSUPPORTED_JSONATA_EXPRESSION", "/States/A/Output",
       "Field '$states.errorOutput' does not exist.")]),
]  # fmt: skip


def judged(definition: Any, **request: Any) -> Any:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    asked = {"definition": text, **request}
    return validation.validate_state_machine_definition(None, asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(("definition", "type", "expected"), ON_AWS)
def test_a_definition_is_judged_as_on_aws(
    definition: Any, type: str, expected: list[tuple[str, str | None, str]]
) -> None:
    answer = judged(definition, type=type)

    found = [(d["code"], d.get("location"), d["message"]) for d in answer["diagnostics"]]
    assert found == expected
    assert answer["result"] == ("FAIL" if expected else "OK")
    assert {d["severity"] for d in answer["diagnostics"]} <= {"ERROR"}


def test_what_is_no_json_is_told_as_aws_tells_it() -> None:
    [diagnostic] = judged("not a definition")["diagnostics"]

    where = '[Source: (String)"not a definition"; line: 1, column: 4]'
    awaited = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    message = f"Unrecognized token 'not': was expecting {awaited}\n at {where}"
    assert diagnostic["code"] == "INVALID_JSON_DESCRIPTION"
    assert (diagnostic["location"], diagnostic["message"]) == (where, message)


def test_warnings_are_told_when_asked_for() -> None:
    doubtful = one_state(Type="Task", Resource="arn:aws:states:::lambda:invoke",
                         Parameters={"FunctionName": "f", "Payload": "$.order"})  # fmt: skip

    assert judged(doubtful) == {"result": "OK", "diagnostics": [], "truncated": False}
    codes = [each["code"] for each in judged(doubtful, severity="WARNING")["diagnostics"]]
    assert "NO_DOLLAR" in codes


def test_results_are_cut_to_what_was_asked_for() -> None:
    three = JSONATA | one_state(Type="Pass", InputPath="$.a", OutputPath="$.b", ResultPath="$.c")

    assert len(judged(three)["diagnostics"]) == len(judged(three, maxResults=0)["diagnostics"]) == 3
    cut = judged(three, maxResults=1)
    assert (len(cut["diagnostics"]), cut["truncated"]) == (1, True)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_port_answers_and_creates_nothing(calls: Calls) -> None:
    good = await calls.sfn.validate_state_machine_definition(definition=json.dumps(PASS))
    bad = await calls.sfn.validate_state_machine_definition(definition="{}")

    assert (good["result"], good["diagnostics"], bad["result"]) == ("OK", [], "FAIL")
    asked = calls.sfn.validate_state_machine_definition(definition="{}", severity="LOUD")
    assert (await refusal(asked))[0] == "ValidationException"


@pytest.mark.asyncio(loop_scope="session")
async def test_creating_repeats_each_problem_with_its_code_and_place(calls: Calls) -> None:
    states = {"A": {"Type": "Pass", "Next": "C"}, "B": {"Type": "Succeed"}}

    code, message = await refusal(calls.create({"StartAt": "A", "States": states}))

    assert code == "InvalidDefinition"
    problems = (
        f"{TARGET}: Missing 'Next' target: C at /States/A/Next, "
        f'{TARGET}: State "B" is not reachable. at /States/B'
    )
    assert message == f"Invalid State Machine Definition: '{problems}'"
