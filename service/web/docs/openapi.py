"""Draws the OpenAPI 3.1 document from the routes, their requests and the documents they answer."""

from functools import cache
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json
from quart import Quart, Response, current_app
from quart_schema import Info, OpenAPIProvider, QuartSchema, hide
from werkzeug.routing import Rule

from service import __version__
from service.core.protocol.problem import Problem
from service.web.access import Reach, access_of
from service.web.webhook_signatures import HEADERS

DRAWN = "handrail.openapi"
DESCRIPTION = """\
Start, watch and complete AWS Step Functions executions.

Every failure is a `Problem` (RFC 9457, application/problem+json); switch on its `code`.
Live status comes over WebSocket (`/asyncapi.json`), server-sent events or long-poll: each message
carries a cursor from which any of them resumes.\
"""

TAGS = ("State machines", "Executions", "Tasks", "Live", "Access", "Operations")


@cache
def parts() -> dict[str, Any]:
    """What no route or model says."""
    return cast(dict[str, Any], from_json(Path(__file__).with_suffix(".json").read_bytes()))


class Provider(OpenAPIProvider):
    """Adds what the routes have in common: problems, and the stream that isn't JSON."""

    def schema(self) -> dict[str, Any]:
        schema = super().schema()
        problem = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
        definitions = problem.pop("$defs", {})
        schema["components"]["schemas"].update({**definitions, "Problem": problem})
        schema["components"]["securitySchemes"] = parts()["securitySchemes"]
        schema["paths"]["/v1/executions/{execution}/stream"]["get"]["responses"] = parts()["stream"]
        signed_link = schema["paths"]["/v1/callbacks/{signed}"]
        for operation in signed_link.values():  # answered with a page too, for browsers
            for answer in operation["responses"].values():
                answer["content"] = {**answer["content"], **parts()["page"]}
        content = signed_link["post"]["requestBody"]["content"]
        content["application/x-www-form-urlencoded"] = {"schema": parts()["form"]}
        schema["paths"]["/v1/webhooks/{execution}/{event_id}"]["post"]["parameters"] += [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
            for name in HEADERS
        ]
        return schema

    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        paths, components = super().build_paths(rule)
        access = access_of(self._app.extensions, rule)
        closed = access is not None and access.reach is not Reach.PUBLIC
        schemes = parts()["securitySchemes"]
        in_address = access is not None and access.in_address
        taken = [name for name in schemes if in_address or schemes[name].get("in") != "query"]
        signed_in = access is not None and access.reach is Reach.SIGNED_IN
        asked = [access.scope.value] if access and not signed_in else []
        security = [{name: asked} for name in taken] if closed else []
        for operations in paths.values():
            for operation in operations.values():
                named = {str(status): answer for status, answer in operation["responses"].items()}
                operation["responses"] = {**named, "default": {**parts()["problem"]}}
                operation["security"] = security
        return paths, components


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
    return Response(extensions[DRAWN], content_type="application/json")


@hide
async def _asyncapi() -> Response:
    from . import asyncapi  # noqa: PLC0415 - models that nothing else needs

    return Response(to_json(asyncapi.document()), content_type="application/json")
