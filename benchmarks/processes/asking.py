"""Telling the quota endpoint what to show, and asking what it was asked."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen


@dataclass(frozen=True, slots=True)
class Counts:
    """Calls by operation: all, those throttled, and those that found nothing."""

    calls: dict[str, int]
    throttled: dict[str, int]
    refused: dict[str, int]

    def since(self, before: "Counts") -> "Counts":
        return Counts(
            _less(self.calls, before.calls),
            _less(self.throttled, before.throttled),
            _less(self.refused, before.refused),
        )


def add(
    endpoint: str, names: Sequence[str], plan: str, *, first_at: float, over_s: float = 0
) -> None:
    """Put executions into the account, started one after the other over a time."""
    told = {"names": list(names), "plan": plan, "first_at": first_at, "over_s": over_s}
    _told(endpoint, "Add", told)


def deliver(endpoint: str, delivery: str) -> None:
    """From now on events are pushed so (`processes.delivery`)."""
    _told(endpoint, "Deliver", {"delivery": delivery})


def split(endpoint: str) -> None:
    """One of the stream's shards."""
    _told(endpoint, "Split", {})


def trouble(endpoint: str, kind: str, for_s: float, operations: Sequence[str] | None) -> None:
    """For so long these operations, or all, `throttle`, `hang` or `fail`."""
    told = {"kind": kind, "until": time.time() + for_s, "operations": operations}
    _told(endpoint, "Trouble", told)


def history(endpoint: str, arn: str) -> list[dict[str, Any]]:
    """All events of an execution, as AWS has them, whatever the quotas."""
    events: list[dict[str, Any]] = _told(endpoint, "History", {"arn": arn})["events"]
    return events


def counts(endpoint: str) -> Counts:
    """What was asked until now."""
    return Counts(**_told(endpoint, "Counts", {}))


def _told(endpoint: str, operation: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"X-Amz-Target": f"Benchmark.{operation}", "Content-Type": "application/json"}
    request = Request(endpoint, json.dumps(body).encode(), headers)  # noqa: S310 - loopback
    with urlopen(request, timeout=10) as answer:  # noqa: S310
        told: dict[str, Any] = json.load(answer)
        return told


def _less(now: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    less = {name: count - before.get(name, 0) for name, count in now.items()}
    return {name: count for name, count in less.items() if count}
