"""Invokes handlers in this process, and answers as the Lambda API does."""

import asyncio
import inspect
import json
import threading
import traceback
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from uuid import uuid4

import structlog

from .errors import AwsError, text_of
from .function_variables import variables
from .machine_loading import HandlerFunction
from .tracebacks import ENGINE_FILES, Report, traceback_of
from .virtual_clock import clock

log = structlog.get_logger(__name__)

TIMEOUT_S = 900
MEMORY_MB = 128
LATEST = "$LATEST"
TRACE = "_X_AMZN_TRACE_ID"
"""Where Lambda's runtime tells a function the trace of the running invocation."""
MOST_BYTES = 6_291_556
"""What an invocation may answer."""


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What a handler finds in its second argument, named as Lambda's Python runtime does."""

    function_name: str
    invoked_function_arn: str
    function_version: str = LATEST
    memory_limit_in_mb: int = MEMORY_MB
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))
    deadline: float = field(default_factory=lambda: monotonic() + TIMEOUT_S)

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self.deadline - monotonic()) * 1000))


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """A payload (JSON), and whether it is an error's."""

    payload: bytes
    failed: bool = False


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """A function by its name or ARN, whichever account and region that has, and the version or
    alias that follows it. Handlers have no versions: every qualifier is the handler's."""

    name: str
    qualifier: str | None = None

    @classmethod
    def read(cls, name_or_arn: str) -> "FunctionReference":
        _, is_arn, rest = name_or_arn.partition(":function:")
        name, _, qualifier = (rest if is_arn else name_or_arn).partition(":")
        return cls(name, qualifier or None)

    @property
    def version(self) -> str:
        number = self.qualifier is not None and self.qualifier.isdecimal()
        return self.qualifier if number and self.qualifier else LATEST

    @property
    def qualified(self) -> str:
        return f"{self.name}:{self.qualifier}" if self.qualifier else self.name


class HandlerFunctions(AbstractContextManager["HandlerFunctions"]):
    """Handlers by function name. Coroutines run on one loop of their own, in a daemon thread."""

    def __init__(
        self,
        handlers: Mapping[str, HandlerFunction],
        *,
        arn_prefix: str,
        report: Report | None = None,
    ) -> None:
        self._handlers = handlers
        self._report = report
        self._arn_prefix = arn_prefix
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="handlers", daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """Cancel what runs; what won't be cancelled ends with the process."""

        async def cancel_all() -> None:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)
            self._loop.stop()

        asyncio.run_coroutine_threadsafe(cancel_all(), self._loop)
        self._thread.join(1)
        if not self._thread.is_alive():
            self._loop.close()

    def listed(self) -> list[dict[str, Any]]:
        return [self.described(name) for name in sorted(self._handlers)]

    def described(self, name_or_arn: str) -> dict[str, Any]:
        """The function's configuration. Raises ResourceNotFoundException."""
        name = self._known(name_or_arn).name
        return {
            "FunctionName": name,
            "FunctionArn": self._arn_prefix + name,
            "Runtime": "python3.11",
            "MemorySize": MEMORY_MB,
            "Timeout": TIMEOUT_S,
            "State": "Active",
            "Version": LATEST,
        }

    def invoke(
        self, name_or_arn: str, payload: bytes, *, trace: str | None = None
    ) -> InvocationResult:
        """Blocks until the handler is done, which finds `trace`, the header of its caller's, where
        Lambda has it. Raises ResourceNotFoundException."""
        function = self._known(name_or_arn)
        arn = self._arn_prefix + function.qualified
        name, context = function.name, LambdaContext(function.name, arn, function.version)
        event = _parsed(payload)
        try:
            with variables({} if trace is None else {TRACE: trace}):
                result = self.call(self._handlers[name], event, context)
        except SystemExit as error:  # Lambda tells so of a runtime that ended under an invocation
            status = error.code if isinstance(error.code, int) else int(error.code is not None)
            how = f"with error: exit status {status}" if status else "without providing a reason"
            message = f"RequestId: {context.aws_request_id} Error: Runtime exited {how}"
            return _error("Runtime.ExitError", message, context)
        except BaseException as error:  # the handler's, whatever it raised
            # the first frames are the engine's; Lambda shows the handler's
            stack = traceback.extract_tb(error.__traceback__)
            frames = [each for each in stack if not ENGINE_FILES.match(each.filename)]
            lines = traceback.format_list(frames)
            if self._report is not None:
                self._report(f"{name} failed.\n{traceback_of(error)}")
            return _error(type(error).__name__, text_of(error), context, lines)
        try:
            answer = json.dumps(result, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            return _error("Runtime.MarshalError", f"Unable to marshal response: {error}", context)
        if len(answer) > MOST_BYTES:
            problem = "Response payload size exceeded maximum allowed payload size"
            told = f"{problem} ({MOST_BYTES} bytes)."
            return _error("Function.ResponseSizeTooLarge", told, context)
        return InvocationResult(answer)

    def invoke_later(
        self, name_or_arn: str, payload: bytes, *, trace: str | None = None
    ) -> clock.ClockedThread:
        """Invokes in a thread, which is returned, and logs a failure where nobody is told of it.
        Raises ResourceNotFoundException and InvalidRequestContentException at once."""
        name = self._known(name_or_arn).name
        _parsed(payload)

        def run() -> None:
            result = self.invoke(name_or_arn, payload, trace=trace)
            if result.failed and self._report is None:
                error = json.loads(result.payload)
                fields = {"error": error["errorType"], "aws_request_id": error["requestId"]}
                log.error("function failed", function=name, **fields)

        thread = clock.ClockedThread(target=run, name=f"event for {name}")
        thread.start()
        return thread

    def call(self, handler: HandlerFunction, event: Any, context: Any) -> Any:
        """What a function returns, plain or a coroutine's, of (event) or (event, context). Raises
        what it raises."""
        with clock.current().busy():
            return self._called(handler, event, context)

    def _called(self, handler: HandlerFunction, event: Any, context: Any) -> Any:
        takes_context = len(inspect.signature(handler).parameters) > 1
        call = handler(event, context) if takes_context else handler(event)
        if not inspect.iscoroutine(call):
            return call

        async def outcome() -> tuple[Any, BaseException | None]:
            """SystemExit, raised in a task, would end the loop every other handler waits for."""
            try:
                return await call, None
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                return None, error

        awaited = outcome()
        try:
            result, error = asyncio.run_coroutine_threadsafe(awaited, self._loop).result()
        except RuntimeError:
            awaited.close()  # the loop is closed: nobody will await it
            call.close()
            raise
        if error is not None:
            raise error
        return result

    def _known(self, name_or_arn: str) -> FunctionReference:
        function = FunctionReference.read(name_or_arn)
        if function.name not in self._handlers:
            message = f"Function not found: {self._arn_prefix}{function.qualified}"
            raise AwsError("ResourceNotFoundException", message, status=404)
        return function


def _parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload or b"{}")
    except (ValueError, RecursionError) as error:
        message = f"Could not parse request body into json: {error}"
        raise AwsError("InvalidRequestContentException", message) from error


def _error(
    type: str, message: str, context: LambdaContext, trace: list[str] | None = None
) -> InvocationResult:
    body = {"errorMessage": message, "errorType": type, "requestId": context.aws_request_id}
    return InvocationResult(json.dumps(body | {"stackTrace": trace or []}).encode(), failed=True)
