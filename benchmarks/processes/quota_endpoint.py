"""A Step Functions endpoint that holds its callers to AWS's quotas, and says what was asked.

AWS JSON; what an account allows, refuses and throttles as AWS does. It is a Kinesis endpoint too,
whose one stream the account's events are pushed into. Beside AWS's operations it takes some of the
benchmark's own: `Benchmark.Add` puts executions into the account, `History` tells all of one,
`Split` splits a shard, `Deliver` says how events are pushed from now on, `Trouble` lets operations
fail for a while, and `Counts` tells how often each was called, was throttled and found nothing.
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping
from email.utils import formatdate
from http.client import responses

import uvloop

from .account import Account, Body, Refusal
from .delivery import STATUS, Deliverer, Delivery
from .endpoint import HEAD_END, serve
from .event_stream import EXCEEDED, EventStream
from .pushed_lines import log_batch, log_line, status_change
from .quotas import TABLES, Quotas

HEAD = (
    "HTTP/1.1 {status} {reason}\r\nx-amzn-RequestId: 8b4a8d7e-6a4f-4a52-9a7e-2f6a3d1c5b90\r\n"
    "Date: {date}\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {size}\r\n\r\n"
)
TARGET = b"x-amz-target:"
THROTTLED = "ThrottlingException"
DELIVER_S = 0.1
"""So often what is due is put into the stream."""

LINES = 200
"""Of a batch, at most."""


class QuotaEndpoint:
    """One account behind its quotas. What AWS refuses has counted against its quota too."""

    def __init__(
        self, table: Mapping[str, tuple[float, float]], delivery: Delivery | None = None
    ) -> None:
        self._account = Account()
        self._stream = EventStream()
        self._deliverer = Deliverer(delivery) if delivery else None
        self._operations = self._account.operations | self._stream.operations
        self._trouble: Body = {"until": 0.0}
        self._hung = 0
        self._quotas = Quotas(table)
        self._calls: Counter[str] = Counter()
        self._throttled: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    def answer(self, request: bytes) -> bytes:
        head, _, body = request.partition(HEAD_END)
        service, _, operation = target(head).partition(".")
        asked = json.loads(body or b"{}")
        now = time.time()
        if service == "Benchmark":
            return _answer(200, self._told(operation, asked, now))
        try:
            if self._fails(operation, now) and self._trouble["kind"] != "throttle":
                return self._failed(operation, asked, now)
            return _answer(200, self._asked(operation, asked, now))
        except Refusal as refusal:
            if refusal.args[0] in {THROTTLED, EXCEEDED}:
                self._throttled[operation] += 1
            else:
                self._refused[operation] += 1
            error = {"__type": refusal.args[0], "message": "Rate exceeded or no such thing"}
            return _answer(400, json.dumps(error).encode())

    def _asked(self, operation: str, body: Body, now: float) -> bytes:
        self._calls[operation] += 1
        throttles = self._fails(operation, now) and self._trouble["kind"] == "throttle"
        if throttles or not self._quotas.admit(operation, now):
            raise Refusal(THROTTLED)
        known = self._operations.get(operation)
        if known is None:
            raise Refusal("UnknownOperationException")
        return known(body, now)

    def deliver(self, now: float) -> None:
        """Put into the stream what is due now."""
        if self._deliverer is None:
            return
        due = self._deliverer.due(self._account.executions, now)
        whole = not self._deliverer.delivery.bare
        lines = [log_line(each, id, whole=whole) for each, id in due if id != STATUS]
        for first in range(0, len(lines), LINES):
            self._stream.put(log_batch(lines[first : first + LINES]), now)
        for execution, id in due:
            if id == STATUS:
                self._stream.put(status_change(execution, now), now)

    def _fails(self, operation: str, now: float) -> bool:
        if now >= self._trouble["until"]:
            return False
        troubled = self._trouble["operations"]
        return troubled is None or operation in troubled

    def _failed(self, operation: str, body: Body, now: float) -> bytes:
        """What AWS answers where it fails. Where it hangs it never does, and has done every other
        time what it was asked to."""
        if self._trouble["kind"] != "hang":
            return _answer(500, b'{"__type":"InternalFailure"}')
        self._hung += 1
        if self._hung % 2:
            self._asked(operation, body, now)
        return b""

    def _told(self, operation: str, body: Body, now: float) -> bytes:
        if operation == "History":
            return self._account.history(body["arn"], now)
        if operation == "Trouble":
            self._trouble = body
        if operation == "Deliver" and self._deliverer is not None:
            self._deliverer.delivery = Delivery.parse(body["delivery"])
        if operation == "Split":
            self._stream.split()
        if operation == "Add":
            self._account.add(body["names"], body["plan"], body["first_at"], body["over_s"])
        counts = (self._calls, self._throttled, self._refused)
        return json.dumps(
            dict(zip(("calls", "throttled", "refused"), counts, strict=True))
        ).encode()


def target(head: bytes) -> str:
    """`AWSStepFunctions.DescribeExecution`, from the request's head."""
    _, _, rest = head.lower().partition(TARGET)
    start = len(head) - len(rest)
    return head[start:].partition(b"\r\n")[0].strip().decode()


def _answer(status: int, body: bytes) -> bytes:
    date = formatdate(usegmt=True)
    head = HEAD.format(status=status, reason=responses[status], date=date, size=len(body))
    return head.encode() + body


async def _served(endpoint: QuotaEndpoint) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_delivering(endpoint))
        tasks.create_task(serve(endpoint.answer))


async def _delivering(endpoint: QuotaEndpoint) -> None:
    while True:
        endpoint.deliver(time.time())
        await asyncio.sleep(DELIVER_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quotas", choices=TABLES, default="large")
    parser.add_argument("--push", type=Delivery.parse, help="`processes.delivery` says how")
    given = parser.parse_args()
    uvloop.run(_served(QuotaEndpoint(TABLES[given.quotas], given.push)))


if __name__ == "__main__":
    main()
