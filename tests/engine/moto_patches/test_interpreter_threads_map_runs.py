"""How many failures a distributed Map takes."""

import json
from typing import Any

import pytest

from handrail.core.models import StateStatus
from handrail.engine.map_runs.map_run import exceeded
from tests.engine.engine_fixture import Calls, Definition, types

from .test_failures import folded
from .test_failures_names import caught

on_the_engine = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("failed", "count", "percentage", "too_many"),
    [
        (0, 0, 0, False),
        (1, 0, 0, True),
        (1, 1, 0, False),
        (2, 1, 0, True),
        (5, 0, 50, False),
        (6, 0, 50, True),
        (2, 1, 50, True),
        (6, 9, 50, True),
    ],
)
def test_thresholds_of_ten_items(
    failed: int, count: int, percentage: float, *, too_many: bool
) -> None:
    assert exceeded(failed, total=10, count=count, percentage=percentage) is too_many


def distributed(**state: Any) -> Definition:
    """A Map over items that fail where they are true."""
    child = {
        "StartAt": "C",
        "States": {
            "C": {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "BooleanEquals": True, "Next": "F"}],
                "Default": "Z",
            },
            "F": {"Type": "Fail", "Error": "Bad"},
            "Z": {"Type": "Succeed"},
        },
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    map_state = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": child, "End": True}
    return {"StartAt": "A", "States": {"A": {**map_state, **state}}}


ITEMS = {"items": [False, True, False]}


@on_the_engine
async def test_one_failure_too_many_fails_the_map(calls: Calls) -> None:
    ended = await calls.run(distributed(), ITEMS)
    assert (ended["status"], ended["error"], ended["cause"]) == (
        "FAILED",
        "States.ExceedToleratedFailureThreshold",
        "The specified tolerated failure threshold was exceeded",
    )
    events = types(await calls.history(ended["executionArn"]))
    assert events[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    assert (await folded(calls, ended["executionArn"])).states["A"]["status"] == StateStatus.FAILED


@on_the_engine
async def test_it_can_be_caught(calls: Calls) -> None:
    ended = await calls.run(caught(distributed(), "States.ALL"), ITEMS)
    assert json.loads(ended["output"])["Error"] == "States.ExceedToleratedFailureThreshold"


@on_the_engine
async def test_a_tolerated_failure_fails_nothing(calls: Calls) -> None:
    ended = await calls.run(distributed(ToleratedFailureCount=1), ITEMS)
    assert ended["status"] == "SUCCEEDED"
