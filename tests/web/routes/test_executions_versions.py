"""Executions are started, shown, watched and listed by a version or an alias of their machine."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.conftest import Serving
from tests.web.keys import bearer, configured
from tests.web.served import Served
from tests.web.stories import WITH_APPROVAL, waiting

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:order"
REFERENCES = ["order:live", "order%3Alive", f"{ARN}:live", quote(f"{ARN}:live", safe="")]


@pytest.fixture
def versioned(served: Served) -> Served:
    """`order` has version 3, which waits for a callback, and the alias `live` of it."""
    order = served.stub.account.machines[ARN]
    order.versions["3"] = json.dumps(WITH_APPROVAL)
    order.aliases["live"] = "3"
    return served


def versions_in(document: dict[str, Any]) -> tuple[str | None, str | None]:
    return document["version"], document["alias"]


@pytest.mark.parametrize("reference", REFERENCES)
async def test_an_execution_started_by_an_alias_says_so_everywhere(
    versioned: Served, reference: str
) -> None:
    started = await versioned.post(f"/v1/state-machines/{reference}/executions", {"input": 1})
    assert (started.status, versions_in(started.body)) == (202, (None, "live"))
    path = started.headers["location"]
    assert path.startswith("/v1/executions/order:")
    assert versions_in((await versioned.get(path)).body) == ("3", "live")
    async with versioned.ready(f"{path}/ws") as socket:
        subscribed = await socket.hear("subscribed")
        assert versions_in(subscribed["snapshot"]) == ("3", "live")
    async with versioned.http.get(f"{path}/stream") as stream:
        while not (line := (await stream.content.readline()).decode()).startswith("data: "):
            pass
        ready = json.loads(line.removeprefix("data: "))
        snapshot = ready.get("snapshot")
        while snapshot is None:
            line = (await stream.content.readline()).decode()
            if line.startswith("data: "):
                snapshot = json.loads(line.removeprefix("data: ")).get("snapshot")
        assert versions_in(snapshot) == ("3", "live")
    stopped = await versioned.post(f"{path}/stop")
    assert versions_in(stopped.body) == ("3", "live")
    redriven = await versioned.post(f"{path}/redrive")
    assert (redriven.status, versions_in(redriven.body)) == (202, ("3", "live"))
    assert versioned.stub.calls["DescribeExecution"] == 0


async def test_by_a_version_there_is_no_alias(versioned: Served) -> None:
    started = await versioned.post("/v1/state-machines/order:3/executions")
    assert versions_in(started.body) == ("3", None)
    shown = await versioned.get(started.headers["location"])
    assert versions_in(shown.body) == ("3", None)


async def test_a_replay_by_another_alias_says_which_it_was(versioned: Served) -> None:
    body = {"input": 1, "name": "mine"}
    await versioned.post("/v1/state-machines/order:live/executions", body)
    again = await versioned.post("/v1/state-machines/order:3/executions", body)
    assert (again.status, again.body["replayed"]) == (200, True)
    assert versions_in(again.body) == ("3", "live")


@pytest.mark.parametrize(
    ("reference", "names"),
    [
        ("order", {"a", "b", "c"}),
        ("order:3", {"a", "b"}),
        *[(r, {"a"}) for r in REFERENCES],
    ],
)
async def test_a_list_has_those_that_were_started_so(
    versioned: Served, reference: str, names: set[str]
) -> None:
    for by, name in (("order:live", "a"), ("order:3", "b"), ("order", "c")):
        await versioned.post(f"/v1/state-machines/{by}/executions", {"name": name})
    answer = await versioned.get(f"/v1/executions?state_machine={reference}")
    listed = {item["name"]: versions_in(item) for item in answer.body["executions"]}
    assert set(listed) == names
    assert listed["a"] == ("3", "live")


@pytest.mark.parametrize("reference", ["order:7", "order:test", f"{ARN}:7"])
async def test_a_version_or_an_alias_that_isnt_there_is_named(
    versioned: Served, reference: str
) -> None:
    answers = [
        await versioned.get(f"/v1/state-machines/{reference}"),
        await versioned.post(f"/v1/state-machines/{reference}/executions"),
        await versioned.get(f"/v1/executions?state_machine={reference}"),
    ]
    for answer in answers:
        assert (answer.status, answer.body["code"]) == (404, "state_machine_not_found")
        missing = reference.rpartition(":")[2]
        assert answer.body["detail"].endswith(f"order has no version or alias {missing}.")


@pytest.mark.parametrize("reference", ["order:", "order:a:b", "order:%20", "order:%C3%A9"])
async def test_what_can_be_no_version_and_no_alias_isnt_asked_for(
    versioned: Served, reference: str
) -> None:
    answer = await versioned.post(f"/v1/state-machines/{reference}/executions")
    assert (answer.status, answer.body["code"]) == (404, "state_machine_not_found")
    assert versioned.stub.calls["StartExecution"] == 0


async def test_tasks_are_found_by_the_definition_of_the_version_that_runs(
    versioned: Served,
) -> None:
    """The newest definition has no task: only the version tells where the token is."""
    started = await versioned.post("/v1/state-machines/order:live/executions", {"name": "one"})
    [arn] = versioned.stub.account.runs
    token = "a-token-that-looks-like-none"
    versioned.stub.append(arn, *waiting(token=token))
    shown = await versioned.get(started.headers["location"])
    assert [task["state"] for task in shown.body["tasks"]] == ["Approve"]
    events = await versioned.get(f"{started.headers['location']}/events")
    assert token not in json.dumps(events.body)


async def test_an_express_machine_runs_by_its_alias(versioned: Served) -> None:
    price = versioned.stub.account.machines[ARN.replace("order", "price")]
    price.versions["1"], price.aliases["live"] = price.definition, "1"
    ran = await versioned.post("/v1/state-machines/price:live/sync-executions", {"input": 7})
    assert (ran.status, ran.body["output"]) == (200, 7)


@pytest.mark.parametrize("reference", REFERENCES)
async def test_who_may_use_a_machine_may_use_its_aliases_and_nobody_else(
    serve: Serving, stub: StepFunctionsStub, reference: str
) -> None:
    arn = stub.add_machine("order")
    stub.account.machines[arn].versions["3"] = stub.account.machines[arn].definition
    stub.account.machines[arn].aliases["live"] = "3"
    async with serve(**configured()) as served:

        async def asked(kind: str) -> list[tuple[int, str | None]]:
            answers = [
                await served.get(f"/v1/state-machines/{reference}", headers=bearer(kind)),
                await served.post(
                    f"/v1/state-machines/{reference}/executions", headers=bearer(kind)
                ),
                await served.get(f"/v1/executions?state_machine={reference}", headers=bearer(kind)),
            ]
            return [(answer.status, answer.body.get("code")) for answer in answers]

        assert await asked("here") == [(200, None), (202, None), (200, None)]
        assert await asked("elsewhere") == [(404, "state_machine_not_found")] * 3
