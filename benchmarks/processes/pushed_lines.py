"""What Step Functions logs of an execution, as CloudWatch Logs puts it into a stream; and the
status changes that EventBridge puts there.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import gzip
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

from .account import Execution
from .plans import TOKEN, PlannedEvent

LOG_GROUP = "/aws/vendedlogs/states/benchmark"
AT, ARN = "@AT@", "@ARN@"
LEVEL = 1
"""Of gzip: the endpoint must never be what is measured."""

BATCH = (
    b'{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"%b",'
    b'"logStream":"states/benchmark/2026-01-01-00-00/7851b2d9",'
    b'"subscriptionFilters":["handrail"],"logEvents":[%%b]}' % LOG_GROUP.encode()
)


def log_line(execution: Execution, id: int, *, whole: bool = True) -> bytes:
    """One event as a member of a batch. `whole` is False without execution data."""
    event, at = execution.event(id), execution.at(id)
    line = _template(event, id, whole)
    stamp = b"%d" % round(at * 1000)
    line = line.replace(AT.encode(), stamp).replace(ARN.encode(), execution.arn.encode())
    if TOKEN.encode() in line:
        line = line.replace(TOKEN.encode(), execution.token.encode())
    return line


def log_batch(lines: Iterable[bytes]) -> bytes:
    return gzip.compress(BATCH % b",".join(lines), LEVEL)


def status_change(execution: Execution, now: float) -> bytes:
    """What EventBridge says of an execution as it stands."""
    status, ended_at = execution.status(now)
    return json.dumps(
        {
            "version": "0",
            "id": "315c1398-40ff-a850-213b-158f73e60175",
            "detail-type": "Step Functions Execution Status Change",
            "source": "aws.states",
            "account": "123456789012",
            "time": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": "us-east-1",
            "resources": [execution.arn],
            "detail": {
                "executionArn": execution.arn,
                "stateMachineArn": execution.machine_arn,
                "name": execution.name,
                "status": status,
                "startDate": round(execution.started_at * 1000),
                "stopDate": None if ended_at is None else round(ended_at * 1000),
                "redriveCount": 0,
            },
        }
    ).encode()


@cache
def _template(event: PlannedEvent, id: int, whole: bool) -> bytes:
    named = json.loads(b"{" + (event.details if whole else event.bare) + b"}")
    (details,) = named.values()
    line = {
        "id": str(id),
        "type": event.type,
        "details": details,
        "redrive_count": "0",
        "previous_event_id": str(event.previous),
        "event_timestamp": AT,
        "execution_arn": ARN,
    }
    logged = {"id": f"{id:056d}", "timestamp": 0, "message": json.dumps(line)}
    return json.dumps(logged).replace('"timestamp": 0', f'"timestamp": {AT}').encode()
