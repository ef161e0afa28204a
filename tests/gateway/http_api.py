"""API Gateway's HTTP API: requests become events of payload format 2.0, answers responses.

The rules: "Working with AWS Lambda proxy integrations for HTTP APIs", API Gateway Developer Guide.
"""

import asyncio
import base64
import json
import secrets
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from tests import events

from .functions import FunctionError
from .sockets import Invoke

INTEGRATION_S = 30.0
MOST_BYTES = 10 * 1024 * 1024
TEXTS = ("text/", "application/json", "application/xml", "application/javascript")


class HttpApi:
    def __init__(self, invoke: Invoke, *, integration_s: float = INTEGRATION_S) -> None:
        self._invoke = invoke
        self._integration_s = integration_s
        self.app = web.Application(client_max_size=MOST_BYTES)
        self.app.router.add_route("*", "/{path:.*}", self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        event = await _event(request)
        try:
            async with asyncio.timeout(self._integration_s):
                answer = await self._invoke(event)
        except TimeoutError:
            return web.json_response({"message": "Service Unavailable"}, status=503)
        except FunctionError:
            return web.json_response({"message": "Internal Server Error"}, status=500)
        return _response(answer)


async def _event(request: web.Request) -> events.Event:
    body = await request.read()
    headers = _joined(request)
    event = events.http_v2(
        request.method,
        unquote(request.raw_path.partition("?")[0]),
        query=request.raw_path.partition("?")[2],
        headers=headers,
        body=_body(body, request.content_type),
    )
    event["requestContext"] |= {
        "domainName": headers.get("host", ""),
        "requestId": secrets.token_urlsafe(11),
    }
    return event


def _joined(request: web.Request) -> dict[str, str]:
    """Lower case, repeated ones joined by commas; cookies by semicolons."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.lower()
        separator = "; " if key == "cookie" else ","
        found[key] = f"{found[key]}{separator}{value}" if key in found else value
    return found


def _body(body: bytes, content_type: str) -> str | bytes | None:
    """Text where its type says so, else bytes, which go over in base64."""
    if not body:
        return None
    return body.decode() if content_type.startswith(TEXTS) else body


def _response(answer: Any) -> web.Response:
    """Without a status it is JSON with 200, as API Gateway infers."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return web.Response(text=json.dumps(answer), content_type="application/json")
    body = answer.get("body") or ""
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    response = web.Response(status=int(answer["statusCode"]), body=raw)
    response.headers.popall("content-type", None)
    for name, value in (answer.get("headers") or {}).items():
        if name.lower() != "content-length":
            response.headers[name] = str(value)
    for cookie in answer.get("cookies") or ():
        response.headers.add("set-cookie", cookie)
    return response
