"""The documents and pages: valid, complete, and nothing is loaded from elsewhere."""

import re

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.web.app import create_app
from tests.web.served import Served

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


async def test_what_needs_no_scope_asks_for_none(served: Served) -> None:
    document = (await served.get("/openapi.json")).body
    for path, scopes in {"/v1/me": [], "/v1/tokens": [], "/v1/ws-tickets": ["read"]}.items():
        (operation,) = document["paths"][path].values()
        assert operation["security"][0] == {"bearer": scopes}


async def test_only_event_streams_take_a_credential_from_their_address(served: Served) -> None:
    document = (await served.get("/openapi.json")).body
    schemes = document["components"]["securitySchemes"]
    in_query = {name for name, scheme in schemes.items() if scheme.get("in") == "query"}
    assert in_query == {"ticket", "token"}
    for path, item in document["paths"].items():
        for operation in item.values():
            taken = {name for scheme in operation["security"] for name in scheme}
            assert taken >= in_query if path.endswith("/stream") else not taken & in_query
