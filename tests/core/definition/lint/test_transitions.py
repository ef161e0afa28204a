"""Every transition has its state, every state its transition, and all can end."""

import json

from handrail.core.definition.definition import Definition
from handrail.core.definition.lint import lint
from handrail.core.definition.lint.findings import Severity
from handrail.core.models import Json
from tests.core.definition.lint.linted import ALL, DONE, found
from tests.core.definitions import machine, task

GOING: dict[str, Json] = {"Type": "Pass", "Next": "A"}


def test_a_missing_or_unknown_start_is_an_error() -> None:
    missing = lint(Definition.parse(json.dumps({"States": {"A": DONE}})))
    unknown = lint(machine({"A": DONE}, start_at="B"))

    assert missing[0].message == "These fields are required: [StartAt]"
    assert (missing[0].code, missing[0].path) == ("missing-start", "")
    assert (unknown[0].code, unknown[0].path) == ("unknown-start", "StartAt")


def test_a_transition_leads_to_a_state_of_its_scope() -> None:
    for states in (
        {"A": task(Next="B")},
        {"A": task(Catch=[{"ErrorEquals": ALL, "Next": "B"}])},
        {"A": {"Type": "Choice", "Choices": [], "Default": "B"}, "C": DONE},
        {"A": {"Type": "Parallel", "Next": "B",
               "Branches": [{"StartAt": "B", "States": {"B": DONE}}]}},
    ):  # fmt: skip
        finding = found(states)["unknown-target"]
        assert (finding.severity, finding.message) == (Severity.ERROR, "Missing 'Next' target: B")


def test_what_no_transition_leads_to_is_refused() -> None:
    finding = found({"B": task(), "A": DONE})["unreachable-state"]

    assert (finding.severity, finding.state) == (Severity.ERROR, "A")


def test_aws_takes_states_that_only_lead_to_each_other() -> None:
    circle = {"B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "Next": "B"}}

    findings = found({"A": DONE, **circle})

    assert "unreachable-state" not in findings
    assert findings["unreachable-circle"].severity is Severity.WARNING


def test_a_state_machine_needs_an_end_and_a_branch_had_better_have_one() -> None:
    branch = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "B"}}}

    top = found({"A": GOING})
    inside = found({"A": {"Type": "Parallel", "Branches": [branch], "End": True}})

    assert (top["no-terminal-state"].severity, top["no-terminal-state"].state) == ("error", None)
    assert inside["branch-without-end"].severity is Severity.WARNING
    assert inside["branch-without-end"].path == "States.A.Branches[0]"


def test_without_an_end_aws_says_nothing_of_what_is_reached() -> None:
    findings = found({"A": GOING, "B": GOING})

    assert "no-terminal-state" in findings
    assert "unreachable-state" not in findings


def test_a_way_without_an_end_is_told() -> None:
    rule = {"Variable": "$", "IsNull": True, "Next": "A"}
    pick: dict[str, Json] = {"Type": "Choice", "Choices": [rule], "Default": "Z"}

    assert found({"P": pick, "A": GOING, "Z": DONE})["never-ends"].state == "A"


def test_names_are_unique_and_80_characters_long_at_most() -> None:
    inner = {"StartAt": "A", "States": {"A": DONE}}
    twice = found({"A": {"Type": "Map", "End": True, "ItemProcessor": inner}})

    assert twice["duplicate-state-name"].path == "States.A.ItemProcessor.States.A"
    assert "state-name-too-long" in found({"n" * 81: DONE})
    assert "state-name-too-long" not in found({"n" * 80: DONE})
