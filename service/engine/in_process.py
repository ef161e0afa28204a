"""Calls the engine's application in this process: no port, no socket, no thread in between."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSResponse
from botocore.handlers import BUILTIN_HANDLERS
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from werkzeug.test import run_wsgi_app

from . import NO_PORT_URL
from .errors import AwsError, EngineError
from .http import Environ, Wsgi

_LATIN = "latin-1"


class InProcess:
    """Stands where botocore would send a request: a handler of its event `before-send`."""

    def __init__(self) -> None:
        self.application: Wsgi | None = None

    def __call__(self, request: Any, **_: Any) -> AWSResponse | None:
        """The engine's answer; None, and so the network's, for a request to somebody else."""
        if not request.url.startswith(f"{NO_PORT_URL}/"):
            return None
        status, headers, body = self._answer(environ_of(request))
        told: Any = headers
        return AWSResponse(request.url, status, told, _Raw(body))

    def call(self, operation: str, request: Mapping[str, Any]) -> Any:
        """What Step Functions' operation answers. Raises AwsError."""
        body = json.dumps(request).encode()
        headers = {"X-Amz-Target": f"AWSStepFunctions.{operation}", "Content-Type": "text/json"}
        environ = _environ("POST", f"{NO_PORT_URL}/", headers, body)
        status, _, answer = self._answer(environ)
        document = json.loads(answer or b"{}")
        if status >= 400:
            kind = str(document.get("__type", "")).rpartition("#")[2]
            message = document.get("message") or document.get("Message") or ""
            raise AwsError(kind, message, status=status)
        return document

    def _answer(self, environ: Environ) -> tuple[int, dict[str, str], bytes]:
        if self.application is None:
            raise EngineError("The engine hasn't started yet.")
        pieces, status, headers = run_wsgi_app(self.application, environ, buffered=True)
        return int(status.split()[0]), dict(headers), b"".join(pieces)


@contextmanager
def clients_call(in_process: InProcess) -> Iterator[None]:
    """Has every botocore client that is made while it lasts, by handlers too, send requests to
    `NO_PORT_URL` here."""
    handler = ("before-send", in_process)
    BUILTIN_HANDLERS.append(handler)
    try:
        yield
    finally:
        BUILTIN_HANDLERS.remove(handler)


def environ_of(request: Any) -> Environ:
    """A prepared request of botocore's, as a WSGI server would hand it on."""
    body = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    sent = {name: _text(value) for name, value in request.headers.items()}
    data = body.encode() if isinstance(body, str) else bytes(body)
    return _environ(request.method, request.url, sent, data)


def _environ(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Environ:
    place = urlsplit(url)
    raw = f"{place.path or '/'}?{place.query}" if place.query else place.path or "/"
    environ: Environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(place.path or "/", _LATIN),
        "QUERY_STRING": place.query,
        "RAW_URI": raw,
        "REQUEST_URI": raw,
        "SERVER_NAME": place.hostname or "",
        "SERVER_PORT": str(place.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": place.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": place.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(body)),
    }
    preserved = environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {}
    for name, value in headers.items():
        key = environ_key_for_header(name)
        if key not in {"CONTENT_LENGTH", "HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}:
            environ[key] = value
        if should_preserve_original_header_name(name):
            preserved[key] = name
    return environ


def _text(value: str | bytes) -> str:
    return value.decode(_LATIN) if isinstance(value, bytes) else str(value)


class _Raw(BytesIO):
    """A body as urllib3 has it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        while piece := self.read():
            yield piece
