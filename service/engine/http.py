"""Serves the engine over HTTP, in threads: answers Lambda's requests and most of Step Functions',
and leaves the rest, and those of any other service (SQS, SNS, DynamoDB …), to moto."""

import base64
import json
import re
import socket
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from threading import Thread
from time import monotonic
from typing import Any
from uuid import uuid4

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer
from werkzeug.wrappers import Request, Response

from .errors import AwsError, NotServed, text_of, unforeseen
from .functions import MEMORY_MB, FunctionReference, HandlerFunctions
from .single_state.state_test import test_state
from .step_functions import executions, machines, map_run_operations, tasks, validation, versions
from .step_functions.account import AccountRegion, Output

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]

_TARGET = "AWSStepFunctions."
_AWS_JSON = "application/x-amz-json-1.0"
_LAMBDA = re.compile(r"/2015-03-31/functions/?(?P<name>[^/]*)(?P<invoke>/invocations)?/?")
_SIGNED = "AWS4-HMAC-SHA256 Credential=none/20200101/{region}/states/aws4_request, Signature=0"
_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/")
OPERATIONS: Mapping[str, Callable[[AccountRegion, Mapping[str, Any]], Output | None] | None] = {
    "StartExecution": executions.start_execution,
    "TestState": test_state,
    "StartSyncExecution": executions.start_sync_execution,
    "StopExecution": executions.stop_execution,
    "RedriveExecution": executions.redrive_execution,
    "DescribeExecution": executions.describe_execution,
    "DescribeStateMachineForExecution": executions.describe_state_machine_for_execution,
    "ListExecutions": executions.list_executions,
    "ListStateMachines": machines.list_state_machines,
    "GetExecutionHistory": executions.get_execution_history,
    "SendTaskSuccess": tasks.send_task_success,
    "SendTaskFailure": tasks.send_task_failure,
    "SendTaskHeartbeat": tasks.send_task_heartbeat,
    "CreateActivity": tasks.create_activity,
    "DescribeActivity": tasks.describe_activity,
    "DeleteActivity": tasks.delete_activity,
    "ListActivities": tasks.list_activities,
    "GetActivityTask": tasks.get_activity_task,
    "CreateStateMachine": machines.check_create,
    "UpdateStateMachine": machines.update_state_machine,
    "DescribeStateMachine": machines.describe_state_machine,
    "ValidateStateMachineDefinition": validation.validate_state_machine_definition,
    "DeleteStateMachine": machines.forget_deleted,
    "PublishStateMachineVersion": versions.publish_state_machine_version,
    "DeleteStateMachineVersion": versions.delete_state_machine_version,
    "ListStateMachineVersions": versions.list_state_machine_versions,
    "CreateStateMachineAlias": versions.create_state_machine_alias,
    "UpdateStateMachineAlias": versions.update_state_machine_alias,
    "DescribeStateMachineAlias": versions.describe_state_machine_alias,
    "DeleteStateMachineAlias": versions.delete_state_machine_alias,
    "ListStateMachineAliases": versions.list_state_machine_aliases,
    "DescribeMapRun": map_run_operations.describe_map_run,
    "ListMapRuns": map_run_operations.list_map_runs,
    "UpdateMapRun": map_run_operations.update_map_run,
    **dict.fromkeys(("TagResource", "UntagResource", "ListTagsForResource")),
}
"""What is served of Step Functions: answered, checked and left to moto, or (None) moto's alone."""


@dataclass(frozen=True, slots=True)
class EngineApplication:
    """One WSGI application in front of moto's. `region` is that of requests without a signature."""

    moto: Wsgi
    accounts: Mapping[str, AccountRegion]
    region: str
    functions: HandlerFunctions

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        tasks.connection.set(environ.get("werkzeug.socket"))
        try:
            return self._route(environ)(environ, start_response)
        except AwsError as error:
            refusal = error
        except NotImplementedError as error:  # moto's word for an operation it lacks
            refusal = NotServed(f"this: {text_of(error)}")
        except Exception as error:  # moto's own bugs: an answer, not a stack trace in HTML
            refusal = AwsError("InternalServerError", unforeseen(error), status=500)
        body = {"__type": refusal.type, "message": refusal.message, "Message": refusal.message}
        response = _json(body, refusal.status)
        response.headers["x-amzn-ErrorType"] = refusal.type
        return response(environ, start_response)

    def _route(self, environ: Environ) -> Wsgi:
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target.startswith(_TARGET):
            return self._step_functions(target.removeprefix(_TARGET), environ)
        # as sent: a function's ARN in a path keeps its encoded slashes and colons
        path = urllib.parse.urlsplit(environ["RAW_URI"]).path
        return self._lambda(path, environ) if path.startswith("/2015-03-31/") else self.moto

    def _step_functions(self, operation: str, environ: Environ) -> Wsgi:
        """moto is given the signature and content type it needs, so curl will do as a client."""
        body = Request(environ, populate_request=False).get_data()
        try:
            request = json.loads(body or b"{}")
        except ValueError as error:
            raise AwsError("SerializationException", "The body isn't JSON.") from error
        if not isinstance(request, dict):
            raise AwsError("SerializationException", "The body isn't a JSON object.")
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        account = self.accounts[scope["region"] if scope else self.region]
        if operation not in OPERATIONS:
            raise NotServed(f"Step Functions' {operation}")
        answer = OPERATIONS[operation]
        if answer and (output := answer(account, request)) is not None:
            return _json(output)
        environ.setdefault("HTTP_AUTHORIZATION", _SIGNED.format(region=account.region))
        environ.update({"wsgi.input": BytesIO(body), "CONTENT_TYPE": _AWS_JSON})
        return self.moto

    def _lambda(self, path: str, environ: Environ) -> Wsgi:
        match, method = _LAMBDA.fullmatch(path), environ["REQUEST_METHOD"]
        name = urllib.parse.unquote(match["name"]) if match else ""
        if match and match["invoke"] and method == "POST":
            return self._invoke(name, environ)
        if match is None or match["invoke"] or method != "GET":
            raise NotServed("this operation of Lambda; functions come from machine.json's handlers")
        if name:
            return _json({"Configuration": self.functions.described(name)})
        return _json({"Functions": self.functions.listed()})

    def _invoke(self, name: str, environ: Environ) -> Response:
        request = Request(environ, populate_request=False)
        payload, function = request.get_data(), _function(name, request.args.get("Qualifier"))
        kind = environ.get("HTTP_X_AMZ_INVOCATION_TYPE")
        trace = environ.get("HTTP_X_AMZN_TRACE_ID")
        self.functions.described(name)
        request_id = str(uuid4())
        headers = {
            "X-Amz-Executed-Version": function.version,
            "x-amzn-RequestId": request_id,
            "x-amzn-Remapped-Content-Length": "0",
            "X-Amzn-Trace-Id": trace or f"Root=1-{uuid4().hex[:8]}-{uuid4().hex[:24]};Sampled=0",
        }
        response = Response(b"", headers=headers, content_type="application/json")
        if kind == "DryRun":
            response.status_code = 204
        elif kind == "Event":
            self.functions.invoke_later(function.qualified, payload, trace=trace)
            response.status_code = 202
        else:
            began = monotonic()
            result = self.functions.invoke(function.qualified, payload, trace=trace)
            response.data = result.payload
            if environ.get("HTTP_X_AMZ_LOG_TYPE") == "Tail":
                took_ms = (monotonic() - began) * 1000
                tail = _log_tail(request_id, function.version, took_ms)
                response.headers["X-Amz-Log-Result"] = tail
            if result.failed:
                response.headers["X-Amz-Function-Error"] = "Unhandled"
        return response


def _function(name_or_arn: str, qualifier: str | None) -> FunctionReference:
    function = FunctionReference.read(name_or_arn)
    if qualifier and function.qualifier not in (None, qualifier):
        problem = (
            "The derived qualifier from the function name does not match the specified qualifier."
        )
        raise AwsError("InvalidParameterValueException", problem)
    return replace(function, qualifier=qualifier or function.qualifier)


def _log_tail(request_id: str, version: str, took_ms: float) -> str:
    """The lines that Lambda itself logs of an invocation; what a handler prints isn't caught."""
    lines = (
        f"START RequestId: {request_id} Version: {version}",
        f"END RequestId: {request_id}",
        f"REPORT RequestId: {request_id}\tDuration: {took_ms:.2f} ms\tMemory Size: {MEMORY_MB} MB",
    )
    return base64.b64encode("\n".join(lines).encode()).decode()


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    sent = {key: value for key, value in body.items() if value is not None}
    headers = {"x-amzn-RequestId": str(uuid4())}
    return Response(json.dumps(sent, default=_epoch), status, headers, content_type=_AWS_JSON)


def _epoch(at: datetime) -> float:
    """Seconds since 1970; moto's own datetimes are UTC without saying so."""
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp(), 3)


class _Server(ThreadedWSGIServer):  # type: ignore[misc, unused-ignore] # typed in some runs only
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that went away is no news."""


@contextmanager
def served(application: Any, listener: socket.socket) -> Iterator[None]:
    """Serve in daemon threads until left; the listener is closed by its owner."""
    host, port = listener.getsockname()
    server = _Server(host, port, application, MotoRequestHandler, fd=listener.fileno())
    thread = Thread(target=server.serve_forever, args=(0.05,), name="engine", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
