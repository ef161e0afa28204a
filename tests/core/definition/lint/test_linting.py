"""What lint says as a whole, and that it has nothing to say against what AWS accepts."""

import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from handrail.core.definition.definition import Definition
from handrail.core.definition.lint import lint
from handrail.core.definition.lint.findings import Severity
from handrail.core.models import Json
from tests.core.definition.lint.linted import ALL, ASK, found
from tests.core.definitions import machine, task

HISTORIES = os.environ.get("HANDRAIL_HISTORIES", "")
ENGINE_CASES = Path(__file__).parents[3] / "engine" / "cases" / "engine.json"


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


def test_a_key_written_twice_is_told() -> None:
    text = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {"Type": "Succeed"}}}'

    assert [f.code for f in lint(Definition.parse(text))] == ["duplicate-key"]


def test_what_was_not_filled_in_is_told_with_its_state() -> None:
    finding = found({"A": task(Resource="${Function}")})["leftover-substitution"]

    assert (finding.severity, finding.state) == (Severity.WARNING, "A")


def test_errors_come_first_and_documents_are_json() -> None:
    findings = lint(machine({"A": {"Type": "Task", "Resource": "x", "Next": "B"}}))

    severities = [finding.severity for finding in findings]
    assert severities == sorted(severities, key=list(Severity).index)
    assert json.loads(json.dumps(asdict(findings[0])))["severity"] == "error"


def test_each_finding_has_its_line() -> None:
    raw: Json = {"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "x", "End": True}}}

    [finding] = lint(Definition.parse(json.dumps(raw, indent=1)))

    assert (finding.code, finding.line) == ("malformed-path", 6)


def test_twenty_five_thousand_lines_take_less_than_a_second() -> None:
    states = {
        f"S{n}": {
            "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
            "Arguments": {"QueueUrl": f"q{n}", "MessageBody": f"{{% $states.input.a{n} & 'x' %}}"},
            "Assign": {f"v{n}": "{% $states.result %}"}, "TimeoutSeconds": 5,
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}], "Next": f"S{n + 1}",
        }
        for n in range(1_400)
    }  # fmt: skip
    whole = {"QueryLanguage": "JSONata", "StartAt": "S0", "States": {**states, "S1400": task()}}
    definition = Definition.parse(json.dumps(whole, indent=1))
    assert definition.text.count("\n") > 25_000

    began = time.process_time()
    findings = lint(definition)

    assert [finding.code for finding in findings] == []
    assert time.process_time() - began < 1  # 0.2 here


@pytest.mark.skipif(not HISTORIES, reason="HANDRAIL_HISTORIES names no folder of recordings")
@pytest.mark.parametrize("path", recorded(), ids=lambda path: path.stem)
def test_what_aws_accepted_has_no_errors(path: Path) -> None:
    definition = Definition.parse(json.dumps(json.loads(path.read_text())["definition"]))

    assert [f for f in lint(definition) if f.severity is Severity.ERROR] == []


def test_what_the_engine_runs_as_aws_does_has_no_errors() -> None:
    for case in json.loads(ENGINE_CASES.read_text()):
        findings = lint(Definition.parse(json.dumps(case["definition"])))
        assert [f for f in findings if f.severity is Severity.ERROR] == [], case["name"]
