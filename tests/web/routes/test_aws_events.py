"""POST /v1/events/aws: EventBridge's status changes have what they are about read, once."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.events import sample
from tests.web.conftest import Serving
from tests.web.keys import bearer, configured
from tests.web.log_lines import logged
from tests.web.served import Served
from tests.web.stories import entered, running

PATH = "/v1/events/aws"
NEW, OLD = "new-secret-of-events", "old-secret-of-events"
ARN = "arn:aws:states:us-east-1:123456789012:execution:order:one"
SLOW: dict[str, Any] = {"live_poll_min_s": 60, "live_poll_max_s": 600}
"""Longer than any test: what is read then was asked for."""


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with serve(events_secret=f"{NEW},{OLD}", **SLOW) as served:
        yield served


def change(arn: str = ARN, **members: Any) -> dict[str, Any]:
    event: dict[str, Any] = sample("status_change_succeeded")
    event["detail"]["executionArn"] = arn
    return event | members


def key(secret: str = NEW) -> dict[str, str]:
    return {"X-Handrail-Events-Key": secret}


async def test_a_change_is_seen_because_of_it_and_not_as_it_says(served: Served) -> None:
    running(served.stub)
    async with served.ready() as socket:
        await socket.say("subscribe", id="s1", execution="order:one", level="states")
        assert (await socket.hear())["type"] == "subscribed"
        served.stub.append(ARN, entered("Charge"))
        answer = await served.post(PATH, change(), headers=key())
        assert (answer.status, answer.body) == (202, {"outcome": "nudged"})
        heard = await socket.hear_until(lambda message: bool(message.get("states")))
        assert [state["state"] for state in heard[-1]["states"]] == ["Charge"]
        assert {message["type"] for message in heard} == {"update"}
        assert all(message["execution"].get("status") in {None, "RUNNING"} for message in heard)


async def test_it_comes_again_and_nothing_more_is_read(served: Served) -> None:
    answers = [await served.post(PATH, change(), headers=key()) for _ in range(2)]
    assert [answer.body["outcome"] for answer in answers] == ["nudged", "repeated"]


async def test_each_of_two_secrets_opens_and_nothing_else_does(served: Served) -> None:
    for headers in (key(NEW), key(OLD), {"Authorization": f"Bearer {OLD}"}):
        assert (await served.post(PATH, change(), headers=headers)).status == 202
    for headers in ({}, key("x" * 20), key(""), {"Authorization": "Bearer x"}):
        answer = await served.post(PATH, change(), headers=headers)
        assert (answer.status, answer.body["code"]) == (401, "unauthenticated")


async def test_it_stands_for_nobody_and_nobody_for_it(serve: Serving) -> None:
    async with serve(**configured(), events_secret=NEW) as served:
        bearing = {"Authorization": f"Bearer {NEW}", "X-Api-Key": NEW, **key()}
        assert (await served.get("/v1/executions", headers=bearing)).status == 401
        assert (await served.post(PATH, change(), headers=bearer("all"))).status == 401
        assert (await served.post(PATH, change(), headers=key())).status == 202


async def test_what_is_about_nothing_here_is_taken_and_ignored(served: Served) -> None:
    events = (
        change(ARN.replace("us-east-1", "eu-west-1")),
        change(ARN.replace("123456789012", "210987654321")),
        change(source="aws.s3"),
        change(**{"detail-type": "Object Created"}),
    )
    for event in events:
        answer = await served.post(PATH, event, headers=key())
        assert (answer.status, answer.body) == (202, {"outcome": "ignored"}), event
    metrics = (await served.get("/metrics")).text
    assert 'handrail_status_changes_total{outcome="ignored"} 4.0' in metrics


async def test_what_is_no_event_is_refused(served: Served) -> None:
    for text in ("", "[]", "{}", "null", '{"id": "a", "source": "aws.states"}'):
        answer = await served.call("POST", PATH, data=text, headers=key())
        assert (answer.status, answer.body["code"]) == (422, "invalid_request"), text
    for event in (change(detail={}), change(arn="nonsense"), change(id="")):
        answer = await served.post(PATH, event, headers=key())
        assert answer.status == 422, event
    answer = await served.call("POST", PATH, data="{", headers=key())
    assert (answer.status, answer.body["code"]) == (400, "bad_json")


async def test_a_cause_that_aws_cut_in_half_a_character_is_no_reason_to_refuse(
    served: Served,
) -> None:
    event = json.dumps(change()).replace('"detail": {', '"detail": {"cause": "\\ud83d", ')
    answer = await served.call("POST", PATH, data=event, headers=key())
    assert (answer.status, answer.body) == (202, {"outcome": "nudged"})


async def test_without_the_setting_nothing_is_taken(serve: Serving) -> None:
    async with serve() as served:
        answer = await served.post(PATH, change(), headers=key(""))
        assert (answer.status, answer.body["code"]) == (501, "status_changes_unavailable")
        assert "HANDRAIL_EVENTS_SECRET" in answer.body["detail"]


async def test_no_line_has_the_secret_or_what_the_event_carried(served: Served) -> None:
    event = change()
    event["detail"]["output"] = "what-nobody-may-read"
    with logged() as lines:
        await served.post(PATH, event, headers=key())
        await served.post(PATH, event, headers=key("another-secret-of-it"))
        async with asyncio.timeout(20):
            await served.get("/healthz")
    text = json.dumps(lines, default=str)
    assert "status change taken" in text
    for secret in (NEW, "another-secret-of-it", "what-nobody-may-read"):
        assert secret not in text
