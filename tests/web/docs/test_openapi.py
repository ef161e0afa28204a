"""The documents and pages: valid, complete, and nothing is loaded from elsewhere."""

import re

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from handrail.web.app import create_app
from handrail.web.docs.openapi import parts
from handrail.web.webhook_signatures import HEADERS
from tests.web.conftest import Serving
from tests.web.contracts import Schemas
from tests.web.keys import configured
from tests.web.served import Served

NOT_DOCUMENTED = {"/", "/docs", "/metrics", "/openapi.json", "/asyncapi.json", "/static/{filename}"}


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
    answers = document["components"]["responses"]
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["summary"], path
            assert operation["tags"], path
            assert "default" not in operation["responses"], path
            assert {"400", "500", "503"} <= operation["responses"].keys()
            for status, answer in operation["responses"].items():
                reference = f"#/components/responses/{status}"
                found = answers[status] if answer.get("$ref") == reference else answer
                assert "X-Request-Id" in found["headers"]
                assert status < "300" or "application/problem+json" in found["content"]
            named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))


async def test_a_body_that_must_be_there_and_what_one_looks_like(served: Served) -> None:
    """Every example keeps the schema it stands beside."""
    document = (await served.get("/openapi.json")).body
    schemas, examples = Schemas(document), set()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if (body := operation.get("requestBody")) is None:
                continue
            shown = body["content"]["application/json"]
            assert body["required"] == bool(shown["schema"].get("required")), path
            pointer = ("paths", path, method, "requestBody", "content", "application/json")
            if "example" in shown:
                schemas.check(shown["example"], *pointer, "schema")
                examples.add(path)
    assert examples == parts()["examples"].keys()
    assert document["paths"]["/v1/task-tokens/success"]["post"]["requestBody"]["required"]
    assert not document["paths"]["/trigger-workflow"]["post"]["requestBody"]["required"]


async def test_what_is_sent_to_webhooks_is_documented_with_an_example(served: Served) -> None:
    document = (await served.get("/openapi.json")).body
    sent = document["webhooks"]["news"]["post"]
    pointer = ("webhooks", "news", "post", "requestBody", "content", "application/json")
    example = sent["requestBody"]["content"]["application/json"]["example"]
    Schemas(document).check(example, *pointer, "schema")
    assert {each["name"] for each in sent["parameters"]} == set(HEADERS)


async def test_a_parameter_says_what_it_takes(served: Served) -> None:
    document = (await served.get("/openapi.json")).body
    found = {}
    for path, item in document["paths"].items():
        for operation in item.values():
            for parameter in operation["parameters"]:
                assert isinstance(parameter["required"], bool)
                assert {"type": "null"} not in parameter["schema"].get("anyOf", ())
                found[path, parameter["name"]] = (parameter["required"], parameter["schema"])
    assert found["/v1/executions", "limit"][1]["maximum"] == 1000
    snapshot = "/v1/executions/{execution}"
    assert found[snapshot, "execution"] == (True, {"type": "string", "minLength": 1})
    needed, cursor = found[snapshot, "after"]
    assert not needed
    assert re.fullmatch(cursor["pattern"], "1795329649620:24")
    assert found[f"{snapshot}/tasks/{{event_id}}/success", "event_id"][1]["minimum"] == 1


async def test_who_is_asked_for_a_credential_is_told_so_and_nobody_else(serve: Serving) -> None:
    async with serve() as served:
        unasked = (await served.get("/openapi.json")).body
    async with serve(**configured()) as served:
        asked = (await served.get("/openapi.json")).body
    assert "securitySchemes" not in unasked["components"]
    start = "/v1/state-machines/{machine}/executions"
    assert unasked["paths"][start]["post"]["security"] == []
    assert {"bearer": ["start"]} in asked["paths"][start]["post"]["security"]
    assert "401" in asked["paths"][start]["post"]["responses"]
    assert asked["paths"]["/healthz"]["get"]["security"] == []
    assert asked["paths"]["/v1/callbacks/{signed}"]["post"]["security"] == []
    named = {name for each in asked["paths"][start]["post"]["security"] for name in each}
    assert named <= asked["components"]["securitySchemes"].keys()


async def test_both_documents_of_openapi_are_valid(serve: Serving) -> None:
    for settings in ({}, configured()):
        async with serve(**settings) as served:
            document = (await served.get("/openapi.json")).body
        assert document["openapi"].startswith("3.1")
        assert [*OpenAPIV31SpecValidator(document).iter_errors()] == []


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


async def test_what_needs_no_scope_asks_for_none(serve: Serving) -> None:
    async with serve(**configured()) as served:
        document = (await served.get("/openapi.json")).body
    for path, scopes in {"/v1/me": [], "/v1/tokens": [], "/v1/ws-tickets": ["read"]}.items():
        (operation,) = document["paths"][path].values()
        assert operation["security"][0] == {"bearer": scopes}


async def test_only_event_streams_take_a_credential_from_their_address(serve: Serving) -> None:
    async with serve(**configured()) as served:
        document = (await served.get("/openapi.json")).body
    schemes = document["components"]["securitySchemes"]
    in_query = {name for name, scheme in schemes.items() if scheme.get("in") == "query"}
    assert in_query == {"ticket", "token"}
    for path, item in document["paths"].items():
        for operation in item.values():
            taken = {name for scheme in operation["security"] for name in scheme}
            assert taken >= in_query if path.endswith("/stream") else not taken & in_query
