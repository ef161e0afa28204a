"""Signed links over HTTP: JSON for machines, pages for people, nothing of the link elsewhere."""

import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import pytest

from handrail.core.access.signed_links import Keyring, Link
from handrail.core.history.outcomes import Outcome
from handrail.core.models import ExecutionId
from handrail.telemetry.logs import configure_logs
from handrail.usecases.signed_links import LinkService
from handrail.web.app import create_app
from tests.web.approvals import BROWSER, KEY, TASK, approval, asking, link_to, page, sent, settled
from tests.web.conftest import Serving
from tests.web.served import Served
from tests.web.stories import TOKEN

YES = {"output": {"approved": True}}
NO = {"error": "Refused", "cause": "Too dear."}


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with asking(serve) as served:
        yield served


# Making them


async def test_a_link_is_absolute_and_says_what_it_allows(served: Served) -> None:
    made = await served.post(f"{TASK}/links", {})
    assert made.status == 201
    assert set(made.body) == {"url", "expires_at", "actions", "for"}
    assert made.body["url"].startswith(f"http://127.0.0.1:{served.port}/v1/callbacks/")
    assert made.body["actions"] == ["success", "failure"]
    left = datetime.fromisoformat(made.body["expires_at"]) - datetime.now().astimezone()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    assert made.headers["cache-control"] == "no-store"


async def test_the_public_url_stands_in_links(serve: Serving) -> None:
    async with asking(serve, public_url="https://h.example/rail/") as served:
        made = await served.post(f"{TASK}/links", {"actions": ["failure"], "expires_in": 60})
        assert made.body["url"].startswith("https://h.example/rail/v1/callbacks/")
        assert made.body["actions"] == ["failure"]


@pytest.mark.parametrize("host", ["localhost:1234", "127.1.2.3", "[::1]:8080", "app.localhost"])
async def test_on_loopback_a_link_leads_to_the_name_that_was_called(
    served: Served, host: str
) -> None:
    made = await served.post(f"{TASK}/links", {}, headers={"Host": host})
    assert made.body["url"].startswith(f"http://{host}/v1/callbacks/")


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.1", "handrail"])
async def test_no_other_host_stands_in_links(serve: Serving, host: str) -> None:
    async with asking(serve, allow_unauthenticated=True) as served:
        made = await served.post(f"{TASK}/links", {}, headers={"Host": host})
        assert made.body["url"].startswith(f"http://127.0.0.1:{served.port}/v1/callbacks/")


async def test_without_keys_there_are_no_links(serve: Serving) -> None:
    async with serve() as served:
        approval(served.stub)
        made = await served.post(f"{TASK}/links", {})
        assert (made.status, made.body["code"]) == (409, "links_unavailable")
        followed = await served.get("/v1/callbacks/a.b")
        assert (followed.status, followed.body["code"]) == (404, "link_invalid")


@pytest.mark.parametrize(
    "body",
    [{"actions": []}, {"actions": ["heartbeat"]}, {"expires_in": 0}, {"expires_in": 1e9}, {"x": 1}],
)
async def test_what_no_link_can_be_is_refused(served: Served, body: dict[str, Any]) -> None:
    made = await served.post(f"{TASK}/links", body)
    assert (made.status, made.body["code"]) == (422, "invalid_request")


# Following them, for machines


async def test_looking_tells_what_is_asked(served: Served) -> None:
    shown = (await served.get(await link_to(served, actions=["success"]))).body
    assert shown["execution"] == "order:one"
    assert (shown["event_id"], shown["state"]) == (3, "Approve")
    assert (shown["status"], shown["outcome"], shown["execution_status"]) == (
        "pending",
        None,
        "RUNNING",
    )
    assert shown["actions"] == ["success"]
    assert shown["links"] == {"success": "?action=success"}
    assert TOKEN not in str(shown)


@pytest.mark.parametrize("headers", [{}, BROWSER])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_never_settles(served: Served, method: str, headers: dict[str, str]) -> None:
    path = await link_to(served)
    for query in ("", "?action=success", "?action=failure"):
        async with served.http.request(method, f"{path}{query}", headers=headers) as answer:
            assert answer.status == 200
    assert settled(served) == []


@pytest.mark.parametrize(
    ("body", "query", "operation"),
    [
        (YES, "", "SendTaskSuccess"),
        ({**YES, "action": "success"}, "", "SendTaskSuccess"),
        ({"output": None}, "", "SendTaskSuccess"),
        ({"output": {}, "error": None}, "", "SendTaskSuccess"),
        (YES, "?action=success", "SendTaskSuccess"),
        (NO, "", "SendTaskFailure"),
        ({"cause": "Too dear."}, "", "SendTaskFailure"),
        ({"action": "failure"}, "", "SendTaskFailure"),
        ({}, "?action=failure", "SendTaskFailure"),
        ({**YES, "action": "success"}, "?action=failure", "SendTaskSuccess"),
    ],
)
async def test_the_body_decides_the_outcome(
    served: Served, body: dict[str, Any], query: str, operation: str
) -> None:
    answer = await served.post(await link_to(served) + query, body)
    assert answer.status == 200
    assert settled(served) == [operation]
    assert answer.body["replayed"] is False


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ({**YES, **NO}, ""),
        ({**NO, "action": "success"}, ""),
        ({**YES, "action": "failure"}, ""),
        ({"output": 1}, "?action=failure"),
        ({"action": "maybe"}, ""),
        ({}, "?action=maybe"),
        ({"outptu": 1}, ""),
    ],
)
async def test_a_body_that_contradicts_itself_settles_nothing(
    served: Served, body: dict[str, Any], query: str
) -> None:
    answer = await served.post(await link_to(served) + query, body)
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert settled(served) == []


NOTHING = [b"", b"\r\n", b"{}", b"null", b'{"action": "success"}', b'{"error": null}']


@pytest.mark.parametrize("data", NOTHING)
@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded"])
async def test_only_a_deliberate_answer_settles(
    served: Served, data: bytes, media_type: str
) -> None:
    headers = {"Content-Type": media_type}
    answer = await served.call("POST", await link_to(served), data=data, headers=headers)
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert settled(served) == []


@pytest.mark.parametrize("data", [b"", b"{}"])
async def test_a_query_alone_says_no_output(served: Served, data: bytes) -> None:
    answer = await served.call("POST", f"{await link_to(served)}?action=success", data=data)
    assert [(e["path"], e["message"]) for e in answer.body["errors"]] == [("output", "is missing")]
    assert settled(served) == []


async def test_curl_without_a_content_type_of_its_own_sends_json(served: Served) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    data = b"\xef\xbb\xbf" + json.dumps(YES).encode()  # as some editors save it
    answer = await served.call("POST", await link_to(served), data=data, headers=headers)
    assert (answer.status, sent(served)) == (200, {"output": '{"approved": true}'})


async def test_the_same_again_is_a_replay_and_another_answer_a_conflict(served: Served) -> None:
    path = await link_to(served)
    first, again = await served.post(path, YES), await served.post(path, YES)
    assert [a.body["replayed"] for a in (first, again)] == [False, True]
    other = await served.post(path, NO)
    assert (other.status, other.body["code"]) == (409, "task_already_settled")
    assert other.body["outcome"] == "success"
    shown = await served.get(path)
    assert (shown.body["status"], shown.body["outcome"]) == ("settled", "success")
    assert shown.body["links"] == {}


async def test_a_link_does_only_what_it_offers(served: Served) -> None:
    answer = await served.post(await link_to(served, actions=["success"]), NO)
    assert (answer.status, answer.body["code"]) == (403, "link_forbids")
    assert settled(served) == []


async def test_a_tampered_link_is_invalid(served: Served) -> None:
    path = await link_to(served)
    for changed in (path[:-1], path + "A", path.replace("callbacks/", "callbacks/A"), path[:40]):
        for answer in (await served.get(changed), await served.post(changed, YES)):
            assert (answer.status, answer.body["code"]) == (404, "link_invalid")
    assert settled(served) == []


@pytest.mark.parametrize(
    "tail",
    [".", ">", ")", "%20", "/", ",", ";", "%22", "'", "%3E.", "/%3E", "&gt;", "_", "%E2%80%9D"],
)
async def test_what_a_mail_program_adds_behind_a_link_doesnt_break_it(
    served: Served, tail: str
) -> None:
    path = await link_to(served)
    looked = await served.get(f"{path}{tail}", headers=BROWSER)
    assert looked.status == 200
    for found in re.findall(r'(?:href|src)="([^"]+)"', page(looked)):
        assert (await served.get(urljoin(f"{path}{tail}", found))).status == 200
    answer = await served.post(f"{path}{tail}", YES)
    assert (answer.status, settled(served)) == (200, ["SendTaskSuccess"])


async def test_an_expired_link_says_so(served: Served) -> None:
    a_second_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
    link = Link(ExecutionId.parse("order:one"), 3, (Outcome.SUCCESS,), a_second_ago)
    path = f"/v1/callbacks/{Keyring.parse(KEY).sign(link)}"
    for answer in (await served.get(path), await served.post(path, YES)):
        assert (answer.status, answer.body["code"]) == (410, "link_expired")
    shown = await served.get(path, headers=BROWSER)
    assert (shown.status, "This link has expired" in page(shown)) == (410, True)
    assert settled(served) == []


async def test_links_of_a_retired_key_still_work_while_it_is_listed(serve: Serving) -> None:
    new = f"k2:{'fedcba9876543210' * 2}"
    async with asking(serve) as served:
        path = await link_to(served)
    async with serve(link_keys=f"{new},{KEY}") as rotated:
        assert (await rotated.get(path)).status == 200
    async with serve(link_keys=new) as after:
        assert (await after.get(path)).body["code"] == "link_invalid"


# The link is a secret


async def test_pages_and_answers_keep_the_link_to_themselves(served: Served) -> None:
    path = await link_to(served)
    for target in (path, path[:-1]):
        for headers in ({}, BROWSER):
            answer = await served.get(target, headers=headers)
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-robots-tag"] == "noindex, nofollow"
            assert target.rpartition("/")[2] not in str(answer.body)
            policy = answer.headers.get("content-security-policy", "")
            assert ("form-action 'self'" in policy) is bool(headers)
            assert ("script-src 'self';" in policy) is bool(headers)


async def test_neither_logs_nor_metrics_hold_a_link(served: Served) -> None:
    written = io.StringIO()
    configure_logs("debug", "json", stream=written)
    path = await link_to(served)
    signed = path.rpartition("/")[2]
    served.stub.fail_next("GetExecutionHistory", code="AccessDeniedException")
    await served.get(path)
    await served.post(path, YES)
    await served.post(path, NO)
    await served.get(f"{path}/")
    await served.get(path[:-1])
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert {"link made", "task settled"} <= {line["event"] for line in lines}
    assert signed.partition(".")[0] not in written.getvalue()
    metrics = (await served.get("/metrics")).body.decode()
    assert 'route="/v1/callbacks/<path:signed>"' in metrics
    assert signed.partition(".")[0] not in metrics


class BrokenLinks(LinkService):
    """Fails as only a mistake of ours would."""

    def __init__(self) -> None:
        """Nothing is needed to fail."""

    def read(self, signed: str) -> Link:
        raise RuntimeError(f"a mistake, near {len(signed)} characters")


@pytest.mark.parametrize("format", ["json", "console"])
async def test_not_even_a_failure_of_ours_logs_the_link(served: Served, format: str) -> None:
    app = create_app(replace(served.services, links=BrokenLinks()))
    written, secret = io.StringIO(), "c2VjcmV0" * 4
    configure_logs("debug", format, stream=written)
    answer = await app.test_client().get(f"/v1/callbacks/{secret}")
    assert answer.status_code == 500
    assert "a mistake" in written.getvalue()
    assert "/v1/callbacks/<path:signed>" in written.getvalue()
    assert secret not in written.getvalue()


# Links offered with the task


async def test_pending_tasks_offer_no_link_unless_told_to(served: Served) -> None:
    (task,) = (await served.get("/v1/executions/order:one/tasks")).body["tasks"]
    assert set(task["links"]) == {"success", "failure", "heartbeat", "links"}


async def test_offered_links_are_the_same_in_every_transport_and_work(serve: Serving) -> None:
    async with asking(serve, offer_links=True) as served:
        (listed,) = (await served.get("/v1/executions/order:one/tasks")).body["tasks"]
        (shown,) = (await served.get("/v1/executions/order:one")).body["tasks"]
        async with served.ready("/v1/executions/order:one/ws") as socket:
            (pushed,) = (await socket.hear("subscribed"))["snapshot"]["tasks"]
        offered = {task["links"]["callback"] for task in (listed, shown, pushed)}
        assert len(offered) == 1
        assert (await served.post(offered.pop(), YES)).status == 200


async def test_offered_links_are_absolute_where_the_public_url_is_known(serve: Serving) -> None:
    async with asking(serve, offer_links=True, public_url="https://h.example") as served:
        (task,) = (await served.get("/v1/executions/order:one/tasks")).body["tasks"]
        assert task["links"]["callback"].startswith("https://h.example/v1/callbacks/")
