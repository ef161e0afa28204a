"""Each state has the fields its type needs, can end, and suits its state machine."""

import pytest
from handrail.core.definition.lint.findings import Severity

from handrail.core.models import Json, MachineType
from tests.core.definition.lint.linted import ACTIVITY, ALL, ASK, DONE, INNER, TOKEN, found
from tests.core.definitions import SQS_WAIT, task

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
