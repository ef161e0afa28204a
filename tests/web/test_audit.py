"""The audit lines: one for each request that changes something, and for each refused access."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.typing import EventDict

from handrail.web.audit import ACTIONS
from tests.web.approvals import KEY, approval
from tests.web.conftest import Serving
from tests.web.keys import bearer, configured, key
from tests.web.log_lines import logged
from tests.web.served import Answer, Served, eventually
from tests.web.signed_webhooks import NEW, signed
from tests.web.stories import TOKEN, failed, started
from tests.web.test_access_matrix import OWN_CREDENTIAL, Route, routes_of

ARN = "arn:aws:states:us-east-1:123456789012:execution:order:"
ONE = "/v1/executions/order:one"
TASK = f"{ONE}/tasks/3"
SECRET = "an-output-that-nobody-else-may-read"
YES = {"output": {"said": SECRET}}
PROXIED = {"X-Forwarded-For": "198.51.100.1, 203.0.113.17"}


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    settings = {**configured(), "link_keys": KEY, "webhook_secrets": NEW, "proxies": 1}
    async with serve(**settings, public_url="https://handrail.example") as served:
        approval(served.stub)
        served.stub.add_machine("orchestration-dev")
        arn = served.stub.add_execution("order", "failed")
        served.stub.append(arn, started(), failed())
        await served.get("/v1/state-machines", headers=bearer("all"))
        yield served


def audits(lines: list[EventDict]) -> list[EventDict]:
    return [line for line in lines if line.get("audit")]


def posts(served: Served) -> list[Route]:
    return [route for route in routes_of(served) if route.method not in {"GET"}]


async def test_each_route_that_changes_something_has_its_action(served: Served) -> None:
    assert {route.rule for route in posts(served)} == ACTIONS.keys()
    assert {route.method for route in posts(served)} == {"POST", "DELETE"}


@pytest.mark.parametrize("who", ["all", "bad", "read"])
async def test_each_such_request_leaves_one_audit_line(served: Served, who: str) -> None:
    for route in posts(served):
        with logged() as lines:
            headers = {**bearer(who), **PROXIED, "X-Request-Id": "mine-1"}
            answer = await served.call(route.method, route.path(), json={}, headers=headers)
        (line,) = audits(lines)
        assert line["action"] == ACTIONS[route.rule].name, route
        assert (line["remote"], line["request_id"]) == ("203.0.113.17", "mine-1"), route
        refused = answer.status in {401, 403}
        assert (line["event"] == "access refused") is refused, route
        if answer.status >= 400:
            assert (line["outcome"], line["status"]) == (answer.body["code"], answer.status), route
        else:
            assert line["outcome"] == "done", route
        known = who != "bad" and not route.rule.startswith(OWN_CREDENTIAL)
        assert line.get("principal") == (who if known else None), route


async def test_each_refused_read_leaves_one(served: Served) -> None:
    for route in routes_of(served):
        if route.method != "GET":
            continue
        for who in ("bad", "start"):
            with logged() as lines:
                async with served.http.head(route.path(), headers=bearer(who)) as answer:
                    refused = answer.status in {401, 403}
            found = [(line["event"], line["status"], line["action"]) for line in audits(lines)]
            assert found == [("access refused", answer.status, "read")] * refused, route


async def settle(served: Served, path: str, body: Any, **headers: str) -> Answer:
    return await served.post(path, body, headers={**bearer("all"), **headers})


async def link_to(served: Served) -> str:
    made = await settle(served, f"{TASK}/links", {"for": "ada@example.com"})
    return "/v1/callbacks/" + str(made.body["url"]).rpartition("/")[2]


async def by_link(served: Served) -> Answer:
    return await served.post(await link_to(served), YES)


async def by_webhook(served: Served) -> Answer:
    body = json.dumps(YES).encode()
    path = "/v1/webhooks/order:one/3"
    return await served.call("POST", path, data=body, headers=signed(body))


STARTS = "/v1/state-machines/order/executions"
ABOUT_ONE = {"execution": "order:one", "execution_arn": f"{ARN}one"}
SETTLED = {**ABOUT_ONE, "event_id": 3, "task_outcome": "success"}
STORIES: dict[str, tuple[Any, dict[str, Any]]] = {
    "execution started": (
        lambda s: settle(s, STARTS, {"name": "new", "input": {"said": SECRET}}),
        {"execution": "order:new", "execution_arn": f"{ARN}new", "principal": "all"},
    ),
    "execution ran": (
        lambda s: settle(s, "/v1/state-machines/price/sync-executions", {"input": SECRET}),
        {"execution_status": "SUCCEEDED", "principal": "all"},
    ),
    "workflow triggered": (
        lambda s: settle(s, "/trigger-workflow", {"said": SECRET}),
        {"principal": "all"},
    ),
    "execution replayed": (
        lambda s: settle(s, "/v1/executions/order:failed/replay", {"name": "again"}),
        {"execution": "order:again", "replay_of": "order:failed"},
    ),
    "execution redriven": (
        lambda s: settle(s, "/v1/executions/order:failed/redrive", None),
        {"execution": "order:failed", "execution_arn": f"{ARN}failed"},
    ),
    "task heartbeat": (
        lambda s: settle(s, f"{TASK}/heartbeat", None),
        {**ABOUT_ONE, "event_id": 3},
    ),
    "link made": (
        lambda s: settle(s, f"{TASK}/links", {"for": "ada@example.com"}),
        {**ABOUT_ONE, "event_id": 3, "link_for": "ada@example.com"},
    ),
    "ticket made": (
        lambda s: settle(s, "/v1/ws-tickets", {"scopes": ["read"]}),
        {"scopes": ["read"], "machines": ["*"]},
    ),
    "token made": (
        lambda s: settle(
            s,
            "/v1/tokens",
            {"executions": ["order:one"], "scopes": ["read"], "expires_in": 60},
        ),
        {"scopes": ["read"], "executions": ["order:one"]},
    ),
    "task settled": (lambda s: settle(s, f"{TASK}/success", YES), SETTLED | {"principal": "all"}),
    "execution stopped": (
        lambda s: settle(s, f"{ONE}/stop", {"cause": SECRET}),
        {**ABOUT_ONE, "principal": "all"},
    ),
}
"""In an order that suits the one execution they are about."""

BY_OTHERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "link": (by_link, SETTLED | {"via": "link", "link_for": "ada@example.com"}),
    "webhook": (by_webhook, SETTLED | {"via": "webhook"}),
    "token": (
        lambda s: settle(s, "/v1/task-tokens/success", {"token": TOKEN, **YES}),
        {"via": "token", "task_outcome": "success", "principal": "all"},
    ),
}


async def test_what_is_done_is_told_with_what_it_is_about(served: Served) -> None:
    for event, (act, facts) in STORIES.items():
        with logged() as lines:
            answer = await act(served)
        assert answer.status < 300, answer.body
        (line,) = audits(lines)
        assert (line["event"], line["outcome"]) == (event, "done")
        assert {name: line.get(name) for name in facts} == facts
        for secret in (SECRET, TOKEN[:40], key("all"), "hrt_", str(answer.body.get("ticket"))):
            assert secret not in str(lines)


@pytest.mark.parametrize("via", BY_OTHERS)
async def test_a_settlement_tells_the_way_it_came(served: Served, via: str) -> None:
    act, facts = BY_OTHERS[via]
    with logged() as lines:
        assert (await act(served)).status == 200
    line = audits(lines)[-1]
    assert (line["event"], line["outcome"]) == ("task settled", "done")
    assert {name: line.get(name) for name in facts} == facts
    assert SECRET not in str(lines)
    assert TOKEN[:40] not in str(lines)


async def test_what_was_done_before_is_told_as_such(served: Served) -> None:
    with logged() as lines:
        for _ in range(2):
            await settle(served, STARTS, {"name": "new"})
            await settle(served, f"{TASK}/success", YES)
    assert [(line["event"], line["outcome"]) for line in audits(lines)] == [
        ("execution started", "done"),
        ("task settled", "done"),
        ("start repeated", "repeated"),
        ("task settled", "repeated"),
    ]


async def test_a_start_is_told_as_soon_as_it_is_done(served: Served) -> None:
    """Its answer may be held, and the process be killed meanwhile."""
    with logged() as lines:
        path = f"{STARTS}?wait=20"
        asked = asyncio.create_task(settle(served, path, {"name": "new"}))
        await eventually(lambda: audits(lines))
        assert not asked.done()
        assert [line["event"] for line in audits(lines)] == ["execution started"]
        served.stub.append(f"{ARN}new", started(), failed())
        await asked
    assert len(audits(lines)) == 1


async def test_what_aws_refuses_is_told_with_the_execution(served: Served) -> None:
    served.stub.fail_next("StopExecution", code="AccessDeniedException")
    with logged() as lines:
        answer = await settle(served, f"{ONE}/stop", {})
    (line,) = audits(lines)
    assert answer.status >= 500
    assert (line["event"], line["log_level"]) == ("stop failed", "warning")
    assert ABOUT_ONE.items() <= line.items()


async def test_a_stop_of_what_had_ended_is_told_as_such(served: Served) -> None:
    with logged() as lines:
        answer = await settle(served, "/v1/executions/order:failed/stop", None)
    (line,) = audits(lines)
    assert (answer.status, answer.body["status"]) == (200, "FAILED")
    assert (line["event"], line["outcome"]) == ("execution had ended", "repeated")


async def test_a_refusal_tells_what_was_wanted_as_far_as_it_is_known_to_be_there(
    served: Served,
) -> None:
    paths = {
        f"{ONE}/stop": ABOUT_ONE,
        STARTS: {"state_machine": "order"},
        "/v1/state-machines/made-up/executions": {},
        "/v1/executions/made-up:one/stop": {},
    }
    for path, facts in paths.items():
        with logged() as lines:
            assert (await served.post(path, {}, headers=bearer("read"))).status == 403
        (line,) = audits(lines)
        found = {name: line[name] for name in line if name.startswith(("execution", "state_"))}
        assert found == facts
        assert "made-up" not in str(lines)


async def test_a_credential_put_where_an_execution_belongs_is_in_no_line(served: Served) -> None:
    with logged() as lines:
        for who in ("read", "all", "elsewhere", "bad"):
            for path in (
                f"/v1/executions/{key('all')}:x/stop",
                f"/v1/executions/order:{key('all')}/stop",
                f"/v1/state-machines/{key('all')}",
            ):
                await served.post(path, {}, headers=bearer(who))
                await served.get(path, headers=bearer(who))
    assert len(audits(lines)) >= 4
    assert key("all") not in str(lines)
