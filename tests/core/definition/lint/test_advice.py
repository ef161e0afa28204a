"""What AWS takes and what bites later is told, and what would cost less."""

import pytest

from handrail.core.definition.lint import lint
from handrail.core.models import Json, MachineType
from tests.core.definition.lint.linted import ACTIVITY, ASK, DONE, TOKEN, found
from tests.core.definitions import SQS_WAIT, machine, task

SDK = "arn:aws:states:::aws-sdk:sagemaker:describeTrainingJob"


def polling(seconds: int = 60, resource: str = SDK) -> dict[str, Json]:
    rule = {"Variable": "$.s", "StringEquals": "done", "Next": "Done"}
    return {
        "Nap": {"Type": "Wait", "Seconds": seconds, "Next": "Look"},
        "Look": task(Resource=resource, Next="Pick"),
        "Pick": {"Type": "Choice", "Choices": [rule], "Default": "Nap"},
        "Done": DONE,
    }


@pytest.mark.parametrize(
    ("code", "severity", "state"),
    [
        ("callback-without-limit", "warning",
         {"Type": "Task", "Resource": SQS_WAIT, "Parameters": TOKEN, "End": True}),
        ("callback-without-token", "warning", task(Resource=SQS_WAIT)),
        ("activity-without-timeout", "warning",
         {"Type": "Task", "Resource": ACTIVITY, "End": True}),
        ("task-without-timeout", "info", {"Type": "Task", "Resource": "x:y", "End": True}),
        ("task-without-retry", "info", {"Type": "Task", "Resource": "x:y", "End": True}),
        ("lambda-without-retry", "info", task(Retry=[])),
        ("fail-without-error", "info", {"Type": "Fail"}),
        ("path-without-dollar", "warning", task(Parameters={"FunctionName": "$.f"})),
        ("path-in-jsonata", "warning",
         task(QueryLanguage="JSONata", Arguments={"deep": [{"x.$": "$.y"}]})),
        ("static-result", "warning", {"Type": "Pass", "Result": {"a.$": "$.b"}, "End": True}),
        ("large-payload", "warning", {"Type": "Pass", "Result": "x" * 262_145, "End": True}),
    ],
)  # fmt: skip
def test_it_is_worth_saying(code: str, severity: str, state: dict[str, Json]) -> None:
    finding = found({"A": state})[code]

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
    assert found({"A": state}, MachineType.EXPRESS)["beyond-express"].severity == "error"
    assert "beyond-express" not in found({"A": state}, MachineType.STANDARD)


@pytest.mark.parametrize(("child", "expected"), [("EXPRESS", True), ("STANDARD", False)])
def test_a_distributed_maps_children_have_their_own_type(child: str, *, expected: bool) -> None:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": child}
    body = {"ProcessorConfig": config, "StartAt": "Ask", "States": {"Ask": ASK}}

    findings = found({"Far": {"Type": "Map", "ItemProcessor": body, "End": True}})

    assert ("beyond-express" in findings) is expected


def test_an_express_execution_ends_after_five_minutes() -> None:
    wait: dict[str, Json] = {"Type": "Wait", "Seconds": 301, "End": True}

    assert "express-too-long" in found({"A": wait}, MachineType.EXPRESS)
    assert "express-too-long" in found({"A": DONE}, MachineType.EXPRESS, TimeoutSeconds=301)
    assert "express-too-long" not in found({"A": wait})


def test_a_loop_that_waits_has_a_number_of_turns() -> None:
    findings = found(polling())

    assert findings["loop-to-the-limit"].message == (
        "After about 2,777 turns, 46 hours, the execution fails at 25,000 events."
    )
    assert findings["polling-loop"].severity == "info"
    assert "polling-loop" not in found(polling(resource="arn:aws:states:::sqs:sendMessage"))


def test_a_wait_on_the_way_is_no_loop() -> None:
    straight = {"A": {"Type": "Wait", "Seconds": 5, "Next": "B"}, "B": DONE}

    assert "loop-to-the-limit" not in found(straight)


def test_short_work_without_waits_would_cost_less_as_express() -> None:
    assert "express-is-cheaper" in found({"A": task(Parameters={"FunctionName": "f"})})
    assert "express-is-cheaper" not in found({"A": task(TimeoutSeconds=301)})
    assert "express-is-cheaper" not in found({"A": task()}, MachineType.EXPRESS)
    assert "express-is-cheaper" not in found({"A": {**ASK, "HeartbeatSeconds": 5}})


def test_an_account_is_told_where_it_is_not_the_one_there_is() -> None:
    definition = machine({"A": task(Resource=ACTIVITY)})

    told = {each.code for each in lint(definition, account_id="000000000000")}

    assert "hard-coded-account" in told
    for own in (None, "123456789012"):
        codes = {each.code for each in lint(definition, account_id=own)}
        assert "hard-coded-account" not in codes


def test_what_a_nested_state_inherits_from_a_map_of_another_language_is_not_judged() -> None:
    inner = {"StartAt": "B", "States": {"B": task(Parameters={"t.$": "x"})}}
    outer = {"Type": "Map", "QueryLanguage": "JSONata", "MaxConcurrency": 1, "End": True}

    assert found({"A": {**outer, "ItemProcessor": inner}}).keys() <= {"express-is-cheaper"}
