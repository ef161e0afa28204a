"""Which kinds of news there are, and which a definition's executions never have."""

import json

import pytest

from handrail.core.definition.definition import Definition
from handrail.core.news.news_kinds import (
    EXECUTION_KINDS,
    STATE_VERBS,
    check_kind,
    never_told,
    of_waiting,
    state_and_verb,
    state_kind,
)

CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
ACTIVITY = "arn:aws:states:eu-west-1:123456789012:activity:pack"
INNER = {"StartAt": "Item", "States": {"Item": {"Type": "Pass", "End": True}}}
DISTRIBUTED = {**INNER, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
INNER_TOO = {"StartAt": "Own", "States": {"Own": {"Type": "Pass", "End": True}}}
DEFINITION = Definition.parse(
    json.dumps(
        {
            "StartAt": "Ask",
            "States": {
                "Ask": {"Type": "Task", "Resource": CALLBACK, "Catch": [], "Next": "Pack"},
                "Pack": {"Type": "Task", "Resource": ACTIVITY, "Retry": [], "Next": "Each"},
                "Each": {"Type": "Map", "ItemProcessor": DISTRIBUTED, "Next": "Both"},
                "Both": {"Type": "Map", "ItemProcessor": INNER_TOO, "Next": "v1.2"},
                "v1.2": {"Type": "Pass", "End": True},
            },
        }
    )
)


@pytest.mark.parametrize("kind", [*EXECUTION_KINDS, "state:*.failed", "state:v1.2.entered"])
def test_a_kind_is_taken(kind: str) -> None:
    check_kind(kind)


@pytest.mark.parametrize("verb", STATE_VERBS)
def test_a_state_s_name_may_hold_dots_and_blanks(verb: str) -> None:
    kind = state_kind("Pay. Now", verb)
    check_kind(kind)
    assert state_and_verb(kind) == ("Pay. Now", verb)


@pytest.mark.parametrize(
    "kind", ["", "fail", "FAILED", "state:", "state:Pay", "state:.failed", "state:Pay.aborted"]
)
def test_what_is_no_kind_is_refused_by_name(kind: str) -> None:
    with pytest.raises(ValueError, match="failed"):
        check_kind(kind)


def test_waiting_is_an_execution_s_and_a_state_s() -> None:
    assert [
        k for k in ("waiting", "state:A.waiting", "failed", "state:A.failed") if of_waiting(k)
    ] == [
        "waiting",
        "state:A.waiting",
    ]


@pytest.mark.parametrize(
    "kind",
    [
        "failed",
        "state:*.waiting",
        "state:Ask.waiting",
        "state:Pack.waiting",
        "state:Ask.caught",
        "state:Pack.retried",
        "state:Each.failed",
        "state:Own.entered",
        "state:v1.2.succeeded",
    ],
)
def test_what_executions_may_have_is_no_fault(kind: str) -> None:
    assert never_told(kind, DEFINITION) is None


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("state:Pay.failed", "Pay is no state's name"),
        ("state:v1.failed", "v1 is no state's name"),
        ("state:v1.2.waiting", "v1.2 waits for no callback and no activity"),
        ("state:Pack.caught", "Pack has no Catch"),
        ("state:Ask.retried", "Ask has no Retry"),
        ("state:Item.failed", "Item runs in the child executions of a distributed Map"),
    ],
)
def test_what_none_has_is_said_with_the_reason(kind: str, why: str) -> None:
    assert str(never_told(kind, DEFINITION)).startswith(why)
