"""States and ways that no execution took are named."""

import json
from dataclasses import replace

from handrail.core.cases.coverage import Coverage
from handrail.core.definition.definition import Definition
from tests.core.cases.test_outcome import CAUGHT, outcome

DEFINITION = Definition.parse(
    json.dumps(
        {
            "StartAt": "A",
            "States": {
                "A": {
                    "Type": "Task",
                    "Next": "C",
                    "Catch": [
                        {"ErrorEquals": ["E"], "Next": "B"},
                        {"ErrorEquals": ["States.ALL"], "Next": "C"},
                    ],
                },
                "B": {"Type": "Choice", "Choices": [{"Next": "C"}], "Default": "D"},
                "C": {"Type": "Wait", "End": True},
                "D": {"Type": "Fail"},
            },
        }
    )
)


def test_what_was_never_entered_or_taken() -> None:
    coverage = Coverage(DEFINITION)
    coverage.add([CAUGHT])
    assert coverage.missed() == [
        "D was never entered",
        "A's Next to C was never taken",
        "A's Catch to C (States.ALL) was never taken",
        "B's Default to D was never taken",
    ]
    assert coverage.counts() == (3, 4, 2, 5)


def test_children_of_map_runs_count() -> None:
    coverage = Coverage(DEFINITION)
    coverage.add([replace(outcome(("WaitStateEntered", 0, "C")), children=[CAUGHT])])
    assert coverage.states == {"A", "B", "C"}


def test_before_anything_ran_only_states_are_told() -> None:
    coverage = Coverage(DEFINITION)
    assert coverage.missed() == [f"{name} was never entered" for name in "ABCD"]


def test_a_catch_of_what_no_event_tells_counts() -> None:
    coverage = Coverage(DEFINITION)
    silent = (("TaskStateEntered", 0, "A"), ("TaskStateExited", 1, "A"))
    coverage.add([outcome(*silent, ("ChoiceStateEntered", 2, "B"))])
    assert "A's Catch to B (E) was never taken" not in coverage.missed()
