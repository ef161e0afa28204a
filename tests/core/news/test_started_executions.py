"""What `then` starts: names that tell how deep a chain is, and evaluated inputs."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.limits import MAX_PAYLOAD_BYTES, check_name
from handrail.core.models import ExecutionId, Json
from handrail.core.news.deliveries import DeliveryFailed
from handrail.core.news.started_executions import (
    StartOrder,
    depth_of,
    ordered,
    read_start,
    start_body,
    started_name,
)
from handrail.core.news.targets import StartTarget
from handrail.core.replay_names import replay_name, replayed_by

from .made_news import ACCOUNT, AT, news, subscription

NAMES = st.text("abcXYZ019-_.", min_size=1, max_size=80)


def started(template: Json, *, deepest: int = 5, on: str = "failed", **changes: Any) -> StartOrder:
    target = StartTarget("refund", template)
    asking = subscription(on, target=target)
    return read_start(start_body(news(**changes), target, asking, ACCOUNT, deepest))


def evaluated(expression: str, **changes: Any) -> Json:
    return json.loads(started(f"{{% {expression} %}}", **changes).input)


def problem(template: Json, **changes: Any) -> str:
    with pytest.raises(DeliveryFailed) as failed:
        started(template, **changes)
    assert failed.value.final
    return failed.value.detail


@given(NAMES, st.integers(1, 25_000))
def test_a_name_tells_how_deep_and_that_a_replay_is_as_deep(name: str, event_id: int) -> None:
    source = ExecutionId("orders", name)
    for depth in (1, 2, 3):
        told = news(execution=source, event_id=event_id)
        made = started_name(told, "s1", "refund")
        check_name(made)
        assert made == started_name(told, "s1", "refund")
        assert f"-then{depth}-" in made
        source = ExecutionId("refund", made)
        assert depth_of(source) == depth
        replay = ExecutionId("refund", str(replay_name(source, "again")))
        assert replayed_by(replay) == source
        assert depth_of(replay) == depth


@given(NAMES)
def test_no_other_name_is_of_a_chain(name: str) -> None:
    assert depth_of(ExecutionId("refund", name)) == 0
    assert depth_of(ExecutionId("refund", f"{name}-then3-aaaaaaaaabbbbb")) == 0


def test_a_name_that_was_changed_or_is_another_machine_s_is_of_none() -> None:
    made = started_name(news(), "s1", "refund")
    assert depth_of(ExecutionId("orders", made)) == 0
    assert depth_of(ExecutionId("refund", made.replace("-then1-", "-then2-"))) == 0
    assert depth_of(ExecutionId("refund", f"x{made}")) == 0
    assert depth_of(ExecutionId("refund", made, label="Each")) == 0


def test_other_news_gives_another_name() -> None:
    others = [
        started_name(news(), "s1", "refund"),
        started_name(news(event_id=25), "s1", "refund"),
        started_name(news(execution=ExecutionId("orders", "7f3d")), "s1", "refund"),
        started_name(news(at=AT.replace(year=2027)), "s1", "refund"),
        started_name(news(), "s2", "refund"),
    ]
    assert len(set(others)) == 5


def test_a_machine_may_start_itself_only_as_deep_as_is_allowed() -> None:
    source = ExecutionId("orders", "7f3c")
    for _ in range(3):
        order = read_start(ordered(news(execution=source), name_after(source), "{}", 3))
        source = ExecutionId("orders", order.name)
    body = ordered(news(execution=source), name_after(source), "{}", 3)
    with pytest.raises(DeliveryFailed, match="HANDRAIL_THEN_DEPTH is 3") as failed:
        read_start(body)
    assert failed.value.final
    assert failed.value.detail.startswith("It would be number 4 of a chain")


def name_after(source: ExecutionId) -> str:
    return started_name(news(execution=source), "s1", "orders")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input", {"order": 7}),
        ("$states.output", None),
        ("$states.output = null", True),
        ("$states.errorOutput", {"Error": "Declined", "Cause": "No money."}),
        ("$states.context.Execution.Name", "7f3c"),
        (
            "$states.context.Execution.Id",
            "arn:aws:states:eu-west-1:123456789012:execution:orders:7f3c",
        ),
        ("$states.context.Execution.StartTime", "2026-01-01T00:00:00.000Z"),
        ("$states.context.StateMachine.Name", "orders"),
        (
            "$states.context.StateMachine.Id",
            "arn:aws:states:eu-west-1:123456789012:stateMachine:orders",
        ),
        ("$exists($states.context.State)", False),
        ("$now()", "2026-01-01T12:00:00.250Z"),
    ],
)
def test_states_has_what_a_state_s_fields_have(expression: str, value: Json) -> None:
    assert evaluated(expression, output="null") == value


def test_a_state_s_news_names_the_state_in_the_context() -> None:
    assert evaluated("$states.context.State.Name", on="state:Pay.failed") == "Pay"


def test_a_success_has_no_error() -> None:
    there = evaluated(
        "$exists($states.errorOutput)", on="succeeded", kinds=("succeeded",), error=None, cause=None
    )
    assert there is False


def test_what_is_no_expression_goes_as_it_is_written() -> None:
    assert json.loads(started({"a": ["{% 1 + 1 %}", "1 + 1", None], "b": 1.5}).input) == {
        "a": [2, "1 + 1", None],
        "b": 1.5,
    }


@pytest.mark.parametrize("depth", [300, 900, 100_000])
def test_an_input_that_nests_too_deep_to_be_passed_on_is_a_problem_of_that_start_alone(
    depth: int,
) -> None:
    """Whoever may start an execution can send one."""
    deep = "[" * depth + "]" * depth
    said = problem({"of": "{% $states.input %}"}, input=deep)
    assert said in {
        "The input of refund can't be made: it nests too deep",
        "The input of refund can't be made: the execution's input can't be read",
    }


def test_an_input_that_can_t_be_made_is_a_problem_without_payloads() -> None:
    said = problem("{% $number($states.input.order & 'SECRET') %}")
    assert said.startswith("The input of refund can't be made: ")
    assert "SECRET" not in said
    assert "gives nothing" in problem("{% $states.output %}")
    assert "can't be read" in problem("{% 1 %}", input='{"a": [')


def test_an_input_larger_than_aws_takes_is_a_problem() -> None:
    large = "x" * 200_000
    assert f"takes {MAX_PAYLOAD_BYTES:,}" in problem(
        ["{% $states.input %}"] * 2, input=json.dumps(large)
    )
