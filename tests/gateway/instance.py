"""One Lambda instance: a process with a function in it, asked over a socket, a line a message.

`python -m tests.gateway.instance FD MODULE:OBJECT NAME`. The object is called with each event and a
context, one at a time; of a class one is made, at the cold start.
"""

import importlib
import json
import socket
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.events import ACCOUNT, REGION

Function = Callable[[Any, "Context"], Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda tells a function of an invocation: "Using the Lambda context object to retrieve
    Python function information", Lambda Developer Guide."""

    function_name: str
    ends_at: float
    """On the monotonic clock."""

    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 512
    log_stream_name: str = "2026/11/22/[$LATEST]4459c970fa6d4c77aca62c95850fce54"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.ends_at - time.monotonic()) * 1000))


def serve(connection: socket.socket, target: str, name: str) -> None:
    """Answer until the other end is closed."""
    function = _loaded(target)
    with connection, connection.makefile("rwb") as stream:
        _send(stream, {"ready": True})
        for line in stream:
            asked = json.loads(line)
            context = Context(name, time.monotonic() + asked["timeout_s"])
            _send(stream, _answer(function, asked["event"], context))


def _loaded(target: str) -> Function:
    module, _, name = target.partition(":")
    found: Any = getattr(importlib.import_module(module), name)
    function: Function = found() if isinstance(found, type) else found
    return function


def _answer(function: Function, event: Any, context: Context) -> dict[str, Any]:
    try:
        return {"answer": json.loads(json.dumps(function(event, context)))}
    except Exception as error:
        traceback.print_exc()
        return {"error": {"errorType": type(error).__name__, "errorMessage": str(error)}}


def _send(stream: Any, message: dict[str, Any]) -> None:
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2], sys.argv[3])
