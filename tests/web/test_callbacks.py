"""Signed links over HTTP: JSON for machines, pages for people, nothing of the link elsewhere."""

import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from service.core.links import Keyring, Link
from service.core.models import ExecutionId
from service.core.settling import Outcome
from service.telemetry import configure_logs
from service.usecases.links import LinkService
from service.web.app import create_app

from .approvals import BROWSER, KEY, TASK, approval, asking, link_to, page
from .conftest import Serving
from .served import Answer, Served
from .stories import TOKEN

YES = {"output": {"approved": True}}
NO = {"error": "Refused", "cause": "Too dear."}


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with asking(serve) as served:
        yield served


async def submit(served: Served, path: str, **fields: str) -> Answer:
    """As a browser sends the page's form."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return await served.call(
        "POST", path, data=urlencode(fields).encode(), headers={**BROWSER, **form}
    )


def settled(served: Served) -> list[str]:
    """How often AWS was asked to settle something, and how."""
    return [r.operation for r in served.stub.requests if r.operation.startswith("SendTask")]


def sent(served: Served) -> dict[str, Any]:
    (request,) = [r.body for r in served.stub.requests if r.operation.startswith("SendTask")]
    return {key: value for key, value in request.items() if key != "taskToken"}


# Making them


async def test_a_link_is_absolute_and_says_what_it_allows(served: Served) -> None:
    made = await served.post(f"{TASK}/links", {})
    assert made.status == 201
    assert set(made.body) == {"url", "expires_at", "actions"}
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
    async with asking(serve, auth_none_is_fine=True) as served:
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
        ({}, "", "SendTaskSuccess"),
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


async def test_curl_without_a_content_type_of_its_own_sends_json(served: Served) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    data = json.dumps(YES).encode()
    answer = await served.call("POST", await link_to(served), data=data, headers=headers)
    assert (answer.status, sent(served)) == (200, {"output": '{"approved":true}'})


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


# Following them, for people


async def test_a_browser_gets_a_page_that_works_without_scripts(served: Served) -> None:
    path = await link_to(served)
    answer = await served.get(path, headers=BROWSER)
    text = page(answer)
    assert "<script" not in text
    assert "Is &lt;b&gt;this&lt;/b&gt; order worth it?" in text
    assert 'value="success">Approve' in text
    assert 'value="failure" formnovalidate>Reject' in text
    for resource in re.findall(r'(?:href|src)="([^"]+)"', text):
        at = (Path(path).parent / resource).as_posix().replace("/v1/callbacks/../..", "")
        assert (await served.get(at)).status == 200, resource


async def test_only_what_the_link_offers_is_on_the_page(served: Served) -> None:
    path = await link_to(served, actions=["failure"])
    text = page(await served.get(path, headers=BROWSER))
    assert 'value="failure"' in text
    assert 'value="success"' not in text


async def test_approving_by_the_form_settles_the_task(served: Served) -> None:
    path = await link_to(served)
    fields = {"action": "success", "output": '{"approved": true}', "error": "", "cause": ""}
    assert "The task is approved" in page(await submit(served, path, **fields))
    assert sent(served) == {"output": '{"approved":true}'}
    again = page(await submit(served, path, **fields))
    assert "with this same answer" in again


async def test_rejecting_by_the_form_fails_the_task(served: Served) -> None:
    path = await link_to(served)
    fields = {"action": "failure", "output": "not looked at", "cause": "Too\r\ndear."}
    assert "The task is rejected" in page(await submit(served, path, error="Refused", **fields))
    assert sent(served) == {"error": "Refused", "cause": "Too\ndear."}


async def test_output_that_isnt_json_comes_back_with_all_that_was_typed(served: Served) -> None:
    path = await link_to(served)
    answer = await submit(
        served, path, action="success", output='\n{"a": <1>', error="E", cause='"quoted" & more'
    )
    text = page(answer)
    assert answer.status == 422
    assert 'aria-invalid="true"' in text
    assert "isn&#39;t JSON" in text
    areas = [
        unescape(area) for area in re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", text, re.S)
    ]
    assert areas == ['\n{"a": <1>', '"quoted" & more']
    assert 'value="E"' in text
    assert settled(served) == []


@pytest.mark.parametrize(
    "data", [b"", b"output=1", b"action=maybe", b"action=success&output=%ff", b"a&" * 300]
)
async def test_a_form_that_cant_be_read_settles_nothing(served: Served, data: bytes) -> None:
    headers = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await served.call("POST", await link_to(served), data=data, headers=headers)
    assert answer.status == 422
    assert settled(served) == []


@pytest.mark.parametrize("form", [True, False])
async def test_a_form_from_a_script_gets_json(served: Served, form: bool) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    data = b"action=success&output=%7B%7D" if form else b"action=success&output=%7B"
    answer = await served.call("POST", await link_to(served), data=data, headers=headers)
    assert answer.media_type.endswith("json")
    assert answer.status == (200 if form else 422)


async def test_what_is_no_longer_asked_has_a_page_that_says_so(served: Served) -> None:
    path = await link_to(served)
    await served.post(path, YES)
    shown = await served.get(path, headers=BROWSER)
    assert (shown.status, "The task is approved" in page(shown)) == (200, True)
    assert "<form" not in page(shown)
    other = await submit(served, path, action="failure", error="E")
    assert (other.status, "Already answered otherwise" in page(other)) == (409, True)
    broken = await served.get(path[:-3], headers=BROWSER)
    assert (broken.status, "This link isn&#39;t valid" in page(broken)) == (404, True)


async def test_a_task_that_was_stopped_has_a_page_that_says_so(served: Served) -> None:
    path = await link_to(served)
    await served.post("/v1/executions/order:one/stop", {})
    text = page(await served.get(path, headers=BROWSER))
    assert "stopped with what it belongs to" in text
    assert (await served.get(path)).body["status"] == "stopped"


async def test_more_than_may_be_sent_has_a_page_that_says_so(serve: Serving) -> None:
    async with asking(serve, max_body_bytes=2048) as served:
        path = await link_to(served)
        answer = await submit(served, path, action="success", output="x" * 4096)
        assert (answer.status, "more than this service takes" in page(answer)) == (413, True)


# A declared output


MACHINE = {
    "name": "order",
    "output_schemas": {
        "Approve": {
            "type": "object",
            "properties": {
                "approved": {"type": "boolean", "title": "Approve it?"},
                "limit": {"type": "number", "exclusiveMinimum": 0, "description": "In euros."},
                "note": {"type": "string", "maxLength": 500},
            },
            "required": ["approved"],
            "additionalProperties": False,
        }
    },
}


@pytest.fixture
async def declared(serve: Serving, tmp_path: Path) -> AsyncIterator[Served]:
    folder = tmp_path / "machines" / "order"
    folder.mkdir(parents=True)
    (folder / "machine.json").write_text(json.dumps(MACHINE))
    (folder / "definition.asl.json").write_text(
        '{"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": true}}}'
    )
    async with asking(serve, state_machines_dir=str(folder.parent)) as served:
        yield served


async def test_a_flat_declared_output_has_a_field_for_each_member(declared: Served) -> None:
    path = await link_to(declared)
    text = page(await declared.get(path, headers=BROWSER))
    assert re.findall(r'name="(output[^"]*)"', text) == [
        "output.approved",
        "output.limit",
        "output.note",
    ]
    assert "In euros." in text
    fields = {"output.approved": "true", "output.limit": "100", "output.note": ""}
    await submit(declared, path, action="success", **fields)
    assert sent(declared) == {"output": '{"approved":true,"limit":100}'}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"output.limit": "a lot"}, "must be a number"),
        ({"output.limit": "-5"}, "breaks exclusiveMinimum: 0"),
        ({"output.approved": ""}, "is needed"),
    ],
)
async def test_a_field_that_breaks_the_schema_says_why_and_keeps_the_rest(
    declared: Served, fields: dict[str, str], message: str
) -> None:
    typed = {"output.approved": "false", "output.note": "As <agreed>", **fields}
    answer = await submit(declared, await link_to(declared), action="success", **typed)
    text = page(answer)
    (name,) = fields
    about = re.search(rf'<p id="{name}-about">(.*?)</p>', text, re.S)
    assert answer.status == 422
    assert about is not None
    assert message in about[1]
    assert "As &lt;agreed&gt;" in text
    assert settled(declared) == []


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
            assert "script-src" not in policy


async def test_neither_logs_nor_metrics_hold_a_link(served: Served) -> None:
    written = io.StringIO()
    configure_logs("debug", "json", stream=written)
    path = await link_to(served)
    signed = path.rpartition("/")[2]
    served.stub.fail_next("DescribeExecution", code="AccessDeniedException")
    await served.get(path)
    await served.post(path, YES)
    await served.post(path, NO)
    await served.get(f"{path}/")
    await served.get(path[:-1])
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert {"link made", "task settled"} <= {line["event"] for line in lines}
    assert signed.partition(".")[0] not in written.getvalue()
    metrics = (await served.get("/metrics")).body.decode()
    assert 'route="/v1/callbacks/<signed>"' in metrics
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
    assert "/v1/callbacks/<signed>" in written.getvalue()
    assert secret not in written.getvalue()


# Links offered with the task


async def test_pending_tasks_offer_no_link_unless_told_to(served: Served) -> None:
    (task,) = (await served.get("/v1/executions/order:one/tasks")).body["tasks"]
    assert set(task["links"]) == {"success", "failure", "heartbeat"}


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
