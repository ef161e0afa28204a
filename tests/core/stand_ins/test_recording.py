import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.definition.definition import Definition
from handrail.core.errors import InvalidRequest
from handrail.core.stand_ins.answers import TaskCall, answer_of
from handrail.core.stand_ins.case_file import CaseFile
from handrail.core.stand_ins.recording import NOT_RECORDED, RecordedCase, record_case
from tests.core.histories import History


def task(history: History, state: str, *outcomes: tuple[str, dict[str, Any]], after: int) -> int:
    """A visit with these outcomes of its attempts, one a schedule; the last event's id."""
    last = history.write("TaskStateEntered", after, {"name": state, "input": "{}"})
    for kind, details in outcomes:
        last = history.write("TaskScheduled", last, {"resource": "invoke", "parameters": "{}"})
        last = history.write("TaskStarted", last, {"resource": "invoke"})
        if kind != "CutOff":
            last = history.write(f"Task{kind}", last, {"resource": "invoke", **details})
    return last


def recorded(history: History, **options: Any) -> RecordedCase:
    given = {"definition": None, **options}
    case = record_case("order:1", history.events, **given)
    CaseFile.read(case.document)  # it can be read again
    return case


def failed(error: str = "E", cause: str | None = "c") -> tuple[str, dict[str, Any]]:
    return "Failed", {"error": error, "cause": cause}


def succeeded(output: Any) -> tuple[str, dict[str, Any]]:
    return "Succeeded", {"output": json.dumps(output)}


def test_a_case_has_the_input_the_answers_and_the_end() -> None:
    history = History(input='{"n": 1.0}')
    last = task(history, "Charge", failed(), failed(), succeeded({"ok": True}), after=0)
    last = history.write("TaskStateExited", last, {"name": "Charge", "output": "{}"})
    last = task(history, "Ship", failed("Late", "snow"), after=last)
    history.write("ExecutionFailed", last, {"error": "Late", "cause": "snow"})
    case = recorded(history)
    again = {"raise": {"error": "E", "cause": "c"}}
    assert case.document == {
        "description": "Recorded from order:1, which came to FAILED.",
        "input": {"n": 1.0},
        "stand_ins": {
            "Charge": [[again, again, {"return": {"ok": True}}]],
            "Ship": [{"raise": {"error": "Late", "cause": "snow"}}],
        },
        "expect": {
            "status": "FAILED",
            "error": "Late",
            "cause": "snow",
            "entered": ["Charge", "Ship"],
        },
    }
    assert case.notes == []


def test_what_the_history_does_not_hold_is_noted_and_never_guessed() -> None:
    history = History()
    cut = ("Succeeded", {"output": '{"a', "outputDetails": {"truncated": True}})
    last = task(history, "Charge", cut, after=0)
    history.write("ExecutionFailed", last, {"error": "States.Runtime", "cause": "AWS's words"})
    case = recorded(history, notes=["Read by hand."])
    [answer] = case.document["stand_ins"]["Charge"]
    assert answer["raise"]["error"] == NOT_RECORDED
    assert "cause" not in case.document["expect"]
    assert (
        case.notes
        == case.document["notes"]
        == [
            "Read by hand.",
            "What Charge answered is cut short in the history.",
            "The cause isn't compared: no task gave it, and the engine has its own words.",
        ]
    )


def test_a_task_that_was_cut_off_never_answers() -> None:
    history = History()
    last = task(history, "Charge", failed(), ("CutOff", {}), after=0)
    history.write("ExecutionTimedOut", last, {})
    case = recorded(history)
    first = {"raise": {"error": "E", "cause": "c"}}
    assert case.document["stand_ins"] == {"Charge": [[first, {"never": True}]]}
    assert case.document["expect"]["status"] == "TIMED_OUT"


def test_a_visit_that_called_nothing_keeps_its_place() -> None:
    history = History()
    last = task(history, "Charge", after=0)
    history.write("ExecutionFailed", last, {"error": "States.Runtime"})
    assert recorded(history).document["stand_ins"] == {"Charge": [{"never": True}]}


def test_a_timeout_and_a_failure_without_a_name() -> None:
    history = History()
    last = task(history, "A", ("TimedOut", {"error": "States.Timeout"}), ("Failed", {}), after=0)
    history.write("ExecutionFailed", last, {})
    case = recorded(history)
    assert case.document["stand_ins"]["A"] == [
        [{"raise": {"error": "States.Timeout"}}, {"raise": {"error": "States.TaskFailed"}}]
    ]
    assert "A failed without an error's name: the case calls it States.TaskFailed." in case.notes


@pytest.mark.parametrize(
    ("asks", "named"),
    [
        ("$$.Execution.Name", "$$.Execution"),
        ("States.UUID()", "States.UUID"),
        ("{% $now() %}", "$now("),
    ],
)
def test_an_output_of_chance_is_not_compared(asks: str, named: str) -> None:
    history = History()
    history.write("ExecutionSucceeded", 1, {"output": "7"})
    state = {"Type": "Pass", "Parameters": {"a": asks}, "End": True}
    by_chance = Definition.parse(json.dumps({"StartAt": "A", "States": {"A": state}}))
    assert recorded(history).document["expect"]["output"] == 7
    case = recorded(history, definition=by_chance)
    assert "output" not in case.document["expect"]
    assert case.notes == [f"The output isn't compared: the definition asks for {named}."]


def test_a_cause_of_a_fail_state_s_own_is_compared() -> None:
    history = History()
    history.write("ExecutionFailed", 1, {"error": "E", "cause": "as written"})
    fail = {"Type": "Fail", "Error": "E", "Cause": "as written"}
    definition = Definition.parse(json.dumps({"StartAt": "F", "States": {"F": fail}}))
    assert recorded(history, definition=definition).document["expect"]["cause"] == "as written"


def test_the_children_of_a_map_run_come_after_the_parent() -> None:
    history = History()
    last = history.write("MapStateEntered", 0, {"name": "M", "input": "[]"})
    last = history.write("MapRunStarted", last, {"mapRunArn": "arn"})
    history.write("ExecutionSucceeded", last, {"output": "[]"})
    children = []
    for output in "ab":
        child = History()
        last = task(child, "In", succeeded(output), after=0)
        child.write("ExecutionSucceeded", last, {"output": "{}"})
        children.append(child.events)
    answers = [{"return": "a"}, {"return": "b"}]
    assert recorded(history, children=children).document["stand_ins"] == {"In": answers}
    missing = "What the child executions of its Map Runs did isn't in the history."
    assert missing in recorded(history).notes


def test_a_redriven_execution_is_recorded_up_to_its_first_end() -> None:
    history = History()
    last = task(history, "A", failed(), after=0)
    last = history.write("ExecutionFailed", last, {"error": "E", "cause": "c"})
    last = history.write("ExecutionRedriven", last, {"redriveCount": 1})
    history.write("ExecutionSucceeded", last, {"output": "{}"})
    case = recorded(history)
    assert case.document["expect"]["status"] == "FAILED"
    assert case.notes == ["It was redriven: the case ends where it failed first."]


def test_what_has_no_end_of_its_own_is_not_recorded() -> None:
    with pytest.raises(InvalidRequest, match="hasn't ended"):
        recorded(History())
    history = History()
    history.write("ExecutionAborted", 1, {})
    with pytest.raises(InvalidRequest, match="Somebody stopped"):
        recorded(history)


def test_redacted_tokens_are_noted() -> None:
    history = History()
    last = task(history, "A", succeeded({"token": "[redacted]"}), after=0)
    history.write("ExecutionSucceeded", last, {"output": "1"})
    note = "Task tokens were in it: [redacted] stands in their places."
    assert recorded(history).notes == [note]


FAILURES = st.sampled_from([failed("E", "c"), failed("F", None), ("TimedOut", {"error": "T"})])
ENDS = st.one_of(FAILURES, st.integers().map(succeeded), st.just(("CutOff", {})))
VISITS = st.lists(st.tuples(st.sampled_from("AB"), st.lists(FAILURES, max_size=3), ENDS))


@given(VISITS)
def test_each_attempt_of_each_visit_is_answered_as_it_was(
    visits: list[tuple[str, list[tuple[str, dict[str, Any]]], tuple[str, dict[str, Any]]]],
) -> None:
    history, last = History(), 0
    for state, failures, end in visits:
        last = task(history, state, *failures, end, after=last)
    history.write("ExecutionFailed", last, {"error": "E"})
    case = CaseFile.read(recorded(history).document)
    seen: Counter[str] = Counter()
    for state, failures, end in visits:
        seen[state] += 1
        stand_in = case.stand_ins[state]
        assert not isinstance(stand_in, str)
        for attempt, (kind, details) in enumerate([*failures, end], 1):
            answer = answer_of(stand_in, TaskCall(seen[state], attempt, 1))
            if kind == "Succeeded":
                assert answer.result == json.loads(details["output"])
            elif kind == "CutOff":
                assert answer.never
            else:
                raised = answer.failure
                assert raised is not None
                assert (raised.error, raised.cause) == (details["error"], details.get("cause"))
