"""POST …/tasks/{event_id}/… and /task-tokens/…: settling what waits for a callback."""

from typing import Any

import pytest

from .served import Served
from .stories import TOKEN, WITH_APPROVAL, ended, running, waiting

TASK = "/v1/executions/order:one/tasks/3"
FAILURE = {"error": "Refused", "cause": "Too dear."}


@pytest.fixture
def arn(served: Served) -> str:
    """An execution whose task, scheduled by event 3, waits for a callback."""
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    arn = running(served.stub)
    served.stub.append(arn, *waiting())
    served.stub.add_task_token(TOKEN, arn, 3)
    return arn


async def test_a_task_is_completed_where_it_stands(served: Served, arn: str) -> None:
    answer = await served.post(f"{TASK}/success", {"output": {"approved": True}})
    assert (answer.status, answer.body["replayed"]) == (200, False)
    assert (answer.body["execution"], answer.body["event_id"]) == ("order:one", 3)
    (sent,) = [r.body for r in served.stub.requests if r.operation == "SendTaskSuccess"]
    assert sent == {"taskToken": TOKEN, "output": '{"approved":true}'}
    assert served.stub.execution(arn).events[-1]["type"] == "TaskSucceeded"
    assert TOKEN not in str(answer.body)


@pytest.mark.parametrize(
    ("action", "body"), [("success", {"output": [1, {"a": None}]}), ("failure", FAILURE)]
)
async def test_the_same_again_is_a_replay(
    served: Served, arn: str, action: str, body: dict[str, Any]
) -> None:
    first = await served.post(f"{TASK}/{action}", body)
    again = await served.post(f"{TASK}/{action}", body)
    assert [first.status, again.status] == [200, 200]
    assert [first.body["replayed"], again.body["replayed"]] == [False, True]


async def test_another_outcome_afterwards_is_a_conflict(served: Served, arn: str) -> None:
    await served.post(f"{TASK}/success", {"output": 1})
    for action, body in (("success", {"output": 2}), ("failure", FAILURE)):
        answer = await served.post(f"{TASK}/{action}", body)
        assert (answer.status, answer.body["retryable"]) == (409, False)


async def test_a_heartbeat_changes_nothing_else(served: Served, arn: str) -> None:
    events = len(served.stub.execution(arn).events)
    assert (await served.post(f"{TASK}/heartbeat")).status == 200
    assert served.stub.calls["SendTaskHeartbeat"] == 1
    assert len(served.stub.execution(arn).events) == events


@pytest.mark.parametrize("action", ["success", "failure", "heartbeat"])
async def test_an_event_that_scheduled_nothing_is_no_task(
    served: Served, arn: str, action: str
) -> None:
    body = {"output": 1} if action == "success" else FAILURE if action == "failure" else None
    for event_id in (0, 2, 99):
        answer = await served.post(f"/v1/executions/order:one/tasks/{event_id}/{action}", body)
        assert (answer.status, answer.body["code"]) == (404, "task_not_found")


async def test_a_task_of_no_execution_is_not_found(served: Served) -> None:
    answer = await served.post("/v1/executions/order:no/tasks/3/success", {"output": 1})
    assert (answer.status, answer.body["code"]) == (404, "execution_not_found")
    ended(served.stub)
    answer = await served.post(f"{TASK}/success", {"output": 1})
    assert (answer.status, answer.body["code"]) == (404, "task_not_found")


async def test_a_token_settles_its_task_once(served: Served, arn: str) -> None:
    for action in ("heartbeat", "success"):
        body = {"token": TOKEN} | ({"output": 1} if action == "success" else {})
        assert (await served.post(f"/v1/task-tokens/{action}", body)).status == 200
    again = await served.post("/v1/task-tokens/failure", {"token": TOKEN, **FAILURE})
    assert (again.status, again.body["code"]) == (410, "task_timed_out")
    assert TOKEN not in str(again.body)


@pytest.mark.parametrize("action", ["success", "failure", "heartbeat"])
async def test_an_unknown_token_is_not_found(served: Served, action: str) -> None:
    body = {"token": "x" * 100} | ({"output": 1} if action == "success" else {})
    body |= FAILURE if action == "failure" else {}
    answer = await served.post(f"/v1/task-tokens/{action}", body)
    assert (answer.status, answer.body["code"]) == (404, "task_not_found")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (f"{TASK}/success", {"outptu": 1}, "outptu"),
        (f"{TASK}/failure", {"error": 7}, "error"),
        ("/v1/task-tokens/success", {"output": 1}, "token"),
        ("/v1/task-tokens/heartbeat", {"token": ""}, "token"),
    ],
)
async def test_a_wrong_body_is_told_with_its_path(
    served: Served, arn: str, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await served.post(path, body)
    assert answer.status == 422
    assert field in {error["path"] for error in answer.body["errors"]}
