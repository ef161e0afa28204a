"""Definitions mean what JSON says, however their texts are escaped."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.history.events import parse_event
from handrail.core.history.projection import Projection
from handrail.engine.moto_patches.names_with_escapes import plain
from tests.engine.engine_fixture import (
    FUNCTION,
    ROLE_ARN,
    Calls,
    one_state,
    refusal,
    types,
)

on_the_engine = pytest.mark.asyncio(loop_scope="session")

ESCAPED = r"""{
  "StartAt": "Pr\u00fcfe",
  "States": {
    "Pr\u00fcfe": {"Type": "Choice", "Choices": [
      {"Variable": "$['\u00fcber']", "StringEquals": "\u00e4\/\ud83d\ude00", "Next": "a\/\"b\"\\c"}
    ], "Default": "\ud83d\ude00\n"},
    "a\/\"b\"\\c": {"Typ\u0065": "Pass", "Result": "\ud83d\ude00\\n", "Next": "\ud83d\ude00\n"},
    "\ud83d\ude00\n": {"Type": "Succeed"}
  }
}"""


async def created(calls: Calls, name: str, definition: str) -> str:
    answer = await calls.sfn.create_state_machine(
        name=name, definition=definition, roleArn=ROLE_ARN
    )
    return str(answer["stateMachineArn"])


@on_the_engine
async def test_states_run_under_the_names_their_escapes_stand_for(calls: Calls) -> None:
    machine = await created(calls, "escaped", ESCAPED)
    ended = await calls.ended(await calls.start(machine, {"über": "ä/😀"}))
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", "😀\\n")
    events = await calls.history(ended["executionArn"])
    names = ["Prüfe", 'a/"b"\\c', "😀\n"]
    entered = [e["stateEnteredEventDetails"] for e in events if e["type"].endswith("Entered")]
    assert [each["name"] for each in entered] == names
    projection = Projection()
    projection.fold(map(parse_event, events))
    assert list(projection.states) == names
    assert set(projection.states) == set(json.loads(ESCAPED)["States"])


@on_the_engine
async def test_a_definition_is_described_as_it_was_written(calls: Calls) -> None:
    machine = await created(calls, "escaped-as-written", ESCAPED)
    described = await calls.sfn.describe_state_machine(stateMachineArn=machine)
    assert described["definition"] == ESCAPED
    execution = await calls.start(machine, {"über": ""})
    described = await calls.sfn.describe_state_machine_for_execution(executionArn=execution)
    assert described["definition"] == ESCAPED


@on_the_engine
async def test_a_catcher_finds_an_escaped_error_and_state(calls: Calls) -> None:
    definition = one_state(Type="Task", Resource=FUNCTION + "fail")
    definition["States"]["A"]["Catch"] = [{"ErrorEquals": ["Refused"], "Next": "Näh"}]
    definition["States"]["Näh"] = {"Type": "Succeed"}
    text = json.dumps(definition).replace("Refused", r"\u0052efused")
    machine = await created(calls, "escaped-catcher", text)
    ended = await calls.ended(await calls.start(machine, {"what": "today"}))
    assert ended["status"] == "SUCCEEDED"


@on_the_engine
async def test_an_execution_is_redriven_from_an_escaped_state(calls: Calls) -> None:
    definition = {
        "StartAt": "Prüfe",
        "States": {"Prüfe": {"Type": "Task", "Resource": FUNCTION + "fail", "End": True}},
    }
    ended = await calls.run(definition, {"what": "today"})
    await calls.sfn.redrive_execution(executionArn=ended["executionArn"])
    again = await calls.ended(ended["executionArn"])
    assert (again["status"], again["error"]) == ("FAILED", "Refused")
    events = await calls.history(ended["executionArn"])
    assert types(events).count("TaskStateEntered") == 2


@on_the_engine
async def test_half_a_surrogate_pair_is_refused(calls: Calls) -> None:
    text = ESCAPED.replace(r"\ud83d\ude00", r"\ud83d")
    code, message = await refusal(created(calls, "half", text))
    assert code == "InvalidDefinition"
    assert "Half of a surrogate pair" in message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
def test_plain_json_is_the_same_json(value: Any) -> None:
    written = json.dumps(value)
    assert json.loads(plain(written)) == value
    assert plain(plain(written)) == plain(written)


def test_plain_json_keeps_lines_numbers_and_repeated_keys() -> None:
    text = '{"a": 1.50,\n "\\u0061": 1e3, "b": "\\\\u0061\\""}'
    assert plain(text) == '{"a": 1.50,\n "a": 1e3, "b": "\\\\u0061\\""}'
