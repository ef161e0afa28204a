"""`first_event http|live|bare`: what a fresh Lambda instance needs until its first answer.

`http` and `live` import the handler, preloading as a deployed function does, and answer one event
that asks nothing of AWS. `bare` is the least anybody needs who calls Step Functions: aioboto3 and
one client.
"""

import asyncio
import json
import resource
import sys
import time
from typing import Any

HTTP: dict[str, Any] = {
    "version": "2.0",
    "headers": {"host": "localhost"},
    "requestContext": {
        "http": {"method": "GET", "path": "/healthz", "sourceIp": "203.0.113.17"},
        "requestId": "first",
        "stage": "$default",
    },
    "isBase64Encoded": False,
}
NOTHING_TO_DO = {
    "source": "aws.states",
    "detail-type": "Step Functions Execution Status Change",
    "detail": {
        "executionArn": "arn:aws:states:us-east-1:123456789012:express:prices:first:1",
        "status": "SUCCEEDED",
    },
}
"""An Express execution has no history to read."""

LIVE: dict[str, Any] = {
    "Records": [{"messageId": "first", "body": json.dumps(NOTHING_TO_DO), "eventSource": "aws:sqs"}]
}


class Context:
    aws_request_id = "first"

    def get_remaining_time_in_millis(self) -> int:
        return 20_000


def of_handler(kind: str) -> float:
    """When everything was imported."""
    from handrail.aws_lambda.runtime import preload  # noqa: PLC0415 - measured
    from handrail.lambda_handler import handler  # noqa: PLC0415

    preload(kind)
    imported_at = time.perf_counter()
    answer = handler(HTTP if kind == "http" else LIVE, Context())
    assert answer.get("statusCode", 200) == 200
    return imported_at


def of_client() -> float:
    """When everything was imported."""
    import aioboto3  # noqa: PLC0415 - measured

    imported_at = time.perf_counter()

    async def first() -> None:
        async with aioboto3.Session().client("stepfunctions"):
            return

    asyncio.run(first())
    return imported_at


def main() -> None:
    kind = sys.argv[1]
    sys.modules["rich"] = None  # type: ignore[assignment] # as in production: an extra it lacks
    began_at, used = time.perf_counter(), time.process_time()
    imported_at = of_client() if kind == "bare" else of_handler(kind)
    found = {
        "wall_s": time.perf_counter() - began_at,
        "import_s": imported_at - began_at,
        "cpu_s": time.process_time() - used,
        "modules": len(sys.modules),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
