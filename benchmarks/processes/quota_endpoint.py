"""A Step Functions endpoint that holds its callers to AWS's quotas, and says what was asked.

AWS JSON 1.0; what an account allows, refuses and throttles as AWS does. Beside AWS's operations it
takes two of the benchmark's own: `Benchmark.Add` puts executions into the account, and
`Benchmark.Counts` tells how often each operation was called, was throttled and found nothing.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping
from email.utils import formatdate
from http.client import responses

import uvloop

from .account import Account, Body, Refusal
from .endpoint import HEAD_END, serve
from .quotas import TABLES, Quotas

HEAD = (
    "HTTP/1.1 {status} {reason}\r\nx-amzn-RequestId: 8b4a8d7e-6a4f-4a52-9a7e-2f6a3d1c5b90\r\n"
    "Date: {date}\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {size}\r\n\r\n"
)
TARGET = b"x-amz-target:"
THROTTLED = "ThrottlingException"


class QuotaEndpoint:
    """One account behind its quotas. What AWS refuses has counted against its quota too."""

    def __init__(self, table: Mapping[str, tuple[float, float]]) -> None:
        self._account = Account()
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
            return _answer(200, self._told(operation, asked))
        try:
            return _answer(200, self._asked(operation, asked, now))
        except Refusal as refusal:
            if refusal.args[0] != THROTTLED:
                self._refused[operation] += 1
            error = {"__type": refusal.args[0], "message": "Rate exceeded or no such thing"}
            return _answer(400, json.dumps(error).encode())

    def _asked(self, operation: str, body: Body, now: float) -> bytes:
        self._calls[operation] += 1
        if not self._quotas.admit(operation, now):
            self._throttled[operation] += 1
            raise Refusal(THROTTLED)
        known = self._account.operations.get(operation)
        if known is None:
            raise Refusal("UnknownOperationException")
        return known(body, now)

    def _told(self, operation: str, body: Body) -> bytes:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quotas", choices=TABLES, default="large")
    endpoint = QuotaEndpoint(TABLES[parser.parse_args().quotas])
    uvloop.run(serve(endpoint.answer))


if __name__ == "__main__":
    main()
