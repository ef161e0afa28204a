"""What lint says, and that it has nothing to say against what AWS accepts."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from service.core.definition.definition import Definition
from service.core.definition.findings import Finding, Severity
from service.core.definition.lint import lint
from service.core.models import Json, MachineType
from tests.core.definitions import SQS_WAIT, machine, task

HISTORIES = os.environ.get("HANDRAIL_HISTORIES", "")
ACTIVITY = "arn:aws:states:eu-west-1:123456789012:activity:sign"
TOKEN = {"t.$": "$$.Task.Token"}
ASK = task(Resource=SQS_WAIT, Parameters=TOKEN)
DONE = {"Type": "Succeed"}
ALL = ["States.ALL"]
INNER = {"StartAt": "B", "States": {"B": DONE}}


def found(
    states: dict[str, Json], machine_type: MachineType = MachineType.STANDARD, **top: Json
) -> dict[str, Finding]:
    """By code; tests look at the code they are about."""
    return {finding.code: finding for finding in lint(machine(states, **top), machine_type)}


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


ERRORS: list[tuple[str, dict[str, Json]]] = [
    ("unknown-target", {"A": task(Next="B")}),
    ("unknown-target", {"A": task(Catch=[{"ErrorEquals": ALL, "Next": "B"}])}),
    ("unknown-target", {"A": {"Type": "Choice", "Choices": [], "Default": "B"}, "C": DONE}),
    ("duplicate-state-name",
     {"A": {"Type": "Map", "End": True, "ItemProcessor": {"StartAt": "A", "States": {"A": DONE}}}}),
    ("unknown-type", {"A": {"Type": "Tsak", "End": True}}),
    ("unknown-type", {"A": {"End": True}}),
    ("next-or-end", {"A": {"Type": "Pass"}, "B": DONE}),
    ("next-or-end", {"A": {"Type": "Pass", "Next": "B", "End": True}, "B": DONE}),
    ("missing-resource", {"A": {"Type": "Task", "End": True}}),
    ("wait-for-what", {"A": {"Type": "Wait", "End": True}}),
    ("wait-for-what", {"A": {"Type": "Wait", "Seconds": 1, "Timestamp": "x", "End": True}}),
    ("missing-choices", {"A": {"Type": "Choice", "Default": "B"}, "B": DONE}),
    ("rule-without-next",
     {"A": {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True}]}, "B": DONE}),
    ("rule-without-variable", {"A": {"Type": "Choice", "Choices": [{"Next": "B"}]}, "B": DONE}),
    ("missing-branches", {"A": {"Type": "Parallel", "End": True}}),
    ("missing-item-processor", {"A": {"Type": "Map", "End": True}}),
    ("unexpected-error-handling", {"A": {"Type": "Pass", "Retry": [], "End": True}}),
    ("unexpected-error-handling",
     {"A": {"Type": "Wait", "Seconds": 1, "End": True, "Catch": []}}),
    ("not-a-list", {"A": task(Retry={})}),
    ("missing-error-equals", {"A": task(Retry=[{"MaxAttempts": 1}])}),
    ("catch-without-next", {"A": task(Catch=[{"ErrorEquals": ALL}])}),
    ("states-all-not-last", {"A": task(Retry=[{"ErrorEquals": ALL}, {"ErrorEquals": ["X"]}])}),
    ("states-all-not-last", {"A": task(Retry=[{"ErrorEquals": ["X", "States.ALL"]}])}),
    ("negative-attempts", {"A": task(Retry=[{"ErrorEquals": ALL, "MaxAttempts": -1}])}),
    ("backoff-below-one", {"A": task(Retry=[{"ErrorEquals": ALL, "BackoffRate": 0.5}])}),
    ("heartbeat-not-below-timeout", {"A": task(HeartbeatSeconds=60)}),
    ("limit-not-positive", {"A": task(TimeoutSeconds=0)}),
    ("foreign-field", {"A": task(QueryLanguage="JSONata", Parameters={})}),
    ("foreign-field", {"A": task(Arguments={})}),
    ("unknown-language", {"A": task(QueryLanguage="JMESPath")}),
    ("callback-without-token", {"A": {"Type": "Task", "Resource": SQS_WAIT, "End": True}}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "states"), ERRORS)
def test_it_is_an_error(code: str, states: dict[str, Json]) -> None:
    finding = found(states)[code]

    assert finding.severity is Severity.ERROR
    assert finding.state == "A"
    assert finding.message.endswith(".")


@pytest.mark.parametrize(
    ("code", "severity", "states"),
    [
        ("unreachable-state", "warning", {"B": task(), "A": DONE}),
        ("never-ends", "warning",
         {"P": {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True, "Next": "A"}],
                "Default": "Z"}, "A": {"Type": "Pass", "Next": "A"}, "Z": DONE}),
        ("choice-without-default", "warning",
         {"A": {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True, "Next": "B"}]},
          "B": DONE}),
        ("unexpected-transition", "warning", {"A": {"Type": "Succeed", "End": True}}),
        ("misspelt-states-all", "warning", {"A": task(Retry=[{"ErrorEquals": ["State.ALL"]}])}),
        ("callback-without-limit", "warning",
         {"A": {"Type": "Task", "Resource": SQS_WAIT, "Parameters": TOKEN, "End": True}}),
        ("callback-without-token", "warning", {"A": task(Resource=SQS_WAIT)}),
        ("task-without-timeout", "warning",
         {"A": {"Type": "Task", "Resource": ACTIVITY, "End": True}}),
        ("task-without-timeout", "info", {"A": {"Type": "Task", "Resource": "x", "End": True}}),
        ("task-without-retry", "info", {"A": {"Type": "Task", "Resource": "x", "End": True}}),
        ("leftover-substitution", "warning", {"A": task(Resource="${Function}")}),
        ("jsonata-in-jsonpath", "warning", {"A": task(Parameters={"x": "{% $states.input %}"})}),
        ("path-in-jsonata", "warning",
         {"A": task(QueryLanguage="JSONata", Arguments={"deep": [{"x.$": "$.y"}]})}),
        ("fail-without-error", "info", {"A": {"Type": "Fail"}}),
        ("map-without-max-concurrency", "info",
         {"A": {"Type": "Map", "End": True, "ItemProcessor": INNER}}),
        ("deprecated-iterator", "info",
         {"A": {"Type": "Map", "End": True, "Iterator": INNER}}),
    ],
)  # fmt: skip
def test_it_is_worth_saying(code: str, severity: str, states: dict[str, Json]) -> None:
    finding = found(states)[code]

    assert (finding.severity.value, finding.state) == (severity, "A")


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


@pytest.mark.parametrize(
    "state",
    [
        ASK,
        task(Resource="arn:aws:states:::ecs:runTask.sync"),
        task(Resource="arn:aws:states:::states:startExecution.sync:2"),
        task(Resource=ACTIVITY),
    ],
)
def test_express_executions_cannot_wait(state: dict[str, Json]) -> None:
    assert found({"A": state}, MachineType.EXPRESS)["beyond-express"].severity is Severity.ERROR
    assert "beyond-express" not in found({"A": state}, MachineType.STANDARD)


@pytest.mark.parametrize(("child", "expected"), [("EXPRESS", True), ("STANDARD", False)])
def test_a_distributed_maps_children_have_their_own_type(child: str, *, expected: bool) -> None:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": child}
    body = {"ProcessorConfig": config, "StartAt": "Ask", "States": {"Ask": ASK}}

    findings = found({"Far": {"Type": "Map", "ItemProcessor": body, "End": True}})

    assert ("beyond-express" in findings) is expected


def test_what_a_nested_state_inherits_from_a_map_of_another_language_is_not_judged() -> None:
    inner = {"StartAt": "B", "States": {"B": task(Parameters=TOKEN, Resource=SQS_WAIT)}}
    outer = {"Type": "Map", "QueryLanguage": "JSONata", "MaxConcurrency": 1, "End": True}

    assert found({"A": {**outer, "ItemProcessor": inner}}) == {}


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
