"""GET …/events: history after a cursor, at once or when there is some."""

import asyncio
from typing import Any

import pytest

from handrail.core.models import Cursor, ExecutionId, from_ms
from handrail.core.pushes import PushedEvent
from tests.core.histories import History
from tests.web.conftest import Serving
from tests.web.served import Answer, Served, eventually
from tests.web.stories import ended, entered, exited, failed, ran, running, succeeded

EVENTS = "/v1/executions/order:one/events"


def ids(answer: Answer) -> list[int]:
    return [event["id"] for event in answer.body["events"]]


def only_events(body: dict[str, Any]) -> dict[str, Any]:
    """Without how far it is."""
    return {name: value for name, value in body.items() if name != "progress"}


async def polling(served: Served, **query: Any) -> "asyncio.Task[Answer]":
    """A long-poll that has been taken in: it reads, and finds nothing new."""
    before = served.stub.calls["GetExecutionHistory"]
    asked = asyncio.create_task(served.get(EVENTS, params=query))
    await eventually(lambda: served.stub.calls["GetExecutionHistory"] > before + 1)
    assert not asked.done()
    return asked


async def test_all_events_are_there_at_once(served: Served) -> None:
    ended(served.stub)
    answer = await served.get(EVENTS)
    assert (answer.status, ids(answer)) == (200, [1, 2, 3, 4, 5, 6, 7])
    assert answer.body["complete"] is True
    assert answer.body["cursor"].endswith(":7")
    first = answer.body["events"][1]
    assert first["type"] == "TaskStateEntered"
    assert first["state_entered_event_details"] == {"name": "Charge", "input": "{}"}


async def test_a_limit_pages_by_cursor(served: Served) -> None:
    ended(served.stub)
    seen, query = [], {"limit": "3"}
    for complete in (False, False, True):
        answer = await served.get(EVENTS, params=query)
        seen += ids(answer)
        assert answer.body["complete"] is complete
        query["after"] = answer.body["cursor"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


async def test_events_no_longer_in_memory_are_read_again(serve: Serving) -> None:
    async with serve(live_log_bytes=0) as served:
        ended(served.stub)
        answer = await served.get(EVENTS, params={"limit": 4})
        rest = await served.get(EVENTS, params={"after": answer.body["cursor"]})
        assert (ids(answer), ids(rest)) == ([1, 2, 3, 4], [5, 6, 7])


async def test_a_poll_waits_for_the_next_event(served: Served) -> None:
    arn = running(served.stub)
    cursor = (await served.get(EVENTS)).body["cursor"]
    asked = await polling(served, after=cursor, wait=20)
    served.stub.append(arn, entered("Charge"))
    answer = await asked
    assert (ids(answer), answer.body["complete"]) == ([2], False)


async def test_a_poll_that_waits_in_vain_answers_its_own_cursor(served: Served) -> None:
    running(served.stub)
    cursor = (await served.get(EVENTS)).body["cursor"]
    answer = await served.get(EVENTS, params={"after": cursor, "wait": "0.05"})
    assert only_events(answer.body) == {"events": [], "cursor": cursor, "complete": False}


async def test_a_poll_after_the_end_doesn_t_wait(served: Served) -> None:
    ended(served.stub)
    cursor = (await served.get(EVENTS)).body["cursor"]
    async with asyncio.timeout(5):
        answer = await served.get(EVENTS, params={"after": cursor, "wait": 25})
    assert answer.body["progress"]["fraction"] == 1.0
    assert only_events(answer.body) == {"events": [], "cursor": cursor, "complete": True}


async def test_a_cursor_ahead_of_what_aws_shows_waits_too(served: Served) -> None:
    """Another replica has read further; nothing must be handed out twice, nor asked in a rush."""
    arn = running(served.stub)
    epoch = (await served.get(EVENTS)).body["cursor"].partition(":")[0]
    asked = await polling(served, after=f"{epoch}:2", wait=20)
    served.stub.append(arn, entered("Charge"), exited("Charge"))
    assert ids(await asked) == [3]


async def test_a_redrive_continues_the_same_events(served: Served) -> None:
    arn = running(served.stub)
    served.stub.append(arn, failed())
    first = await served.get(EVENTS)
    assert first.body["complete"] is True
    await served.post("/v1/executions/order:one/redrive")
    served.stub.append(arn, *ran("Charge"), succeeded())
    rest = await served.get(EVENTS, params={"after": first.body["cursor"]})
    assert (ids(rest), rest.body["complete"]) == ([3, 4, 5, 6, 7, 8, 9], True)


async def test_a_cursor_of_an_earlier_execution_of_the_name_is_gone(served: Served) -> None:
    running(served.stub)
    answer = await served.get(EVENTS, params={"after": "1:1"})
    assert (answer.status, answer.body["code"]) == (410, "cursor_unknown")


@pytest.mark.parametrize("cursor", ["x", "1", ":", "1:x", "-1:2", "1:2:3", "1:-2", "٣:1", "9" * 40])
async def test_a_malformed_cursor_is_told(served: Served, cursor: str) -> None:
    running(served.stub)
    answer = await served.get(EVENTS, params={"after": cursor})
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("name", "value"),
    [("wait", "26"), ("wait", "-1"), ("wait", "nan"), ("limit", "0"), ("limit", "1001")],
)
async def test_a_query_out_of_bounds_is_told(served: Served, name: str, value: str) -> None:
    answer = await served.get(EVENTS, params={name: value})
    assert (answer.status, answer.body["errors"][0]["path"]) == (422, name)


async def test_a_client_that_leaves_its_poll_leaves_nothing_behind(served: Served) -> None:
    running(served.stub)
    cursor = (await served.get(EVENTS)).body["cursor"]
    asked = await polling(served, after=cursor, wait=25)
    asked.cancel()
    await eventually(lambda: served.services.hub.watchers == 0)


async def test_a_poll_is_answered_when_the_service_drains(served: Served) -> None:
    running(served.stub)
    cursor = (await served.get(EVENTS)).body["cursor"]
    asked = await polling(served, after=cursor, wait=25)
    await served.stop()
    answer = await asked
    assert only_events(answer.body) == {"events": [], "cursor": cursor, "complete": False}


async def test_polls_of_what_is_pushed_cost_no_reads(
    serve: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handrail.usecases.live.watcher.FRESH_S", 0.0)
    async with serve(live_linger_s=60) as served:
        arn, here = running(served.stub), await served.services.catalogue.account()
        cursor = (await served.get(EVENTS)).body["cursor"]
        history = History(begin=from_ms(Cursor.parse(cursor).epoch))
        history.main.visit("Pass", "Look")
        served.services.hub.push_state(True, 0.0)
        for event in history.events:
            push = PushedEvent(ExecutionId.parse("order:one"), here, event, False, 0)
            served.services.hub.pushed(push)
        served.stub.append(arn, entered("Look"), exited("Look"))
        answer = await served.get(EVENTS, params={"after": cursor, "wait": 20})
        assert ids(answer) == [2, 3]
        await served.services.hub.wait_idle()
        before = served.stub.calls["GetExecutionHistory"]
        after = answer.body["cursor"]
        await served.get(EVENTS, params={"after": after, "wait": "0.05"})
        assert served.stub.calls["GetExecutionHistory"] == before
        await served.get("/v1/executions/order:one")
        assert served.stub.calls["GetExecutionHistory"] == before + 1
