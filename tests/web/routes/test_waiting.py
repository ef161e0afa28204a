"""GET /v1/tasks: what waits for somebody, over all executions."""

import json

import pytest

from tests.web.conftest import Serving
from tests.web.keys import bearer, configured
from tests.web.served import Served
from tests.web.stories import TOKEN, WITH_APPROVAL, ended, running, waiting


def waits(served: Served, name: str, *, machine: str = "order") -> str:
    arn = running(served.stub, name, machine=machine)
    served.stub.append(arn, *waiting())
    served.stub.add_task_token(TOKEN, arn, 3)
    return arn


async def test_a_task_is_told_with_its_execution_and_how_much_was_looked_into(
    served: Served,
) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    waits(served, "one")
    ended(served.stub, "two")
    answer = await served.get("/v1/tasks")
    (task,) = answer.body["tasks"]
    assert (task["execution"], task["event_id"], task["state"]) == ("order:one", 3, "Approve")
    assert task["parameters"]["MessageBody"] == {"token": "[redacted]"}
    assert task["links"]["success"] == "/v1/executions/order:one/tasks/3/success"
    assert TOKEN not in answer.text
    (searched,) = answer.body["state_machines"]
    assert (searched["state_machine"], searched["running"], searched["read"]) == ("order", 1, 1)
    assert (answer.body["complete"], answer.body["total"], answer.body["unlisted"]) == (True, 1, [])
    await served.post("/v1/executions/order:one/tasks/3/success", {"output": 1})
    assert (await served.get("/v1/tasks")).body["tasks"] == []


async def test_nothing_is_read_where_nobody_waits_for_it(served: Served) -> None:
    waits(served, "one")
    body = (await served.get("/v1/tasks?wait=0")).body
    assert (body["tasks"], body["complete"]) == ([], False)
    assert body["state_machines"][0]["running"] is None
    assert served.stub.calls["GetExecutionHistory"] == 0


async def test_each_is_told_of_what_it_may_read(serve: Serving) -> None:
    async with serve(**configured(), link_keys=f"k:{'x' * 32}") as served:
        served.stub.add_machine("other-1")
        waits(served, "one")
        waits(served, "two")
        waits(served, "one", machine="other-1")
        everything = (await served.get("/v1/tasks", headers=bearer("read"))).body
        assert everything["total"] == 3
        here = (await served.get("/v1/tasks", headers=bearer("here"))).body
        assert {task["state_machine"] for task in here["tasks"]} == {"order"}
        assert [each["state_machine"] for each in here["state_machines"]] == ["order"]
        assert here["complete"] is True
        unseen = await served.get("/v1/tasks?state_machine=other-1", headers=bearer("here"))
        assert unseen.status == 404
        body = {"executions": ["order:two"], "scopes": ["read"], "expires_in": 60}
        made = await served.post("/v1/tokens", body, headers=bearer("all"))
        token = {"Authorization": f"Bearer {made.body['token']}"}
        one = (await served.get("/v1/tasks", headers=token)).body
        assert [task["execution"] for task in one["tasks"]] == ["order:two"]
        assert (one["complete"], one["state_machines"]) == (False, [])


@pytest.mark.parametrize("query", ["limit=0", "wait=26", "status=RUNNING", "wait=no"])
async def test_what_it_doesn_t_take_is_refused(served: Served, query: str) -> None:
    answer = await served.get(f"/v1/tasks?{query}")
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert answer.body["errors"][0]["path"] == query.partition("=")[0]


async def test_parameters_have_room_for_all_together(served: Served) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    arn = running(served.stub)
    served.stub.append(arn, *waiting(parameters=json.dumps({"text": "x" * 9000, "token": TOKEN})))
    (task,) = (await served.get("/v1/tasks")).body["tasks"]
    assert (task["parameters"], task["parameters_omitted"]) == (None, True)
