"""The documents and pages: valid, complete, and nothing is loaded from elsewhere."""

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.web.app import create_app
from tests.web.conftest import Serving
from tests.web.served import Served

STATIC = Path(__file__).parents[3] / "service" / "web" / "static"
OMITTED = {"omitted": ["*"], "links": {"self": "/v1/executions/order:one"}}
NOT_DOCUMENTED = {"/", "/docs", "/metrics", "/openapi.json", "/asyncapi.json", "/static/{filename}"}


async def test_the_openapi_document_is_valid_3_1(served: Served) -> None:
    answer = await served.get("/openapi.json")
    assert answer.body["openapi"].startswith("3.1")
    assert [*OpenAPIV31SpecValidator(answer.body).iter_errors()] == []


async def test_every_route_is_documented(served: Served) -> None:
    rules = create_app(served.services).url_map.iter_rules()
    routes = {
        (re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in rules
        if not rule.websocket
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    document = (await served.get("/openapi.json")).body
    documented = {(path, method) for path, item in document["paths"].items() for method in item}
    assert {route for route in routes if route[0] not in NOT_DOCUMENTED} == documented


async def test_every_operation_tells_what_it_does_and_its_problems(served: Served) -> None:
    document = (await served.get("/openapi.json")).body
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["summary"], path
            assert operation["tags"], path
            assert "application/problem+json" in operation["responses"]["default"]["content"]
            named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))


async def test_the_idempotency_key_is_documented_under_its_name(served: Served) -> None:
    document = (await served.get("/openapi.json")).body
    start = document["paths"]["/v1/state-machines/{machine}/executions"]["post"]
    headers = {p["name"].lower() for p in start["parameters"] if p["in"] == "header"}
    assert headers == {"idempotency-key"}
    assert {"200", "202"} <= set(start["responses"])


async def test_every_schema_of_both_documents_is_one(served: Served) -> None:
    for path in ("/openapi.json", "/asyncapi.json"):
        document = (await served.get(path)).body
        for schema in document["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)


async def test_every_reference_of_the_asyncapi_document_leads_somewhere(served: Served) -> None:
    document = (await served.get("/asyncapi.json")).body
    references = re.findall(r"'\$ref': '#/([^']+)'", str(document))
    assert references
    for reference in references:
        target = document
        for part in reference.split("/"):
            target = target[part]


async def test_the_asyncapi_document_names_every_socket_and_every_close_code(
    served: Served,
) -> None:
    document = (await served.get("/asyncapi.json")).body
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {"/v1/ws", "/v1/executions/{execution}/ws", None}
    told = {int(code) for code in document["x-close-codes"]}
    retried = {1001, 1011, 1012, 1013, 4000, 4001, 4002}
    assert told == retried | {1000, 1002, 1007, 1009, 4400, 4401, 4403, 4404, 4408, 4409, 4429}


async def test_the_asyncapi_document_says_what_is_different_on_api_gateway(served: Served) -> None:
    channels = (await served.get("/asyncapi.json")).body["channels"]
    gateway, one = channels["api_gateway"], channels["one"]
    query = gateway["bindings"]["ws"]["query"]["properties"]
    assert query.keys() == {"execution", "after", "level", "ticket"}
    assert gateway["messages"].keys() - one["messages"].keys() == {"server_Closing"}
    assert gateway["servers"] != one["servers"] == channels["many"]["servers"]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "closing", "code": 4401, "reason": "Unknown credential."},
        {"type": "subscribed", "id": "0", "cursor": "9:3", "recovered": True, **OMITTED},
        {"type": "update", "id": "0", "cursor": "9:3", **OMITTED},
        {"type": "reset", "id": "0", "cursor": "9:3", "reason": "Too far behind.", **OMITTED},
        {"type": "complete", "id": "0", "cursor": "9:3", "status": "FAILED", **OMITTED},
    ],
)
async def test_the_asyncapi_document_has_the_messages_of_api_gateway(
    served: Served, message: dict[str, Any]
) -> None:
    served.messages.check(message)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "subscribed", "id": "0", "cursor": "9:3", "recovered": True},
        {"type": "update", "id": "0", "cursor": "9:3"},
        {"type": "complete", "id": "0", "cursor": "9:3", "status": "FAILED"},
        {"type": "update", "id": "0", "cursor": "9:3", **OMITTED, "omitted": ["tasks"]},
    ],
)
async def test_a_message_without_its_content_says_that_all_of_it_is_omitted(
    served: Served, message: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        served.messages.check(message)


async def test_the_pages_connect_to_the_named_sockets_and_nowhere_else(serve: Serving) -> None:
    async with serve(socket_url="wss://abc.example.com/live") as served:
        policy = (await served.get("/")).headers["content-security-policy"]
    assert policy.endswith("; connect-src 'self' wss://abc.example.com")


async def test_links_name_the_sockets_where_they_live_elsewhere(serve: Serving) -> None:
    async with serve(socket_url="wss://abc.example.com/live") as served:
        started = await served.post(
            "/v1/state-machines/order/executions", {"input": {}, "name": "one"}
        )
        shown = await served.get("/v1/executions/order:one")
        listed = await served.get("/v1/executions?state_machine=order")
    there = "wss://abc.example.com/live?execution=order:one"
    bodies = (started.body, shown.body, *listed.body["executions"])
    assert [body["links"]["ws"] for body in bodies] == [there] * 3
    assert {body["links"]["events"] for body in bodies} == {"/v1/executions/order:one/events"}


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_a_page_loads_everything_from_here(served: Served, path: str) -> None:
    answer = await served.get(path)
    assert (answer.status, answer.media_type) == (200, "text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', answer.body.decode())
    assert loaded
    for resource in loaded:
        assert not re.match(r"(?:https?:)?//", resource), resource
        found = await served.get(resource if resource.startswith("/") else f"/{resource}")
        assert found.status == 200, resource


@pytest.mark.parametrize("file", sorted(STATIC.rglob("*.*")), ids=lambda file: str(file.name))
async def test_no_script_or_style_loads_from_elsewhere(served: Served, file: Path) -> None:
    text = (await served.get(f"/static/{file.relative_to(STATIC)}")).body.decode()
    assert not re.search(r"""(?:import|from|fetch|url)\s*\(?\s*["']?(?:https?:)?//""", text)
    for imported in re.findall(r"""(?:from|import\()\s*["']([^"']+)["']""", text):
        target = (file.parent / imported).resolve().relative_to(STATIC)
        assert (await served.get(f"/static/{target}")).status == 200


@pytest.mark.parametrize(
    "path",
    ["/static/..%2fapp.py", "/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"],
)
async def test_only_static_files_are_served(served: Served, path: str) -> None:
    answer = await served.get(path)
    assert answer.status in {308, 404}


async def test_a_page_is_read_in_ranges_and_not_again_while_it_is_the_same(served: Served) -> None:
    whole = await served.get("/static/style.css")
    part = await served.get("/static/style.css", headers={"Range": "bytes=5-14"})
    assert (part.status, part.body) == (206, whole.body[5:15])
    assert part.headers["content-length"] == "10"
    same = {"If-None-Match": whole.headers["etag"]}
    assert (await served.get("/static/style.css", headers=same)).status == 304
    head = await served.call("HEAD", "/static/style.css")
    assert head.headers["content-length"] == str(len(whole.body))
