"""Telling the quota endpoint what to show, and asking what it was asked."""

import json
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
