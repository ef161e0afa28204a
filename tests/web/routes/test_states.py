"""GET …/visits and …/items: one state of an execution in full."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from handrail.core.page_tokens import page_token
from tests.stubs.stepfunctions import event
from tests.web.served import Served
from tests.web.stories import TOKEN, WITH_APPROVAL, ran, running, waiting

ONE = "/v1/executions/order:one"
ODD = "Charge: é/? &=#+%00 \\ \"'"
MAP_RUN = "arn:aws:states:us-east-1:123456789012:mapRun:order/each:11111111"
DISTRIBUTED = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Work",
                "States": {"Work": {"Type": "Pass", "End": True}},
            },
            "End": True,
        }
    },
}


def path(of: str, **query: str) -> str:
    return f"{ONE}/{of}?{urlencode(query)}"


@pytest.mark.parametrize("state", ["Charge", ODD])
async def test_a_state_s_visits_are_shown_whatever_its_name(served: Served, state: str) -> None:
    served.stub.append(running(served.stub), *ran(state), *ran(state))
    answer = await served.get(path("visits", state=state))
    assert answer.status == 200
    assert [visit["event_ids"] for visit in answer.body["visits"]] == [
        [7, 8, 9, 10, 11],
        [2, 3, 4, 5, 6],
    ]
    assert {visit["state"] for visit in answer.body["visits"]} == {state}


async def test_pages_follow_each_other(served: Served) -> None:
    served.stub.append(running(served.stub), *[e for _ in range(60) for e in ran("Charge")])
    first = await served.get(path("visits", state="Charge"))
    page = first.body["next_page"]
    second = await served.get(path("visits", state="Charge", page=page))
    assert (len(first.body["visits"]), len(second.body["visits"])) == (50, 10)
    assert second.body["next_page"] is None


async def test_no_task_token_is_shown(served: Served) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    arn = running(served.stub)
    served.stub.append(arn, *waiting())
    done = json.dumps({"was": TOKEN})
    served.stub.append(
        arn,
        event("TaskSucceeded", details={"output": done}),
        event("TaskStateExited", details={"name": "Approve", "output": done}),
    )
    answer = await served.get(path("visits", state="Approve"))
    assert answer.body["visits"][0]["output"] == {"was": "[redacted]"}
    assert TOKEN not in json.dumps(answer.body)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"state": "Nowhere"}, 404, "state_not_found"),
        ({"state": "Charge", "page": "x"}, 422, "invalid_request"),
        ({"state": "Charge", "after": "x"}, 422, "invalid_request"),
        ({"state": "Charge", "status": "DONE"}, 422, "invalid_request"),
        ({"state": ""}, 422, "invalid_request"),
        ({"State": "Charge"}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
    ],
)
@pytest.mark.parametrize("of", ["visits", "items"])
async def test_what_cant_be_is_refused_in_words(
    served: Served, of: str, query: dict[str, str], status: int, code: str
) -> None:
    served.stub.append(running(served.stub), *ran("Charge"))
    answer = await served.get(path(of, **query))
    assert (answer.status, answer.body["code"]) == (status, code)
    assert answer.body["retryable"] is False


async def test_what_isnt_there_is_404_and_express_409(served: Served) -> None:
    for execution, status in (("order:nobody", 404), ("price:a:b", 409)):
        for of in ("visits", "items"):
            answer = await served.get(f"/v1/executions/{execution}/{of}?state=A")
            assert answer.status == status


async def test_an_inline_map_s_items_are_shown(served: Served) -> None:
    served.stub.append(
        running(served.stub),
        event("MapStateEntered", details={"name": "Each", "input": "[]"}),
        event("MapStateStarted", details={"length": 2}),
        event("MapIterationStarted", details={"name": "Each", "index": 0}),
    )
    answer = await served.get(path("items", state="Each"))
    assert answer.status == 200
    assert [(i["index"], i["status"]) for i in answer.body["items"]] == [(0, "RUNNING")]
    assert answer.body["counts"]["total"] == 2


def distributed(served: Served) -> None:
    served.stub.add_machine("order", definition=DISTRIBUTED)
    served.stub.append(
        running(served.stub),
        event("MapStateEntered", details={"name": "Each", "input": "[]"}),
        event("MapStateStarted", details={"length": 2}),
        event("MapRunStarted", details={"mapRunArn": MAP_RUN}),
        event("MapRunSucceeded", previousEventId=4),
    )
    counts = {"total": 2, "succeeded": 1, "failed": 1, "running": 0, "pending": 0}
    served.stub.add_map_run(MAP_RUN, status="SUCCEEDED", counts=counts)
    times: dict[str, Any] = {"startDate": 1_770_000_000, "stopDate": 1_770_000_001}
    served.stub.add_child(MAP_RUN, "b", status="FAILED", **times)
    served.stub.add_child(MAP_RUN, "a", status="SUCCEEDED", **times)


@pytest.mark.parametrize(
    ("of", "listed", "position"),
    [
        ("visits", "visits Each", {"before": None}),
        ("visits", "visits Each", {"epoch": None, "before": 7}),
        ("items", "items ANY Each", {"run": None, "token": None}),
    ],
)
async def test_a_page_that_leads_nowhere_is_refused(
    served: Served, of: str, listed: str, position: dict[str, int | None]
) -> None:
    distributed(served)
    first = await served.get(path(of, state="Each"))
    epoch = int(first.body["cursor"].partition(":")[0])
    page = page_token(listed, {"epoch": epoch, **position})
    answer = await served.get(path(of, state="Each", page=page))
    assert (answer.status, answer.body["errors"][0]["path"]) == (422, "page")


async def test_a_distributed_map_s_items_are_its_child_executions(served: Served) -> None:
    distributed(served)
    answer = await served.get(path("items", state="Each", status="FAILED"))
    (item,) = answer.body["items"]
    assert (item["execution"], item["status"]) == ("order/each:b", "FAILED")
    counted = {"total": 2, "running": 0, "succeeded": 1, "failed": 1, "aborted": 0}
    assert answer.body["counts"] == counted
    (state,) = (await served.get(ONE)).body["states"]
    assert state["items"] == counted


async def test_an_endpoint_without_map_runs_is_said_to_be_one(served: Served) -> None:
    distributed(served)
    # How long it takes is looked for in a list, too.
    served.stub.fail_next("ListExecutions", code="UnknownOperationException", times=2)
    answer = await served.get(path("items", state="Each"))
    assert (answer.status, answer.body["code"]) == (501, "unsupported_by_endpoint")
    assert "Map Run" in answer.body["detail"]


async def test_tasks_show_their_parameters_redacted_in_tasks_and_snapshot(served: Served) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    parameters = json.dumps({"MessageBody": {"token": TOKEN, "order": 7}})
    served.stub.append(running(served.stub), *waiting(parameters=parameters))
    for where in (ONE, f"{ONE}/tasks"):
        (task,) = (await served.get(where)).body["tasks"]
        assert task["parameters"] == {"MessageBody": {"token": "[redacted]", "order": 7}}
        assert task["parameters_omitted"] is False


async def test_many_tasks_parameters_are_left_to_the_list_of_tasks(served: Served) -> None:
    arn, large = running(served.stub), json.dumps({"pad": "x" * 8_000})
    both = event("ParallelStateEntered", details={"name": "All", "input": "{}"})
    served.stub.append(arn, both, event("ParallelStateStarted"))
    for number in range(6):
        entered, *rest = waiting(f"T{number}", parameters=large)
        served.stub.append(arn, {**entered, "previousEventId": 3}, *rest)
    shown = (await served.get(ONE)).body["tasks"]
    listed = (await served.get(f"{ONE}/tasks")).body["tasks"]
    assert [task["parameters_omitted"] for task in shown] == [False] * 4 + [True] * 2
    assert not any(task["parameters_omitted"] for task in listed)


async def test_the_timeline_has_all_states_visits_without_payloads(served: Served) -> None:
    served.stub.append(running(served.stub), *ran("Charge"), *ran("Ship"))
    answer = await served.get(f"{ONE}/timeline")
    assert [visit["state"] for visit in answer.body["visits"]] == ["Charge", "Ship"]
    assert not {"input", "output"} & answer.body["visits"][0].keys()
    cursor = answer.body["cursor"]
    assert (await served.get(f"{ONE}/timeline?since={cursor}")).body["visits"] == []
    assert (await served.get(f"{ONE}/timeline?since=what")).status == 422
    assert (await served.get("/v1/executions/order:none/timeline")).status == 404


async def test_an_execution_is_shown_as_spans_of_the_trace_it_was_started_in(
    served: Served,
) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    arn = running(served.stub)
    served.stub.append(arn, *waiting("Approve"))
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    served.stub.execution(arn).trace_header = header
    running(served.stub, "two")
    given, own = (
        await served.get(f"{ONE}/trace"),
        await served.get("/v1/executions/order:two/trace"),
    )
    assert (given.status, own.status) == (200, 200)
    (in_its_start,), (alone,) = (
        group["scopeSpans"] for answer in (given, own) for group in answer.body["resourceSpans"]
    )
    assert [span["name"] for span in in_its_start["spans"]] == [
        "execution order",
        "Approve",
        "sqs:sendMessage.waitForTaskToken",
        "wait for callback",
    ]
    root = in_its_start["spans"][0]
    assert root["traceId"] == "5759e988bd862e3fe1be46a994272793"
    assert root["parentSpanId"] == "53995c3f42cd8ad8"
    assert "parentSpanId" not in alone["spans"][0]
    assert TOKEN not in given.text
