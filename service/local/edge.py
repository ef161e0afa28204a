"""The engine's HTTP edge: one WSGI application in front of moto's.

Lambda is answered here alone, Step Functions here or, after a check, by moto; any other service
(SQS, SNS, DynamoDB …) is moto's.
"""

import json
import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any
from uuid import uuid4

from .caller import calling
from .errors import AwsError, NotServed, text_of
from .functions import Answer, Functions
from .stepfunctions.account import Account
from .stepfunctions.operations import ANSWERED, CHECKED_THEN_MOTO

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]
Headers = list[tuple[str, str]]

_TARGET = "AWSStepFunctions."
_LAMBDA = re.compile(r"/2015-03-31/functions/?(?P<name>[^/]*)(?P<invoke>/invocations)?/?")
_REASONS = {200: "OK", 202: "Accepted", 204: "No Content"}
_SIGNED = "AWS4-HMAC-SHA256 Credential=none/20200101/{region}/states/aws4_request, Signature=0"
_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/")


class Edge:
    """`account(region)` is the account's part in a region, made on first use."""

    def __init__(
        self, moto: Wsgi, *, account: Callable[[str | None], Account], functions: Functions
    ) -> None:
        self._moto = moto
        self._account = account
        self._functions = functions

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self._route(environ, start_response)
        except AwsError as error:
            return _refuse(start_response, error)
        except NotImplementedError as error:  # moto's word for an operation it lacks
            return _refuse(start_response, NotServed(f"this: {text_of(error)}"))
        except Exception as error:  # moto's own bugs: an answer, not a stack trace in HTML
            message = f"The embedded engine failed: {type(error).__name__}: {text_of(error)}"
            return _respond(
                start_response, 500, {"__type": "InternalServerError", "message": message}
            )

    def _route(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target.startswith(_TARGET):
            return self._stepfunctions(target.removeprefix(_TARGET), environ, start_response)
        path = _raw_path(environ)
        if path.startswith("/2015-03-31/"):
            return self._lambda(path, environ, start_response)
        return self._moto(environ, start_response)

    def _stepfunctions(
        self, operation: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        body = _body(environ)
        request = _parsed(body)
        account = self._account(_region(environ))
        if answer := ANSWERED.get(operation):
            with calling(environ):
                return _respond(start_response, 200, answer(account, request))
        if check := CHECKED_THEN_MOTO.get(operation):
            check(account, request)
            return self._moto(_for_moto(environ, body, account.region), start_response)
        raise NotServed(f"Step Functions' {operation}")

    def _lambda(
        self, path: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        match = _LAMBDA.fullmatch(path)
        asked = (environ["REQUEST_METHOD"], bool(match and match["invoke"]))
        name = urllib.parse.unquote(match["name"]) if match else ""
        if asked == ("POST", True):
            return self._invoke(name, environ, start_response)
        if match and asked == ("GET", False) and name:
            return _respond(start_response, 200, {"Configuration": self._functions.described(name)})
        if match and asked == ("GET", False):
            listed = [self._functions.described(name) for name in self._functions.names()]
            return _respond(start_response, 200, {"Functions": listed})
        raise NotServed("this operation of Lambda; functions come from machine.json's handlers")

    def _invoke(
        self, name: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        payload = _body(environ)
        kind = environ.get("HTTP_X_AMZ_INVOCATION_TYPE", "RequestResponse")
        self._functions.described(name)
        if kind == "DryRun":
            return _raw(start_response, 204, Answer(b""))
        if kind == "Event":
            self._functions.invoke_later(name, payload)
            return _raw(start_response, 202, Answer(b""))
        return _raw(start_response, 200, self._functions.invoke(name, payload))


def _refuse(start_response: StartResponse, error: AwsError) -> Iterable[bytes]:
    body = {"__type": error.type, "message": error.message, "Message": error.message}
    return _respond(start_response, error.status, body, [("x-amzn-ErrorType", error.type)])


def _for_moto(environ: Environ, body: bytes, region: str) -> Environ:
    """moto finds the service by the signature and the protocol by the content type: give it both,
    so that curl will do as a client."""
    signed = {"HTTP_AUTHORIZATION": _SIGNED.format(region=region)}
    read = {"wsgi.input": BytesIO(body), "CONTENT_TYPE": "application/x-amz-json-1.0"}
    return signed | environ | read


def _respond(
    start_response: StartResponse,
    status: int,
    body: Mapping[str, Any],
    extra: Headers | None = None,
) -> Iterable[bytes]:
    headers = [("Content-Type", "application/x-amz-json-1.0"), *(extra or [])]
    return _send(start_response, status, json.dumps(body).encode(), headers)


def _raw(start_response: StartResponse, status: int, answer: Answer) -> Iterable[bytes]:
    headers = [("Content-Type", "application/json"), ("X-Amz-Executed-Version", "$LATEST")]
    if answer.failed:
        headers.append(("X-Amz-Function-Error", "Unhandled"))
    return _send(start_response, status, answer.payload, headers)


def _send(
    start_response: StartResponse, status: int, body: bytes, headers: Headers
) -> Iterable[bytes]:
    common = [("Content-Length", str(len(body))), ("x-amzn-RequestId", str(uuid4()))]
    start_response(f"{status} {_REASONS.get(status, 'Error')}", headers + common)
    return [body]


def _body(environ: Environ) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return body


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise AwsError("SerializationException", "The body isn't JSON.") from error
    if not isinstance(request, dict):
        raise AwsError("SerializationException", "The body isn't a JSON object.")
    return request


def _region(environ: Environ) -> str | None:
    """The region the request was signed for; None where it wasn't signed."""
    match = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return match["region"] if match else None


def _raw_path(environ: Environ) -> str:
    """As sent: a function's ARN in a path keeps its encoded slashes and colons."""
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"])
    return urllib.parse.urlsplit(raw).path
