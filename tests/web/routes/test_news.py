"""GET /v1/news, and what is done about news that waits or was given up."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from socket import socket
from typing import Any
from urllib.parse import quote

import pytest

from handrail.core.machine_patterns import EVERY_MACHINE
from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import DeadLetter, Delivery
from handrail.core.news.letter_keys import key_text
from handrail.core.news.subscriptions import NewsFilter, NewsSubscription
from handrail.core.news.targets import WebhookTarget
from handrail.settings import Settings
from handrail.usecases.news.in_memory_outbox import InMemoryOutbox
from handrail.usecases.news.news_service import NewsService
from handrail.web.services import Services
from tests.fakes import BEGIN, FakeClock
from tests.outboxes import SUBSCRIPTION, news_of, up_to
from tests.web.conftest import Serving
from tests.web.keys import bearer, configured
from tests.web.log_lines import logged
from tests.web.served import Served, by_hypercorn

ORDER = ExecutionId("order", "one")
CHILD = ExecutionId("order", "child", label="Each")
OTHER = ExecutionId("other-1", "one")
SECRET_PATH = "/T0K3N/of-the-receiver"
TARGET = WebhookTarget(f"https://hooks.example.com{SECRET_PATH}", "whsec_c2VjcmV0")
SUBSCRIBED = NewsSubscription(SUBSCRIPTION, EVERY_MACHINE, NewsFilter(("failed",)), TARGET)


@dataclass(slots=True)
class Telling:
    """A service that tells news, and what waits there."""

    served: Served
    outbox: InMemoryOutbox

    async def get(self, query: str = "", who: str = "all") -> Any:
        answer = await self.served.get(f"/v1/news{query}", headers=bearer(who))
        assert answer.status == 200, answer.text
        assert SECRET_PATH not in answer.text
        return answer.body

    async def call(self, method: str, delivery: Delivery, who: str | None = "all") -> Any:
        path = f"/v1/news/{quote(key_text(delivery.key), safe=':')}"
        path += "/retry" if method == "POST" else ""
        return await self.served.call(method, path, headers=bearer(who))


@pytest.fixture
async def telling(serve: Serving) -> AsyncIterator[Telling]:
    outbox = InMemoryOutbox(FakeClock())

    async def server(
        services: Services, settings: Settings, listener: socket, ending: asyncio.Event
    ) -> None:
        news = NewsService(outbox, {SUBSCRIPTION: SUBSCRIBED}, sends=True)
        await by_hypercorn(replace(services, news=news), settings, listener, ending)

    async with serve(**configured(), link_keys=f"k:{'x' * 32}", server=server) as served:
        served.stub.add_machine("other-1")
        yield Telling(served, outbox)


async def put(telling: Telling, *deliveries: Delivery) -> None:
    for each in deliveries:
        await telling.outbox.put(up_to(each.event_id, each.execution), [each])


async def bury(telling: Telling, delivery: Delivery, minutes: int = 0) -> None:
    await put(telling, delivery)
    tried = replace(delivery, attempts=12, problem="answered 410")
    await telling.outbox.bury(DeadLetter(tried, BEGIN + timedelta(minutes=minutes)))


async def test_what_waits_and_what_was_given_up_is_shown_without_what_is_sent(
    telling: Telling,
) -> None:
    await put(telling, news_of(5, CHILD, body='{"data":"x"}'), news_of(6, CHILD))
    await bury(telling, news_of(3, ORDER))
    body = await telling.get()
    assert body["counts"] == {"waiting": 2, "dead": 1}
    assert body["sends"] is True
    assert body["waiting"] == [
        {
            "key": key_text(news_of(5, CHILD).key),
            "subscription": SUBSCRIPTION,
            "target": "https://hooks.example.com",
            "execution": "order/Each:child",
            "state_machine": "order",
            "event_id": 5,
            "kinds": ["failed"],
            "attempts": 0,
            "problem": None,
            "at": "2026-01-01T00:00:05.000Z",
            "due_at": "2026-01-01T00:00:00.000Z",
        }
    ]
    (dead,) = body["dead"]
    assert (dead["execution"], dead["attempts"], dead["problem"]) == (
        "order:one",
        12,
        "answered 410",
    )
    assert dead["given_up_at"] == "2026-01-01T00:00:00.000Z"
    assert body["next_page"] is None


async def test_a_subscription_that_is_gone_has_no_target(telling: Telling) -> None:
    await put(telling, news_of(5, ORDER, subscription="ffffffffffff"))
    (waiting,) = (await telling.get())["waiting"]
    assert waiting["target"] is None


async def test_what_was_given_up_comes_page_by_page(telling: Telling) -> None:
    for number in range(1, 6):
        await bury(telling, news_of(number, ORDER), minutes=number)
    first = await telling.get("?limit=2")
    second = await telling.get(f"?limit=3&page={first['next_page']}")
    seen = [one["event_id"] for body in (first, second) for one in body["dead"]]
    assert seen == [5, 4, 3, 2, 1]
    assert second["next_page"] is None


@pytest.mark.parametrize("query", ["limit=0", "page=no-token", "status=RUNNING"])
async def test_what_it_doesn_t_take_is_refused(telling: Telling, query: str) -> None:
    answer = await telling.served.get(f"/v1/news?{query}", headers=bearer("all"))
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")


async def test_each_sees_news_of_what_it_may_read(telling: Telling) -> None:
    await put(telling, news_of(5, ORDER), news_of(5, OTHER))
    for number in range(3):
        await bury(telling, news_of(number + 1, OTHER), minutes=number)
    await bury(telling, news_of(1, ORDER))
    here = await telling.get("?limit=1", who="here")
    assert here["counts"] == {"waiting": 1, "dead": 1}
    assert {one["execution"] for one in (*here["waiting"], *here["dead"])} == {"order:one"}
    everything = await telling.get(who="read")
    assert everything["counts"] == {"waiting": 2, "dead": 4}
    refused = await telling.served.get("/v1/news", headers=bearer("start"))
    assert refused.status == 403
    one = {"executions": ["order:one"], "scopes": ["read"], "expires_in": 60}
    made = await telling.served.post("/v1/tokens", one, headers=bearer("all"))
    token = {"Authorization": f"Bearer {made.body['token']}"}
    of_one = (await telling.served.get("/v1/news", headers=token)).body
    assert [each["execution"] for each in of_one["waiting"]] == ["order:one"]
    assert of_one["counts"] == {"waiting": 0, "dead": 0}  # those are of state machines


async def test_what_was_given_up_is_sent_again(telling: Telling) -> None:
    await bury(telling, news_of(5, CHILD))
    with logged() as lines:
        answer = await telling.call("POST", news_of(5, CHILD), who="operate")
    assert (answer.status, answer.body["attempts"], answer.body["problem"]) == (202, 0, None)
    assert [each.event_id for each in await telling.outbox.due(BEGIN, 10)] == [5]
    (line,) = [line for line in lines if line.get("audit")]
    assert (line["action"], line["execution"]) == ("retry news", "order/Each:child")
    assert (await telling.call("POST", news_of(5, CHILD))).status == 202  # it waits: at once


async def test_it_is_dropped_and_gone_then(telling: Telling) -> None:
    await put(telling, news_of(5, CHILD))
    with logged() as lines:
        answer = await telling.call("DELETE", news_of(5, CHILD))
    assert (answer.status, answer.body["key"]) == (200, key_text(news_of(5, CHILD).key))
    (line,) = [line for line in lines if line.get("audit")]
    assert (line["event"], line["outcome"]) == ("news dropped", "done")
    for method in ("DELETE", "POST"):
        again = await telling.call(method, news_of(5, CHILD))
        assert (again.status, again.body["code"]) == (404, "news_not_found")


async def test_only_who_may_operate_the_execution_changes_its_news(telling: Telling) -> None:
    await bury(telling, news_of(5, OTHER))
    for who, status in (("read", 403), ("here", 404), (None, 401)):
        for method in ("POST", "DELETE"):
            assert (await telling.call(method, news_of(5, OTHER), who=who)).status == status
    assert (await telling.call("DELETE", news_of(5, OTHER), who="elsewhere")).status == 200


@pytest.mark.parametrize("key", ["no-key", "a:b:order:one:5", f"{SUBSCRIPTION}:1:order:one:x"])
async def test_what_is_no_key_names_nothing(telling: Telling, key: str) -> None:
    for method, path in (("DELETE", key), ("POST", f"{key}/retry")):
        answer = await telling.served.call(method, f"/v1/news/{path}", headers=bearer("all"))
        assert (answer.status, answer.body["code"]) == (404, "news_not_found")


async def test_where_nobody_is_told_of_anything_it_says_so(served: Served) -> None:
    for method, path in (
        ("GET", "/v1/news"),
        ("POST", f"/v1/news/{key_text(news_of(5).key)}/retry"),
        ("DELETE", f"/v1/news/{key_text(news_of(5).key)}"),
    ):
        answer = await served.call(method, path)
        assert (answer.status, answer.body["code"]) == (501, "news_unavailable")
        assert "HANDRAIL_NOTIFY" in answer.body["detail"]
