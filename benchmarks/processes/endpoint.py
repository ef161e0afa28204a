"""A Step Functions endpoint as cheap as one can be: it must never be what is measured.

AWS JSON 1.0 over keep-alive HTTP/1.1, StartExecution and ListStateMachines only, on uvloop.
"""

import asyncio
import time
from collections.abc import Callable
from email.utils import formatdate
from itertools import count
from typing import cast

import uvloop

HEAD_END = b"\r\n\r\n"
MACHINE = "benchmark"
ARN = b"arn:aws:states:us-east-1:123456789012:%b:" + MACHINE.encode()
MACHINES = (
    b'{"stateMachines":[{"creationDate":1.7672256E9,"name":"%b","stateMachineArn":"%b",'
    b'"type":"STANDARD"}]}' % (MACHINE.encode(), ARN % b"stateMachine")
)
STARTED = b'{"executionArn":"%b:%%d","startDate":%%.3f}' % (ARN % b"execution")
HEAD = (
    b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: 8b4a8d7e-6a4f-4a52-9a7e-2f6a3d1c5b90\r\n"
    b"Date: %b\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n"
)
numbers = count(1)


class Endpoint(asyncio.Protocol):
    """One connection; requests may arrive in any pieces. `answer` makes a whole answer of a whole
    request."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._pending = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while (end := self._request_end()) is not None:
            request, self._pending = self._pending[:end], self._pending[end:]
            assert self._transport is not None
            self._transport.write(self._answer(request))

    def _request_end(self) -> int | None:
        head = self._pending.find(HEAD_END)
        if head < 0:
            return None
        end = head + len(HEAD_END) + content_length(self._pending[:head])
        return end if len(self._pending) >= end else None


def content_length(head: bytes) -> int:
    """0 where the head names none."""
    _, named, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if named else 0


def answer(request: bytes) -> bytes:
    """Every start is a new execution, dated now."""
    body = MACHINES
    if b"AWSStepFunctions.StartExecution" in request:
        body = STARTED % (next(numbers), time.time())
    date = formatdate(usegmt=True).encode()
    return HEAD % (date, len(body)) + body


async def serve(answer: Callable[[bytes], bytes]) -> None:
    """For good, on any port, which is printed as a URL."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Endpoint(answer), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(answer))
