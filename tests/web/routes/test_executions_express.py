"""Express executions over every route, where they are pushed."""

import asyncio

from handrail.core.models import Account, ExecutionId
from handrail.core.pushes import PushedEvent
from tests.core.histories import History
from tests.stubs.account import ACCOUNT_ID, REGION
from tests.web.served import Served, eventually

PRICE = "/v1/state-machines/price"
HERE = Account("aws", REGION, ACCOUNT_ID)


def whole() -> History:
    history = History(input='{"sku": 7}')
    history.main.visit("Pass", "Look")
    history.main.then("ExecutionSucceeded", output='"done"')
    return history


async def push(served: Served, id: str, history: History, *ids: int) -> None:
    """These events, or all."""
    await served.services.catalogue.account()
    served.services.hub.push_state(True, 0.0)
    for event in history.events:
        if not ids or event.id in ids:
            push = PushedEvent(ExecutionId.parse(id), HERE, event, truncated=False, redrive_count=0)
            served.services.hub.pushed(push)


async def test_one_is_shown_with_the_links_that_work(served: Served) -> None:
    await push(served, "price:one:run", whole())
    shown = await served.get("/v1/executions/price:one:run")
    assert (shown.status, shown.body["status"], shown.body["output"]) == (200, "SUCCEEDED", "done")
    base = "/v1/executions/price:one:run"
    assert shown.body["links"] == {
        "self": base,
        **{part: f"{base}/{part}" for part in ("events", "stream", "ws")},
    }


async def test_its_events_visits_and_timeline_are_told(served: Served) -> None:
    await push(served, "price:one:run", whole())
    base = "/v1/executions/price:one:run"
    events = await served.get(f"{base}/events")
    assert [event["id"] for event in events.body["events"]] == [1, 2, 3, 4]
    visits = await served.get(f"{base}/visits?state=Look")
    assert [visit["status"] for visit in visits.body["visits"]] == ["SUCCEEDED"]
    timeline = await served.get(f"{base}/timeline")
    assert [visit["state"] for visit in timeline.body["visits"]] == ["Look"]


async def test_it_is_followed_on_a_socket(served: Served) -> None:
    history = whole()
    await push(served, "price:one:run", history, 1)
    async with served.ready("/v1/executions/price:one:run/ws") as socket:
        await socket.hear("subscribed")
        await push(served, "price:one:run", history)
        complete = await socket.hear("complete")
    assert complete["output"] == "done"


async def test_a_start_has_links_and_waits_once_one_of_its_machine_was_pushed(
    served: Served,
) -> None:
    await push(served, "price:before:run", whole())
    asked = asyncio.create_task(served.post(f"{PRICE}/executions?wait=5", {"input": {"sku": 7}}))
    await eventually(lambda: served.stub.account.runs)
    (run,) = served.stub.account.runs.values()
    id = run.arn.split(":express:")[1]
    history = History(input='{"sku": 7}', begin=run.started_at)
    history.main.then("ExecutionSucceeded", output='"done"')
    await push(served, id, history)
    answer = await asked
    assert answer.status == 202
    assert answer.headers["location"] == f"/v1/executions/{id}"
    assert (answer.body["status"], answer.body["output"]) == ("SUCCEEDED", "done")
    assert answer.body["cursor"]


async def test_what_wasnt_pushed_is_missing_and_says_why(served: Served) -> None:
    await push(served, "price:before:run", whole())
    missing = await served.get("/v1/executions/price:other:run")
    assert missing.status == 404
    assert "logs of its state machine must be pushed" in missing.body["detail"]


async def test_it_is_neither_stopped_nor_redriven(served: Served) -> None:
    await push(served, "price:one:run", whole())
    for verb in ("stop", "redrive"):
        answer = await served.post(f"/v1/executions/price:one:run/{verb}", {})
        assert (answer.status, answer.body["code"]) == (409, "unsupported_by_type")
