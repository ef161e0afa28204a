"""What lint says, and that it has nothing to say against what AWS accepts."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest
from handrail.core.definition.lint.findings import Severity

from handrail.core.definition.definition import Definition
from handrail.core.definition.lint import lint
from tests.core.definition.lint.linted import ALL, ASK, DONE, found
from tests.core.definitions import machine, task

HISTORIES = os.environ.get("HANDRAIL_HISTORIES", "")


def recorded() -> tuple[Path, ...]:
    """The recordings; one placeholder to skip where there are none."""
    return tuple(sorted(Path(HISTORIES).glob("*.json"))) if HISTORIES else (Path("none"),)


def test_a_careful_definition_has_no_findings() -> None:
    states = {
        "Charge": task(
            Next="Ask",
            Catch=[{"ErrorEquals": ["A"], "Next": "Off"}, {"ErrorEquals": ALL, "Next": "Off"}],
        ),
        "Ask": {**ASK, "HeartbeatSeconds": 30, "Next": "Pick"},
        "Pick": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.ok", "BooleanEquals": True, "Next": "Each"}],
            "Default": "Off",
        },
        "Each": {
            "Type": "Map",
            "MaxConcurrency": 5,
            "ItemProcessor": {"StartAt": "One", "States": {"One": task()}},
            "Next": "Nap",
        },
        "Nap": {"Type": "Wait", "Seconds": 5, "End": True},
        "Off": {"Type": "Fail", "Error": "Off"},
    }  # fmt: skip
    del states["Ask"]["End"]

    assert lint(machine(states)) == ()


def test_a_missing_or_unknown_start_is_an_error() -> None:
    missing = lint(Definition.parse(json.dumps({"States": {"A": DONE}})))
    unknown = lint(machine({"A": DONE}, start_at="B"))

    assert [(f.code, f.path) for f in missing] == [("missing-start", "StartAt")]
    assert [(f.code, f.path) for f in unknown] == [("unknown-start", "StartAt")]


def test_a_scope_nothing_ends_is_an_error() -> None:
    circle = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "B"}}}

    top = found({"B": {"Type": "Pass", "Next": "B"}})["no-terminal-state"]
    branch = found({"A": {"Type": "Parallel", "Branches": [circle], "End": True}})[
        "no-terminal-state"
    ]

    assert (top.severity, top.state, top.path) == (Severity.ERROR, None, "")
    assert (branch.severity, branch.state, branch.path) == (
        Severity.ERROR,
        "A",
        "States.A.Branches[0]",
    )


def test_a_state_written_twice_is_told() -> None:
    text = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {"Type": "Succeed"}}}'

    assert [f.code for f in lint(Definition.parse(text))] == ["duplicate-key"]


def test_errors_come_first_and_documents_are_json() -> None:
    findings = lint(machine({"A": {"Type": "Task", "Resource": "x", "Next": "B"}}))

    severities = [finding.severity for finding in findings]
    assert severities == sorted(severities, key=list(Severity).index)
    assert json.loads(json.dumps(asdict(findings[0])))["severity"] == "error"


@pytest.mark.skipif(not HISTORIES, reason="HANDRAIL_HISTORIES names no folder of recordings")
@pytest.mark.parametrize("path", recorded(), ids=lambda path: path.stem)
def test_what_aws_accepted_has_no_errors(path: Path) -> None:
    definition = Definition.parse(json.dumps(json.loads(path.read_text())["definition"]))

    assert [f for f in lint(definition) if f.severity is Severity.ERROR] == []
