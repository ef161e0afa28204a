"""The catalogue, lists, snapshots and tasks: what GET answers."""

import json

import pytest

from tests.web.served import Served
from tests.web.stories import (
    TOKEN,
    WITH_APPROVAL,
    ended,
    entered,
    failed,
    ran,
    running,
    started,
    succeeded,
    waiting,
)

ONE = "/v1/executions/order:one"
SNAPSHOT = {
    "execution",
    "state_machine",
    "name",
    "status",
    "started_at",
    "stopped_at",
    "input",
    "output",
    "input_truncated",
    "output_truncated",
    "error",
    "cause",
    "redrive_count",
    "version",
    "alias",
    "cursor",
    "stale_after_s",
    "progress",
    "replay_of",
    "states",
    "tasks",
    "links",
}
STATE = {
    "state",
    "type",
    "status",
    "entered",
    "running",
    "succeeded",
    "failed",
    "caught",
    "retries",
    "first_entered_at",
    "last_changed_at",
    "last_error",
    "entered_from",
}
TASK = {
    "event_id",
    "state",
    "resource",
    "scheduled_at",
    "timeout_at",
    "heartbeat_seconds",
    "parameters",
    "parameters_omitted",
    "title",
    "facts",
    "choices",
    "fields",
    "question_omitted",
    "links",
}


async def test_a_snapshot_has_exactly_the_contract_s_keys(served: Served) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    arn = running(served.stub)
    served.stub.append(arn, *waiting())
    answer = await served.get(ONE)
    assert answer.status == 200
    assert set(answer.body) == SNAPSHOT
    assert set(answer.body["states"][0]) >= STATE
    assert set(answer.body["tasks"][0]) == TASK
    assert answer.body["cursor"].endswith(":5")


async def test_a_pending_task_is_shown_without_its_token(served: Served) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    served.stub.append(running(served.stub), *waiting())
    answer = await served.get(f"{ONE}/tasks")
    (task,) = answer.body["tasks"]
    assert (task["event_id"], task["state"]) == (3, "Approve")
    assert task["resource"] == "sqs:sendMessage.waitForTaskToken"
    assert task["links"]["success"] == f"{ONE}/tasks/3/success"
    for path in (ONE, f"{ONE}/tasks", f"{ONE}/events"):
        assert TOKEN not in json.dumps((await served.get(path)).body)


async def test_an_ended_execution_shows_its_outcome(served: Served) -> None:
    ended(served.stub, output={"paid": True})
    body = (await served.get(ONE)).body
    assert (body["status"], body["output"]) == ("SUCCEEDED", {"paid": True})
    assert body["stopped_at"].endswith("Z")
    assert [(s["state"], s["status"]) for s in body["states"]] == [("Charge", "SUCCEEDED")]


async def test_a_failed_execution_shows_error_and_cause(served: Served) -> None:
    served.stub.append(running(served.stub), entered("Charge"), failed("NoCard", "Declined."))
    body = (await served.get(ONE)).body
    assert [body[name] for name in ("status", "error", "cause")] == [
        "FAILED",
        "NoCard",
        "Declined.",
    ]


async def test_every_request_sees_what_aws_shows_by_then(served: Served) -> None:
    arn = running(served.stub)
    for count in range(1, 4):
        served.stub.append(arn, *ran("Charge"))
        (state,) = (await served.get(ONE)).body["states"]
        assert state["entered"] == count


@pytest.mark.parametrize("path", ["", "/events", "/tasks", "/stream"])
async def test_an_unknown_execution_is_a_problem_everywhere(served: Served, path: str) -> None:
    answer = await served.get(f"/v1/executions/order:nothing{path}")
    assert (answer.status, answer.body["code"]) == (404, "execution_not_found")
    assert answer.media_type == "application/problem+json"


@pytest.mark.parametrize("id", ["order", ":", "order:", ":one", "a:b:c:d", "arn:aws:s3:::bucket"])
async def test_what_is_no_id_names_nothing(served: Served, id: str) -> None:
    answer = await served.get(f"/v1/executions/{id}")
    assert (answer.status, answer.body["code"]) == (404, "execution_not_found")
    assert served.stub.calls["DescribeExecution"] == 0


async def test_a_full_arn_is_as_good_as_an_id(served: Served) -> None:
    arn = ended(served.stub)
    assert (await served.get(f"/v1/executions/{arn}")).body == (await served.get(ONE)).body


async def test_an_arn_of_another_account_names_nothing_here(served: Served) -> None:
    arn = ended(served.stub).replace("123456789012", "999999999999")
    for path in ("", "/events", "/tasks", "/stream"):
        assert (await served.get(f"/v1/executions/{arn}{path}")).status == 404
    assert (await served.post(f"/v1/executions/{arn}/stop")).status == 404


async def test_a_map_run_s_child_has_a_slash_in_its_id(served: Served) -> None:
    arn = ended(served.stub)
    child = arn.replace("order:one", "order/Ship:abc")
    run = served.stub.account.runs[arn]
    served.stub.account.runs[child] = run
    for id in ("order/Ship:abc", "order%2FShip:abc"):
        body = (await served.get(f"/v1/executions/{id}")).body
        assert body["execution"] == "order/Ship:abc"
    assert (await served.get(body["links"]["events"])).body["complete"] is True


async def test_an_express_execution_can_t_be_read(served: Served) -> None:
    for path in ("", "/events", "/tasks", "/stream"):
        answer = await served.get(f"/v1/executions/price:one:uuid{path}")
        assert (answer.status, answer.body["code"]) == (409, "unsupported_by_type")


async def test_an_execution_aws_shows_no_events_of_yet_is_not_there_yet(served: Served) -> None:
    """Nobody but who started it knows when it began."""
    served.stub.add_execution("order", "one")
    answer = await served.get(ONE)
    assert (answer.status, answer.body["retryable"]) == (503, True)


async def test_a_started_execution_that_aws_doesn_t_show_yet_is_waited_for(served: Served) -> None:
    await served.post("/v1/state-machines/order/executions", {"name": "one"})
    (arn,) = served.stub.account.runs
    served.stub.hide(arn, reads=3)
    assert (await served.get(ONE)).body["status"] == "RUNNING"


async def test_payloads_that_are_no_json_stay_the_text_they_are(served: Served) -> None:
    arn = served.stub.add_execution("order", "one")
    served.stub.append(arn, started(), succeeded())
    served.stub.execution(arn).events[1]["executionSucceededEventDetails"]["output"] = '{"cut": "o'
    assert (await served.get(ONE)).body["output"] == '{"cut": "o'


async def test_a_snapshot_says_how_far_it_is_and_what_it_cost(served: Served) -> None:
    states = {"A": {"Type": "Task", "Next": "Charge"}, "Charge": {"Type": "Task", "End": True}}
    served.stub.add_machine("order", definition={"StartAt": "A", "States": states})
    served.stub.append(running(served.stub), *ran("A"), entered("Charge"))
    progress = (await served.get(ONE)).body["progress"]
    assert progress["fraction"] == 0.5
    assert (progress["transitions"], progress["usd"]) == (2, 0.00005)
    assert (progress["events"], progress["events_left"]) == (7, 24_993)
    assert progress["remaining_s"] is None


async def test_one_that_has_ended_is_whole_and_takes_no_longer(served: Served) -> None:
    ended(served.stub, output={"paid": True})
    progress = (await served.get(ONE)).body["progress"]
    assert (progress["fraction"], progress["remaining_s"]) == (1.0, 0.0)


async def test_lists_say_nothing_of_progress(served: Served) -> None:
    served.stub.add_machine("order")
    running(served.stub)
    listed = (await served.get("/v1/executions?state_machine=order")).body["executions"]
    assert "progress" not in listed[0]
