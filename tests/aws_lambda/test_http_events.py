"""HTTP events of every sender, through Mangum and the whole service, to the stub and back."""

import gzip
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import structlog

from tests import events
from tests.stubs.stepfunctions import StepFunctionsStub, event
from tests.web.approvals import TASK, approval

from .conftest import Cold
from .instances import Instance

SECRET = "k1:" + "s" * 32
PUBLIC = "https://handrail.example"
START = {"order_id": "A-1001"}
Ask = Callable[..., events.Event]


def by_rest_api(method: str, path: str, body: str = "") -> events.Event:
    return events.http_v1(method, path, body=body or None)


def by_http_api(method: str, path: str, body: str = "") -> events.Event:
    return events.http_v2(method, path, body=body or None)


def by_http_api_in_base64(method: str, path: str, body: str = "") -> events.Event:
    return events.http_v2(method, path, body=body.encode() or None)


def by_load_balancer(method: str, path: str, body: str = "") -> events.Event:
    return events.alb(method, path, body=body)


def by_load_balancer_with_lists(method: str, path: str, body: str = "") -> events.Event:
    event = events.sample("alb_multi_value")
    event |= {"httpMethod": method, "path": path, "body": body}
    event["multiValueQueryStringParameters"] = {}
    return event


SENDERS = (
    by_rest_api,
    by_http_api,
    by_http_api_in_base64,
    by_load_balancer,
    by_load_balancer_with_lists,
)


@pytest.fixture(params=SENDERS, ids=lambda sender: sender.__name__)
def sent(request: pytest.FixtureRequest) -> Ask:
    sender: Ask = request.param
    return sender


@pytest.fixture
def running(stub: StepFunctionsStub) -> str:
    """A running execution's ARN, one state entered."""
    arn = stub.add_execution("order", "one")
    stub.append(
        arn,
        event("ExecutionStarted", details={"input": "{}"}),
        event("PassStateEntered", details={"name": "Done", "input": "{}"}),
    )
    return arn


@pytest.mark.parametrize("name", events.HTTP)
async def test_a_documented_event_is_answered(warm: Instance, name: str) -> None:
    answered = await warm.ask(events.sample(name))

    assert answered.status in {200, 202}
    assert answered.headers["content-type"] == "application/json"
    assert answered.body


async def test_a_start_is_a_start_whoever_sends_it(
    warm: Instance, stub: StepFunctionsStub, sent: Ask
) -> None:
    body = json.dumps({"name": "a-1", "input": START})

    first = await warm.ask(sent("POST", "/v1/state-machines/order/executions", body))
    again = await warm.ask(sent("POST", "/v1/state-machines/order/executions", body))

    assert (first.status, again.status) == (202, 200)
    assert first.headers["location"].endswith("/v1/executions/order:a-1")
    assert again.body["replayed"] is True
    assert stub.calls["StartExecution"] >= 1


async def test_numbers_are_passed_on_and_shown_as_written_whoever_sends_them(
    warm: Instance, stub: StepFunctionsStub, sent: Ask
) -> None:
    input = '{"n":[1.10,1E5,12345678901234567.89,-0.0,1e400,12345678901234567890123]}'
    body = f'{{"name":"exact","input":{input}}}'
    answered = await warm(sent("POST", "/v1/state-machines/order/executions", body))
    (run,) = (run for run in stub.account.runs.values() if run.name == "exact")
    assert run.input == input
    assert f'"input":{input},' in str(answered["body"])


async def test_a_snapshot_is_shown_whoever_asks(warm: Instance, running: str, sent: Ask) -> None:
    shown = await warm.ask(sent("GET", "/v1/executions/order:one"))

    assert shown.status == 200
    assert [state["state"] for state in shown.body["states"]] == ["Done"]


async def test_an_id_may_come_percent_encoded(warm: Instance, running: str) -> None:
    shown = await warm.ask(events.alb("GET", "/v1/executions/order%3Aone"))

    assert shown.body["execution"] == "order:one"


async def test_the_query_arrives_whoever_sends_it(warm: Instance, running: str) -> None:
    path, after = "/v1/executions/order:one/events", {"limit": "1"}
    queries = (
        events.http_v1("GET", path, query={"limit": ["1"]}),
        events.http_v2("GET", path, query="limit=1"),
        events.alb("GET", path, query=after),
    )
    for asked in queries:
        assert len((await warm.ask(asked)).body["events"]) == 1


async def test_a_list_names_several_machines_whoever_asks(
    warm: Instance, stub: StepFunctionsStub, running: str
) -> None:
    stub.add_machine("refund")
    stub.add_execution("refund", "one")
    path, named = "/v1/executions", ["order", "refund"]
    for asked in (
        events.http_v1("GET", path, query={"state_machine": named}),
        events.http_v2("GET", path, query="state_machine=order&state_machine=refund"),
    ):
        listed = (await warm.ask(asked)).body
        assert {each["execution"] for each in listed["executions"]} == {"order:one", "refund:one"}
        assert [each["state_machine"] for each in listed["state_machines"]] == named
    misspelt = await warm.ask(events.http_v2("GET", path, query="Status=FAILED"))
    assert (misspelt.status, misspelt.body["errors"][0]["path"]) == (422, "Status")


async def test_an_execution_is_replayed_whoever_asks(
    warm: Instance, stub: StepFunctionsStub, running: str, sent: Ask
) -> None:
    replayed = await warm.ask(sent("POST", "/v1/executions/order:one/replay", "{}"))
    assert (replayed.status, replayed.body["replay_of"]) == (202, "order:one")
    path = f"/v1/executions/{replayed.body['execution']}"
    assert replayed.headers["location"].endswith(path)
    assert (await warm.ask(sent("GET", path))).body["replay_of"] == "order:one"


async def test_a_state_s_visits_are_shown_whatever_its_name(
    warm: Instance, stub: StepFunctionsStub, running: str
) -> None:
    stub.append(running, event("PassStateEntered", details={"name": "é/? &=+", "input": "{}"}))
    path, query = "/v1/executions/order:one/visits", "state=%C3%A9%2F%3F+%26%3D%2B"
    shown = await warm.ask(events.http_v2("GET", path, query=query))

    assert shown.status == 200
    assert [visit["state"] for visit in shown.body["visits"]] == ["é/? &=+"]


async def test_a_long_poll_ends_before_the_invocation_does(warm: Instance, running: str) -> None:
    """It asks for 25 seconds and has about one: a cursor comes back, not a timeout."""
    seen = (await warm.ask(by_http_api("GET", "/v1/executions/order:one/events"))).body["cursor"]
    asked = events.http_v2("GET", "/v1/executions/order:one/events", query=f"after={seen}&wait=25")

    polled = await warm.ask(asked, left_ms=1_200)

    assert polled.status == 200
    assert polled.body.keys() == {"events", "cursor", "complete", "progress"}
    assert (polled.body["events"], polled.body["cursor"]) == ([], seen)
    assert polled.body["complete"] is False


async def test_a_long_poll_answers_what_happens_meanwhile(
    warm: Instance, stub: StepFunctionsStub, running: str
) -> None:
    seen = (await warm.ask(by_http_api("GET", "/v1/executions/order:one/events"))).body["cursor"]
    stub.append(running, event("ExecutionSucceeded", details={"output": "{}"}))
    asked = events.http_v2("GET", "/v1/executions/order:one/events", query=f"after={seen}&wait=25")

    polled = (await warm.ask(asked)).body

    assert polled["complete"]
    assert [found["type"] for found in polled["events"]] == ["ExecutionSucceeded"]


async def test_a_start_that_waits_answers_while_there_is_time(warm: Instance) -> None:
    asked = events.http_v2(
        "POST", "/v1/state-machines/order/executions", query="wait=25", body='{"name": "slow"}'
    )

    started = await warm.ask(asked, left_ms=1_300)

    assert started.status == 202
    assert started.body["status"] == "RUNNING"


async def test_what_takes_too_long_is_a_problem_before_lambda_ends_it(
    warm: Instance, stub: StepFunctionsStub
) -> None:
    stub.hang_next("StartExecution", times=3)

    late = await warm.ask(
        by_http_api("POST", "/v1/state-machines/order/executions", "{}"), left_ms=900
    )

    assert (late.status, late.body["code"]) == (504, "timeout")
    assert late.body["retryable"] is True
    stub.release()


async def test_a_synchronous_start_is_held_to_the_invocations_time(
    warm: Instance, stub: StepFunctionsStub
) -> None:
    stub.hang_next("StartSyncExecution")

    late = await warm.ask(
        by_http_api("POST", "/v1/state-machines/price/sync-executions", "{}"), left_ms=900
    )

    assert (late.status, late.body["code"]) == (504, "timeout")
    stub.release()


async def test_no_time_at_all_is_said_so(warm: Instance) -> None:
    late = await warm.ask(by_http_api("GET", "/v1/state-machines"), left_ms=100)

    assert late.status == 504


async def test_a_stream_is_refused_with_where_to_go_instead(cold: Cold, running: str) -> None:
    async with cold(socket_url="wss://live.example.com/prod") as one:
        refused = await one.ask(by_http_api("GET", "/v1/executions/order:one/stream"))

    assert (refused.status, refused.body["code"]) == (501, "streaming_unavailable")
    assert refused.body["events"] == "/v1/executions/order:one/events"
    assert refused.body["ws"] == "wss://live.example.com/prod?execution=order:one"


async def test_a_stream_names_no_socket_where_there_is_none(warm: Instance, running: str) -> None:
    refused = await warm.ask(by_http_api("GET", "/v1/executions/order:one/stream"))

    assert refused.status == 501
    assert "ws" not in refused.body


@pytest.mark.parametrize("path", ["/v1/ws", "/v1/executions/order:one/ws"])
async def test_a_socket_over_plain_http_is_sent_to_the_websocket_api(cold: Cold, path: str) -> None:
    async with cold(socket_url="wss://live.example.com/prod") as one:
        refused = await one.ask(by_http_api("GET", path))

    assert (refused.status, refused.body["code"]) == (501, "streaming_unavailable")
    assert refused.body["ws"] == "wss://live.example.com/prod"


async def test_the_page_and_its_files_are_served(warm: Instance, sent: Ask) -> None:
    page = await warm.ask(sent("GET", "/"))
    image = await warm.ask(sent("GET", "/static/favicon.svg"))
    script = await warm.ask(sent("GET", "/static/page/main.js"))

    assert page.headers["content-type"].startswith("text/html")
    assert image.data.startswith(b"<svg")
    assert b"import" in script.data
    assert not any(found.raw["isBase64Encoded"] for found in (page, image, script))


async def test_files_are_compressed_where_the_sender_takes_bytes(warm: Instance, sent: Ask) -> None:
    """A REST API hands out base64 as it is, so it is sent text."""
    event = sent("GET", "/static/page/main.js")
    for lists, value in (("headers", "gzip"), ("multiValueHeaders", ["gzip"])):
        if lists in event:
            event[lists] = {**event[lists], "accept-encoding": value}
    script = await warm.ask(event)

    rest_api = "elb" not in event["requestContext"] and event.get("version") != "2.0"
    assert script.raw["isBase64Encoded"] is not rest_api
    assert ("content-encoding" in script.headers) is not rest_api
    text = script.data if rest_api else gzip.decompress(script.data)
    assert b"import" in text


async def test_what_is_not_text_goes_out_in_base64(
    warm: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app serves none itself; its own metrics stand in, under another type."""
    monkeypatch.setattr(
        "handrail.telemetry.metrics.Metrics.content_type", "application/octet-stream"
    )

    served = await warm.ask(by_http_api("GET", "/metrics"))

    assert served.raw["isBase64Encoded"] is True
    assert served.data.startswith(b"# HELP")


async def test_problems_are_readable_text(warm: Instance, sent: Ask) -> None:
    missing = await warm.ask(sent("GET", "/v1/executions/order:nobody"))

    assert (missing.status, missing.body["code"]) == (404, "execution_not_found")
    assert missing.headers["content-type"] == "application/problem+json"
    assert missing.raw["isBase64Encoded"] is False


async def test_an_unknown_path_is_a_problem(warm: Instance, sent: Ask) -> None:
    assert (await warm.ask(sent("GET", "/nowhere"))).body["code"] == "not_found"


async def test_head_is_get_without_the_body(warm: Instance, sent: Ask) -> None:
    looked = await warm.ask(sent("HEAD", "/v1/state-machines"))

    assert (looked.status, looked.data) == (200, b"")


async def test_another_sites_page_may_ask_first(cold: Cold) -> None:
    asked = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"}
    async with cold(allowed_origins="https://shop.example.com") as one:
        preflight = await one.ask(events.http_v2("OPTIONS", "/v1/state-machines", headers=asked))
        shared = await one.ask(events.http_v1("GET", "/v1/state-machines", headers=asked))

    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "https://shop.example.com"
    assert shared.headers["access-control-allow-origin"] == "https://shop.example.com"


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"input": "\xff"}', b"{"])
async def test_a_body_that_is_no_json_is_a_problem(warm: Instance, body: bytes) -> None:
    refused = await warm.ask(
        events.http_v2("POST", "/v1/state-machines/order/executions", body=body)
    )

    assert (refused.status, refused.body["code"]) == (400, "bad_json")


def with_host(host: str) -> events.Event:
    return events.http_v2("GET", "/healthz", headers={"Host": host})


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("[2600:1f18::5]", 200),
        ("[2600:1f18::5]:443", 200),
        ("", 200),
        ("host:port", 400),
        ("[::1]:80:1", 400),
        ("(host)", 400),
    ],
)
async def test_any_host_is_answered(warm: Instance, host: str, status: int) -> None:
    listed = events.alb("GET", "/healthz")
    listed["headers"] |= {"host": host}
    lists = by_load_balancer_with_lists("GET", "/healthz")
    lists["multiValueHeaders"] |= {"host": [host]}
    for asked in (with_host(host), events.http_v1("GET", "/healthz", headers={"Host": host})):
        assert (await warm.ask(asked)).status == status
    for asked in (listed, lists):
        assert (await warm.ask(asked)).status == status


@pytest.mark.parametrize("port", ["8443,443", "https", "", "443 "])
async def test_any_forwarded_port_is_answered(warm: Instance, port: str) -> None:
    twice = by_load_balancer_with_lists("GET", "/healthz")
    twice["multiValueHeaders"] |= {"X-Forwarded-Port": ["443", port]}
    once = events.http_v2("GET", "/healthz", headers={"X-Forwarded-Port": port})

    assert [(await warm.ask(asked)).status for asked in (twice, once)] == [200, 200]


async def test_a_signed_link_leads_to_the_public_url_whatever_host_was_asked(
    cold: Cold, asking: str
) -> None:
    body = '{"actions": ["success"]}'
    async with cold(link_keys=SECRET, public_url=PUBLIC) as one:
        for host in ("[2600:1f18::5]:8443", "evil.example"):
            event = events.http_v2("POST", f"{asking}/links", headers={"Host": host}, body=body)
            made = await one.ask(event)
            assert made.body["url"].startswith(f"{PUBLIC}/v1/callbacks/")


async def test_link_keys_without_a_public_url_are_no_set_up(cold: Cold) -> None:
    async with cold(link_keys=SECRET) as one:
        answered = await one.ask(events.http_v2("GET", "/healthz"))
    assert (answered.status, answered.body["code"]) == (503, "not_set_up")


def with_body(body: Any) -> events.Event:
    event = events.http_v2("POST", "/v1/state-machines/order/executions", body=b"{}")
    return {**event, "body": body}


@pytest.mark.parametrize(
    "broken",
    [
        with_body("not base64!"),
        with_body("ä"),
        events.http_v2("GET", "/healthz", headers={"X-Odd": "\ud800"}),
    ],
    ids=("base64", "not ascii", "half a character"),
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_an_event_that_is_no_request_is_a_problem(warm: Instance, broken: Any) -> None:
    refused = await warm.ask(broken)

    assert (refused.status, refused.body["code"]) == (400, "bad_request")
    assert refused.headers["content-type"] == "application/problem+json"


async def test_nulls_where_aws_sends_them_are_nothing(warm: Instance) -> None:
    """API Gateway's own "test" button sends these."""
    event = events.http_v1("GET", "/healthz")
    event |= {"headers": None, "multiValueHeaders": None, "body": None}
    event |= {"queryStringParameters": None, "multiValueQueryStringParameters": None}

    assert (await warm.ask(event)).status == 200


async def test_the_request_id_is_the_senders_own(warm: Instance) -> None:
    event = events.http_v2("GET", "/healthz")

    answered = await warm.ask(event)

    assert answered.headers["x-request-id"] == event["requestContext"]["requestId"]


async def test_the_callers_request_id_comes_first(warm: Instance) -> None:
    asked = events.http_v2("GET", "/healthz", headers={"X-Request-Id": "mine-1"})

    assert (await warm.ask(asked)).headers["x-request-id"] == "mine-1"


async def test_a_load_balancer_has_no_id_so_the_invocations_is_used(warm: Instance) -> None:
    answered = await warm.ask(events.alb("GET", "/healthz"))

    assert answered.headers["x-request-id"].startswith("0b4bf0e0")


async def test_log_lines_name_the_request_and_the_invocation(warm: Instance) -> None:
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        await warm.ask(by_http_api("POST", "/v1/state-machines/order/executions", "{}"))

    (line,) = [line for line in lines if line["event"] == "execution started"]
    assert line["function_request_id"].startswith("0b4bf0e0")
    assert line["request_id"] == "JKJaXmPLvHcESHA="


async def test_a_failed_call_of_awss_names_the_invocation_too(
    warm: Instance, stub: StepFunctionsStub
) -> None:
    stub.fail_next("ListStateMachines", code="AccessDeniedException")
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        await warm.ask(by_http_api("GET", "/v1/state-machines"))

    failed = [line for line in lines if line["event"] in {"aws call failed", "aws refused"}]
    assert len(failed) == 2
    assert {line["function_request_id"][:8] for line in failed} == {"0b4bf0e0"}
    assert not any("aws_request_id" in line for line in failed)  # AWS said none


async def test_lists_of_headers_are_answered_with_lists(warm: Instance) -> None:
    answered = await warm.ask(by_load_balancer_with_lists("GET", "/healthz"))

    assert answered.raw["multiValueHeaders"]["content-type"] == ["application/json"]
    assert "headers" not in answered.raw


STAGES: Mapping[str, tuple[events.Event, str | None, str]] = {
    "rest api": (events.http_v1("GET", "/v1/state-machines"), None, "/prod"),
    "default stage": (events.http_v2("GET", "/v1/state-machines"), None, ""),
    "base path": (
        events.http_v2("GET", "/handrail/v1/state-machines"),
        "https://api.example.com/handrail/",
        "/handrail",
    ),
    "load balancer": (events.alb("GET", "/v1/state-machines"), None, ""),
}


def staged(path: str, stage: str) -> events.Event:
    event = events.http_v2("POST", path, body="{}")
    event["requestContext"]["stage"] = stage
    return event


@pytest.mark.parametrize("name", STAGES)
async def test_a_prefix_of_the_gateways_is_no_part_of_the_path(cold: Cold, name: str) -> None:
    event, public_url, root = STAGES[name]
    start = json.loads(
        json.dumps(event).replace("state-machines", "state-machines/order/executions")
    )
    start["body"] = "{}"
    start["isBase64Encoded"] = False
    if "http" in start["requestContext"]:
        start["requestContext"]["http"]["method"] = "POST"
    else:
        start["httpMethod"] = "POST"
    async with cold(public_url=public_url) as one:
        listed, started = await one.ask(event), await one.ask(start)

    assert (listed.status, started.status) == (200, 202)
    assert started.headers["location"].startswith(f"{root}/v1/executions/order:")


async def test_an_http_apis_named_stage_is_no_part_of_the_path(warm: Instance) -> None:
    started = await warm.ask(staged("/live/v1/state-machines/order/executions", "live"))
    page = await warm.ask({**staged("/live", "live"), "body": ""})

    assert started.headers["location"].startswith("/live/v1/executions/order:")
    assert page.status == 405  # it is `/`, which takes no POST


async def test_a_rest_apis_stage_may_be_called_as_a_path_begins(warm: Instance) -> None:
    event = events.http_v1("GET", "/v1/state-machines")
    event["requestContext"] |= {"stage": "v1", "path": "/v1/v1/state-machines"}

    assert (await warm.ask(event)).status == 200


@pytest.mark.parametrize("version", [None, "1.0"], ids=["rest api", "http api"])
async def test_a_stage_that_both_paths_show_is_no_part_of_either(
    warm: Instance, version: str | None
) -> None:
    """An HTTP API's with payload format 1.0; a REST API's whose mapping names no stage."""
    start = events.http_v1("POST", "/dev/v1/state-machines/order/executions", body="{}")
    start["requestContext"] |= {"stage": "dev", "path": start["path"]}
    if version:
        start["version"] = version
    started = await warm.ask(start)

    assert started.status == 202
    assert started.headers["location"].startswith("/dev/v1/executions/order:")


@pytest.mark.parametrize(
    ("public_url", "stage", "path", "root"),
    [
        ("https://api.example.com/handrail", "$default", "/v1", "/handrail"),
        ("https://api.example.com/handrail", "prod", "/prod/v1", "/handrail"),
        ("https://api.example.com", "prod", "/prod/v1", ""),
    ],
)
async def test_clients_of_a_custom_domain_find_what_they_started_there(
    cold: Cold, public_url: str, stage: str, path: str, root: str
) -> None:
    """Format 2.0 doesn't say what the domain's mapping is."""
    start = staged(f"{path}/state-machines/order/executions", stage)
    start["requestContext"]["domainName"] = start["headers"]["host"] = "api.example.com"
    async with cold(public_url=public_url) as one:
        started = await one.ask(start)

    assert started.status == 202
    assert started.headers["location"].startswith(f"{root}/v1/executions/order:")


async def test_a_custom_domain_shows_no_stage(warm: Instance) -> None:
    event = events.http_v1("POST", "/v1/state-machines/order/executions", body="{}")
    event["requestContext"]["path"] = event["path"]

    assert (await warm.ask(event)).headers["location"].startswith("/v1/executions/order:")


@pytest.mark.parametrize(
    ("sent_by", "most"), [(by_http_api, 6_291_556), (by_load_balancer, 1_048_576)]
)
async def test_an_answer_that_does_not_fit_is_a_problem_not_a_502(
    warm: Instance, stub: StepFunctionsStub, running: str, sent_by: Ask, most: int
) -> None:
    """Quotation marks double on the way: Lambda's answers are JSON texts inside of JSON."""
    each = event("PassStateExited", details={"name": "Done", "output": json.dumps('"' * 60_000)})
    stub.append(running, *[each] * 40)

    long = await warm.ask(sent_by("GET", "/v1/executions/order:one/events"))
    asked = events.alb("GET", "/v1/executions/order:one/events", query={"limit": "3"})
    short = await warm.ask(asked)

    assert (long.status, long.body["code"]) == (413, "answer_too_large")
    assert "?limit=" in long.body["detail"]
    assert long.body["request_id"] == long.headers["x-request-id"]
    assert len(json.dumps(long.raw)) < most
    assert short.status == 200


@pytest.fixture
def asking(stub: StepFunctionsStub) -> str:
    """A task that waits for a callback."""
    approval(stub)
    return TASK


async def test_a_task_is_settled_by_where_it_stands(
    warm: Instance, stub: StepFunctionsStub, asking: str, sent: Ask
) -> None:
    settled = await warm.ask(sent("POST", f"{asking}/success", '{"output": {"ok": true}}'))

    assert settled.status == 200
    assert stub.calls["SendTaskSuccess"] == 1


async def test_a_signed_link_is_followed_and_never_logged(
    cold: Cold, asking: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Mangum logs the path of each request, if it is let."""
    caplog.set_level(logging.DEBUG)
    async with cold(link_keys=SECRET, public_url=PUBLIC) as one:
        made = await one.ask(by_http_api("POST", f"{asking}/links", '{"actions": ["success"]}'))
        path = "/v1" + made.body["url"].partition("/v1")[2]
        shown = await one.ask(by_rest_api("GET", path))
        settled = await one.ask(by_rest_api("POST", path, '{"output": {"ok": true}}'))

    assert (made.status, shown.status, settled.status) == (201, 200, 200)
    assert shown.body["state"] == "Approve"
    assert path.rpartition("/")[2] not in caplog.text


async def test_binary_bodies_come_in_as_they_were(warm: Instance, stub: StepFunctionsStub) -> None:
    body = json.dumps({"name": "umlaut", "input": {"name": "Jürgen"}}, ensure_ascii=False).encode()

    await warm.ask(events.http_v2("POST", "/v1/state-machines/order/executions", body=body))

    (started,) = [each for each in stub.requests if each.operation == "StartExecution"]
    assert json.loads(started.body["input"]) == {"name": "Jürgen"}
