"""POST …/tasks/{event_id}/… and /task-tokens/…: settling what waits for a callback."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.stubs.stepfunctions import StepFunctionsStub, event
from tests.web.conftest import Serving
from tests.web.served import Served
from tests.web.stories import TOKEN, WITH_APPROVAL, ended, running, waiting

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
    assert sent == {"taskToken": TOKEN, "output": '{"approved": true}'}
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


async def test_completing_and_repeating_cost_a_read_each_at_most(served: Served, arn: str) -> None:
    for _ in range(2):
        before = served.stub.calls["GetExecutionHistory"]
        await served.post(f"{TASK}/success", {"output": 1})
        assert served.stub.calls["GetExecutionHistory"] - before <= 1
    assert served.stub.calls["SendTaskSuccess"] == 1


async def test_an_output_of_another_spelling_is_the_same(served: Served, arn: str) -> None:
    texts = (b'{"output": {"a": 1, "b": [1.5]}}', b'{ "output":{"b":[1.5],"a":1} }')
    answers = [await served.call("POST", f"{TASK}/success", data=text) for text in texts]
    assert [answer.body["replayed"] for answer in answers] == [False, True]


async def test_a_conflict_tells_what_stands_and_since_when(served: Served, arn: str) -> None:
    await served.post(f"{TASK}/failure", FAILURE)
    answer = await served.post(f"{TASK}/success", {"output": 1})
    assert (answer.status, answer.body["code"]) == (409, "task_already_settled")
    assert answer.body["outcome"] == "failure"
    assert datetime.fromisoformat(answer.body["at"]).tzinfo is not None


async def test_a_task_that_timed_out_is_gone(served: Served, arn: str) -> None:
    served.stub.append(arn, event("TaskTimedOut", details={"error": "States.Timeout"}))
    for action, body in (("success", {"output": 1}), ("failure", FAILURE), ("heartbeat", None)):
        answer = await served.post(f"{TASK}/{action}", body)
        assert (answer.status, answer.body["code"]) == (410, "task_timed_out")
        assert answer.body["outcome"] == "timed_out"


async def test_a_stopped_executions_task_has_ended_with_it(served: Served, arn: str) -> None:
    assert (await served.post("/v1/executions/order:one/stop")).status == 200
    answer = await served.post(f"{TASK}/success", {"output": 1})
    assert (answer.status, answer.body["code"]) == (409, "execution_ended")


async def test_a_task_without_its_token_names_the_other_way(served: Served, arn: str) -> None:
    scheduled = served.stub.execution(arn).events[2]["taskScheduledEventDetails"]
    scheduled["parametersDetails"] = {"truncated": True}
    answer = await served.post(f"{TASK}/success", {"output": 1})
    assert (answer.status, answer.body["code"]) == (409, "token_unavailable")
    assert "/v1/task-tokens" in answer.body["detail"]


TOO_MUCH = [
    ("success", {"output": "x" * 262_143}, "output"),
    ("success", {"output": "\N{EURO SIGN}" * 87_381}, "output"),
    ("failure", {"error": "e" * 257}, "error"),
    ("failure", {"cause": "c" * 32_769}, "cause"),
]


@pytest.mark.parametrize(("action", "body", "path"), TOO_MUCH)
async def test_what_aws_wouldn_t_take_never_gets_there(
    served: Served, action: str, body: dict[str, Any], path: str
) -> None:
    for route, token in ((TASK, {}), ("/v1/task-tokens", {"token": TOKEN})):
        answer = await served.post(f"{route}/{action}", body | token)
        assert (answer.status, [e["path"] for e in answer.body["errors"]]) == (422, [path])
        assert answer.body["code"] == ("invalid_output" if path == "output" else "invalid_request")
    assert not {"SendTaskSuccess", "SendTaskFailure"} & set(served.stub.calls)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"output": NaN}', 400),
        (b'{"output": "\\ud800"}', 422),
        (b'{"output": ' + b"[" * 500 + b"]" * 500 + b"}", 422),
        (b'{"output": ' + b"9" * 5000 + b"}", 422),
        (b'{"output": 1, "output": 2}', 422),
        (b"[1]", 422),
    ],
)
async def test_what_isn_t_json_is_told_and_sent_nowhere(
    served: Served, arn: str, body: bytes, status: int
) -> None:
    answer = await served.call("POST", f"{TASK}/success", data=body)
    assert answer.status == status
    assert served.stub.calls["SendTaskSuccess"] == 0


async def test_the_longest_output_fits(served: Served, arn: str) -> None:
    output = "\N{EURO SIGN}" * 87_380
    assert (await served.post(f"{TASK}/success", {"output": output})).status == 200


async def test_an_output_is_held_against_its_declared_schema(
    serve: Serving, stub: StepFunctionsStub, tmp_path: Path
) -> None:
    folder = tmp_path / "order"
    folder.mkdir()
    schema = {"type": "object", "properties": {"approved": {"type": "boolean"}}}
    about = {"name": "order", "output_schemas": {"Approve": schema}}
    (folder / "machine.json").write_text(json.dumps(about))
    (folder / "definition.asl.json").write_text(json.dumps(WITH_APPROVAL))
    stub.add_machine("order", definition=WITH_APPROVAL)
    stub.append(running(stub), *waiting())
    async with serve(state_machines_dir=str(tmp_path)) as served:
        answer = await served.post(f"{TASK}/success", {"output": {"approved": "yes"}})
    assert (answer.status, answer.body["code"]) == (422, "invalid_output")
    assert [error["path"] for error in answer.body["errors"]] == ["output.approved"]
    assert stub.calls["SendTaskSuccess"] == 0


@pytest.mark.parametrize("action", ["success", "failure", "heartbeat"])
async def test_a_raw_token_never_costs_a_read(served: Served, arn: str, action: str) -> None:
    body = {"token": TOKEN} | ({"output": 1} if action == "success" else {})
    statuses = [(await served.post(f"/v1/task-tokens/{action}", body)).status for _ in range(2)]
    assert statuses == ([200, 200] if action == "heartbeat" else [200, 410])
    assert not {"GetExecutionHistory", "DescribeExecution"} & set(served.stub.calls)


@pytest.mark.parametrize("data", [b"", b"\r\n", b"{}", b"null"])
async def test_a_success_needs_its_output_and_null_is_one(
    served: Served, arn: str, data: bytes
) -> None:
    answer = await served.call("POST", f"{TASK}/success", data=data)
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert served.stub.calls["SendTaskSuccess"] == 0
    assert (await served.post(f"{TASK}/success", {"output": None})).status == 200


@pytest.mark.parametrize("token", ["", "x" * 2049])
async def test_what_can_be_no_token_isn_t_sent(served: Served, token: str) -> None:
    for action in ("success", "failure", "heartbeat"):
        body = {"token": token} | ({"output": 1} if action == "success" else {})
        answer = await served.post(f"/v1/task-tokens/{action}", body)
        assert (answer.status, answer.body["errors"][0]["path"]) == (422, "token")
    assert not {"SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"} & set(served.stub.calls)
