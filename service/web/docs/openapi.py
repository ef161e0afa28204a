"""Draws the OpenAPI 3.1 document from the routes, their requests and the documents they answer."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json
from quart import Quart, Response, current_app
from quart_schema import Info, OpenAPIProvider, QuartSchema, hide
from werkzeug.routing import Rule

from handrail import __version__
from handrail.core.news.news_shapes import NewsDocument
from handrail.core.protocol.problem import CONTENT_TYPE, Problem
from handrail.web.access import PUBLIC, Reach, access_of
from handrail.web.caching import revalidated
from handrail.web.services import EXTENSION, Services
from handrail.web.webhook_signatures import EVENTS_KEY, HEADERS

from .promised_statuses import STATUS_CHANGES, failures

DRAWN = "handrail.openapi"
DESCRIPTION = """\
Start, watch and complete AWS Step Functions executions.

Every failure is a `Problem` (RFC 9457, application/problem+json); switch on its `code`.
A query parameter that an operation doesn't have is refused (422), but by signed links and webhooks.
Live status comes over WebSocket (`/asyncapi.json`), server-sent events or long-poll: each message
carries a cursor from which any of them resumes.\
"""

TAGS = ("State machines", "Executions", "Tasks", "Live", "Access", "Operations")


@cache
def parts() -> dict[str, Any]:
    """What no route or model says."""
    return cast(dict[str, Any], from_json(Path(__file__).with_suffix(".json").read_bytes()))


class Provider(OpenAPIProvider):
    """Adds what the routes have in common: failures, headers, who must say who they are."""

    def schema(self) -> dict[str, Any]:
        schema = super().schema()
        services: Services = self._app.extensions[EXTENSION]
        if prefix := services.addresses.prefix:  # without servers a path begins at the host's root
            schema["servers"] = [{"url": prefix}]
        problem = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
        news = TypeAdapter(NewsDocument).json_schema(ref_template="#/components/schemas/{model}")
        definitions = {**problem.pop("$defs", {}), **news.pop("$defs")}
        components = schema["components"]
        components["schemas"].update({**definitions, "Problem": problem, "NewsDocument": news})
        schema["webhooks"] = parts()["webhooks"]
        components["headers"] = parts()["headers"]
        components["responses"] = {
            status: _answer(text, problems_only(), parts()["failureHeaders"].get(status, ()))
            for status, text in parts()["failures"].items()
        }
        if self._asks:
            components["securitySchemes"] = parts()["securitySchemes"]
        signed_link = schema["paths"]["/v1/callbacks/{signed}"]
        for operation in signed_link.values():  # answered with a page too, for browsers
            for status, answer in operation["responses"].items():
                known = components["responses"].get(status, answer)
                both = {**known["content"], **parts()["page"]}
                operation["responses"][status] = {**known, "content": both}
        content = signed_link["post"]["requestBody"]["content"]
        content["application/x-www-form-urlencoded"] = {"schema": parts()["form"]}
        schema["paths"]["/v1/webhooks/{execution}/{event_id}"]["post"]["parameters"] += [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
            for name in HEADERS
        ]
        schema["paths"][STATUS_CHANGES]["post"]["parameters"] += [
            {"name": EVENTS_KEY, "in": "header", "required": False, "schema": {"type": "string"}}
        ]
        return schema

    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        paths, components = super().build_paths(rule)
        access = access_of(self._app.extensions, rule)
        closed = access is not None and access.reach is not Reach.PUBLIC
        schemes = parts()["securitySchemes"] if self._asks else {}
        in_address = access is not None and access.in_address
        taken = [name for name in schemes if in_address or schemes[name].get("in") != "query"]
        signed_in = access is not None and access.reach is Reach.SIGNED_IN
        asked = [access.scope.value] if access and not signed_in else []
        security = [{name: asked} for name in taken] if closed else []
        for path, operations in paths.items():
            for method, operation in operations.items():
                operation["parameters"] = [*map(_parameter, operation["parameters"])]
                operation["security"] = security
                if body := operation.get("requestBody"):
                    _describe_body(path, body)
                operation["responses"] = self._responses(rule, method, path, operation)
        return paths, components

    @property
    def _asks(self) -> bool:
        services: Services = self._app.extensions[EXTENSION]
        return services.auth.asks

    def _responses(
        self, rule: Rule, method: str, path: str, operation: dict[str, Any]
    ) -> dict[str, Any]:
        """Those of the route, then the failures. A failure that the route answers a document of its
        own with may be a problem too."""
        named = {str(status): answer for status, answer in operation["responses"].items()}
        if path.endswith("/stream"):
            named = {**parts()["stream"]}
        listed = parts()["answerHeaders"].get(path, {})
        for status, answer in named.items():
            answer["headers"] = _headers(listed.get(status, ()))
        reads = any(one["in"] != "path" for one in operation["parameters"])
        reads = reads or "requestBody" in operation
        access = access_of(self._app.extensions, rule) or PUBLIC
        found = failures(rule.rule, access, method.upper(), reads=reads)
        for status in map(str, sorted(found)):
            if status in named:
                named[status]["content"] |= problems_only()
            else:
                named[status] = {"$ref": f"#/components/responses/{status}"}
        return dict(sorted(named.items()))


def problems_only() -> dict[str, Any]:
    return {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _answer(text: str, content: dict[str, Any], headers: Iterable[str]) -> dict[str, Any]:
    return {"description": text, "content": content, "headers": _headers(headers)}


def _headers(names: Iterable[str]) -> dict[str, Any]:
    """By reference, the request's id besides."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, "X-Request-Id")}


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter may be left out, but is never null; and what has no default must be there."""
    schema = dict(parameter["schema"])
    others = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(others) == 1:
        del schema["anyOf"]
        schema |= others[0]
    needed = parameter["in"] == "path" or "default" not in schema
    if schema.get("default", ...) is None:
        del schema["default"]
    if parameter["in"] == "path":
        schema |= {"minimum": 1} if schema.get("type") == "integer" else {"minLength": 1}
    return {**parameter, "schema": schema, "required": needed}


def _describe_body(path: str, body: dict[str, Any]) -> None:
    """A body must be there where a member of it must; and what one looks like."""
    shown = body["content"]["application/json"]
    body["required"] = bool(shown["schema"].get("required"))
    if (example := parts()["examples"].get(path)) is not None:
        shown["example"] = example


def document(app: Quart) -> None:
    """Serve `/openapi.json` and `/asyncapi.json`; the page that shows them is ours, and offline."""
    QuartSchema(
        app,
        openapi_path=None,
        redoc_ui_path=None,
        scalar_ui_path=None,
        swagger_ui_path=None,
        info=Info(title="Handrail", version=__version__, description=DESCRIPTION),
        tags=[{"name": name} for name in TAGS],
        conversion_preference="pydantic",
        openapi_provider_class=Provider,
    )
    vars(app).pop("make_response")  # quart-schema's converts models, and no handler answers one
    hide(app.send_static_file.__func__)  # type: ignore[attr-defined]
    app.add_url_rule("/openapi.json", "openapi", _openapi)
    app.add_url_rule("/asyncapi.json", "asyncapi", _asyncapi)


@hide
async def _openapi() -> Response:
    """Drawn once: it takes a tenth of a second in which nothing else runs."""
    extensions = current_app.extensions
    if DRAWN not in extensions:
        extensions[DRAWN] = to_json(extensions["QUART_SCHEMA"].openapi_provider.schema())
    return await revalidated(extensions[DRAWN], "application/json")


@hide
async def _asyncapi() -> Response:
    from . import asyncapi  # noqa: PLC0415 - models that nothing else needs

    services: Services = current_app.extensions[EXTENSION]
    document = asyncapi.document(services.addresses.prefix)
    return await revalidated(to_json(document), "application/json")
