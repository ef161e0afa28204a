"""Answers HTTP events by the app, through Mangum. Adds to each request how long the invocation may
still take, that its answer goes out whole (no stream, no socket), the base path of the service, its
id, and the client's address."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, cast
from urllib.parse import unquote

import structlog
from mangum import Mangum
from pydantic import TypeAdapter

from handrail.core.access.origins import shared_headers
from handrail.core.typed_dict import TypedDict
from handrail.entrypoints.compose_base import Base
from handrail.entrypoints.compose_http import services_on
from handrail.web.app import create_app
from handrail.web.quart_patches.deadlines import BUFFERED, DEADLINE
from handrail.web.quart_patches.request_ids import HEADER
from handrail.web.quart_patches.trace_headers import XRAY

from .base_path import PublicAddress, based
from .invocation import Context, Event, Kind, invocation_trace, time_for_work_s
from .problem_answers import LambdaAnswer, Sender, UnreadableRequest, fitting, refusal

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

APPLICATION = ("json", "problem+json", "javascript", "xml")
TEXT = ["text/", "image/svg+xml", *(f"application/{kind}" for kind in APPLICATION)]
"""Everything else goes out in base64."""

ASIDE = {"host": "(host)", "x-forwarded-port": "(x-forwarded-port)"}
"""Headers that Mangum makes a server's name and port of, and fails at an IPv6 address or a list. It
gets them under names that no client can send (RFC 9110, 5.1); the app has them back."""

COMPRESSION = {"accept-encoding": "(accept-encoding)"}
BACK = {aside.encode(): name.encode() for name, aside in ASIDE.items()}
HOSTS = frozenset({b"host", b"x-forwarded-host"})


Texts = Mapping[str, str]
Lists = Mapping[str, list[str]]


_Http = TypedDict("_Http", {"method": str, "path": str, "sourceIp": str})
_Identity = TypedDict("_Identity", {"sourceIp": str | None}, total=False)


class _Context(TypedDict, total=False):
    http: _Http
    identity: _Identity | None


_Event = TypedDict(
    "_Event",
    {
        "httpMethod": str,
        "path": str,
        "rawQueryString": str,
        "queryStringParameters": Texts | None,
        "multiValueQueryStringParameters": Lists | None,
        "headers": Texts | None,
        "multiValueHeaders": Lists | None,
        "cookies": list[str] | None,
        "body": str | None,
        "isBase64Encoded": bool,
        "requestContext": _Context,
    },
    total=False,
)
READABLE = TypeAdapter(_Event)
"""What Mangum reads of an event, whoever sent it, and passes on whatever its type."""


class HttpEvents:
    """Call it with the base's loop set as the current one and not running: Mangum runs it."""

    def __init__(self, base: Base) -> None:
        # Paths may hold signed links, which are credentials; Mangum logs the path of each request.
        logging.getLogger("mangum.http").setLevel(logging.WARNING)
        self.services = services_on(base)
        self._app = create_app(self.services)
        self._mangum = Mangum(self._serve, lifespan="off", text_mime_types=TEXT)
        self._public = PublicAddress.of(base.settings.public_url)
        self._origins = base.settings.origins

    def answer(self, event: Event, kind: Kind, context: Context) -> LambdaAnswer:
        """Answers in the form the sender takes, and no longer than it takes."""
        sender, id = Sender.of(event, kind), request_id(event, context)
        try:
            READABLE.validate_python(event)
            answer = self._mangum(whole(event, kind), cast(Any, context))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("request not readable", kind=kind.value, error=type(error).__name__)
            unreadable = UnreadableRequest("The request can't be read.")
            shared = dict(shared_headers(origin_of(event), self._origins))
            return refusal(unreadable, sender, request_id=id, headers=shared)
        return fitting(answer, sender, request_id=id)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        event, context = scope["aws.event"], scope["aws.context"]
        ends_at = asyncio.get_running_loop().time() + max(0.0, time_for_work_s(context))
        scope[DEADLINE], scope[BUFFERED] = ends_at, True
        scope["headers"] = [[BACK.get(name, name), text] for name, text in scope["headers"]]
        if (within := invocation_trace()) is not None:  # the function's own, not its sender's
            given = [each for each in scope["headers"] if each[0] != XRAY]
            scope["headers"] = [*given, [XRAY, within.xray_header().encode()]]
        domain = event["requestContext"].get("domainName")
        hosts = [text.decode() for name, text in scope["headers"] if name in HOSTS]
        hosts += [domain] if isinstance(domain, str) else []
        # Some senders decode the path and some don't. No path of ours has a % once it is decoded.
        path = unquote(scope["path"])
        scope["root_path"], scope["path"] = based(event, path, hosts, self._public)
        # A load balancer's is the whole X-Forwarded-For: only its own entry, the last, is sure.
        scope["client"] = ((scope["client"][0] or "").rpartition(",")[2].strip(), 0)
        if not any(name == b"x-request-id" for name, _ in scope["headers"]):
            id = request_id(event, context)
            scope["headers"] = [*scope["headers"], [HEADER.lower().encode(), id.encode()]]

        async def send_head(message: MutableMapping[str, Any]) -> None:
            """Leaves out the body, as a server does."""
            await send({**message, "body": b""} if "body" in message else message)

        head = scope["method"] == "HEAD"
        await cast(Any, self._app)(scope, receive, send_head if head else send)


def whole(event: Event, kind: Kind) -> dict[str, Any]:
    """Adds what a sender may leave out or null, and Mangum reads; hides what Mangum can't read, and
    what would be answered in bytes: a REST API hands out base64 as it is, unless it is told."""
    aside = ASIDE | COMPRESSION if kind is Kind.REST_API else ASIDE
    body = event.get("body")
    filled = {**event, "body": "" if body is None else body}
    for lists in ("headers", "multiValueHeaders"):
        if lists in filled:
            headers = filled[lists] or {}
            filled[lists] = {aside.get(name.lower(), name): headers[name] for name in headers}
    if "headers" not in filled and "multiValueHeaders" not in filled:
        filled["headers"] = {}
    return filled


def request_id(event: Event, context: Context) -> str:
    """Finds the sender's id of the request, which its access log has too, else the invocation's."""
    found = event["requestContext"].get("requestId")
    sane = isinstance(found, str) and found.isascii() and found.isprintable() and found
    return sane or context.aws_request_id


def origin_of(event: Event) -> str | None:
    """Finds the Origin header, as far as possible in an event that can't be read."""
    sent = event.get("headers") or event.get("multiValueHeaders")
    if not isinstance(sent, Mapping):
        return None
    found = next((sent[name] for name in sent if str(name).lower() == "origin"), None)
    text = found[-1] if isinstance(found, list) and found else found
    return text if isinstance(text, str) else None
