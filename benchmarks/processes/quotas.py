"""AWS's API quotas of one account and region, as the endpoint holds its callers to them.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, "API action
throttling": a token bucket an action. `large` are us-east-1, us-west-2 and eu-west-1, `small` all
other regions.
"""

import math
from collections.abc import Mapping

LARGE: Mapping[str, tuple[float, float]] = {
    "StartExecution": (1300, 300),
    "RedriveExecution": (1300, 300),
    "SendTaskSuccess": (3000, 500),
    "SendTaskFailure": (3000, 500),
    "SendTaskHeartbeat": (3000, 500),
    "GetActivityTask": (3000, 500),
    "StopExecution": (1000, 200),
    "DescribeExecution": (300, 15),
    "GetExecutionHistory": (400, 20),
    "ListExecutions": (200, 5),
    "DescribeStateMachine": (200, 20),
    "DescribeStateMachineForExecution": (200, 1),
    "ListStateMachines": (100, 5),
    "DescribeMapRun": (200, 1),
    "ListMapRuns": (100, 1),
}
"""Tokens a bucket holds, and how many come back a second."""

SMALL: Mapping[str, tuple[float, float]] = {
    **LARGE,
    "StartExecution": (800, 150),
    "RedriveExecution": (800, 150),
    "SendTaskSuccess": (1500, 300),
    "SendTaskFailure": (1500, 300),
    "SendTaskHeartbeat": (1500, 300),
    "GetActivityTask": (1500, 300),
    "StopExecution": (500, 25),
    "DescribeExecution": (250, 10),
    "ListExecutions": (100, 2),
}
TABLES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "large": LARGE,
    "small": SMALL,
    "off": {},
}


class Quotas:
    """A full bucket an action at first. Times are seconds of any one clock."""

    def __init__(self, table: Mapping[str, tuple[float, float]]) -> None:
        self._table = table
        self._left = {action: (size, -math.inf) for action, (size, _) in table.items()}

    def admit(self, action: str, now: float) -> bool:
        """Whether this call is within its action's quota; it takes a token then. What has no quota
        in the table is always."""
        if action not in self._table:
            return True
        size, refill = self._table[action]
        tokens, at = self._left[action]
        tokens = min(size, tokens + (now - at) * refill)
        admitted = tokens >= 1
        self._left[action] = (tokens - admitted, now)
        return admitted
