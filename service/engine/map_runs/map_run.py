"""A Map Run: the child executions of one visit to a distributed Map, and how they stand.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from threading import Event, Lock
from typing import Any, Protocol
from uuid import uuid4

from .map_items import ChildInput, MapRunFailure

MOST_AT_ONCE = 1000
"""Where MaxConcurrency sets no limit: a child is threads of this process."""
EXCEEDED = "The specified tolerated failure threshold was exceeded"
UNSUCCESSFUL = "FAILED", "TIMED_OUT", "ABORTED"
_COUNTED = {
    "PENDING": "pending",
    "RUNNING": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "TIMED_OUT": "timedOut",
    "ABORTED": "aborted",
}


class Child(Protocol):
    """A child execution, which tells its Map Run (`child_ended`) when it has ended."""

    items: int

    def start(self) -> None: ...
    def stop(self, error: str | None, cause: str | None) -> None: ...
    def written(self) -> Mapping[str, Any]: ...


class LiveMapRun:
    """Stands for moto's record of one. The thread of the Map state starts the children; they end in
    threads of their own, and requests come in others."""

    def __init__(
        self,
        *,
        state_machine_arn: str,
        execution_arn: str,
        max_concurrency: int,
        tolerated_failure_count: float,
        tolerated_failure_percentage: float,
        label: str | None,
    ) -> None:
        self.label = label or str(uuid4())
        machine_arn = state_machine_arn.partition("/")[0]  # that of a nested Map has a label too
        self.machine_arn = f"{machine_arn}/{self.label}"
        run_arn = machine_arn.replace(":stateMachine:", ":mapRun:", 1)
        self.map_run_arn = f"{run_arn}/{self.label}:{uuid4()}"
        self.execution_arn = execution_arn
        self.max_concurrency = max_concurrency
        self.tolerated_count = int(tolerated_failure_count)
        self.tolerated_percentage = float(tolerated_failure_percentage)
        self.status, self.start_date = "RUNNING", _now()
        self.stop_date: datetime | None = None
        self.children: list[Child] = []
        self.express = self.exported = False
        self.on_abort: Callable[[], None] = lambda: None
        self._inputs: Sequence[ChildInput] = ()
        self._begun = 0
        self._executions: Counter[str] = Counter()
        self._items: Counter[str] = Counter()
        self._exceeded = False
        self._lock, self._changed = Lock(), Event()

    @property
    def pending(self) -> Sequence[ChildInput]:
        """The inputs no child was started with."""
        return self._inputs[self._begun :]

    def run(self, inputs: Sequence[ChildInput], launched: Callable[[ChildInput], Child]) -> None:
        """Start a child for each, as many at once as may run, and wait for all. Raises
        MapRunFailure once too many failed, the others being stopped. Returns early when aborted."""
        with self._lock:
            self._inputs = inputs
            self._executions["PENDING"] = len(inputs)
            self._items["PENDING"] = sum(one.items for one in inputs)
        try:
            while (taken := self._take()) is not None:
                child = launched(taken)
                child.start()
                self.children.append(child)
        finally:
            self._stop_children()
        if self._exceeded:
            raise MapRunFailure("States.ExceedToleratedFailureThreshold", EXCEEDED)

    def child_ended(self, status: str, items: int) -> None:
        with self._lock:
            self._move("RUNNING", status, items)
            failed = sum(self._items[status] for status in UNSUCCESSFUL)
            total = sum(self._items.values())
            count, percentage = self.tolerated_count, self.tolerated_percentage
            if not self.aborted and exceeded(failed, total, count=count, percentage=percentage):
                self._exceeded = True
            self._changed.set()

    def abort(self) -> None:
        """Start no more children, and stop those that run. Does nothing where the run has ended."""
        if self.close("ABORTED"):
            self._stop_children()
            self.on_abort()

    @property
    def aborted(self) -> bool:
        return self.status == "ABORTED"

    def close(self, status: str) -> bool:
        """False where it has ended otherwise."""
        with self._lock:
            if self.status != "RUNNING":
                return False
            self.status, self.stop_date = status, _now()
            self._inputs, self._begun = self.pending, 0  # the rest was used
            self._changed.set()
            return True

    def update(self, **limits: float | None) -> None:
        """Change what is given of max_concurrency, tolerated_count and tolerated_percentage."""
        with self._lock:
            for name, value in limits.items():
                if value is not None:
                    setattr(self, name, value)
            self._changed.set()

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Of child executions and of items, under AWS's names; each adds up to its total."""
        with self._lock:
            return self._shown(self._executions), self._shown(self._items)

    def _take(self) -> ChildInput | None:
        """The next input, once a child may start with it; None when there will be none any more and
        all children have ended."""
        while True:
            with self._lock:
                self._changed.clear()
                waiting, running = self._executions["PENDING"], self._executions["RUNNING"]
                if self.aborted or self._exceeded or not (waiting or running):
                    return None
                if waiting and running < (self.max_concurrency or MOST_AT_ONCE):
                    taken = self._inputs[self._begun]
                    self._begun += 1
                    self._move("PENDING", "RUNNING", taken.items)
                    return taken
            self._changed.wait()

    def _move(self, before: str, after: str, items: int) -> None:
        for counter, number in ((self._executions, 1), (self._items, items)):
            counter[before] -= number
            counter[after] += number

    def _stop_children(self) -> None:
        for child in list(self.children) if self._executions["RUNNING"] else ():
            child.stop(None, None)

    def _shown(self, counter: Counter[str]) -> dict[str, int]:
        written = sum(counter[status] for status in UNSUCCESSFUL) if self.exported else 0
        return {
            **{name: counter[status] for status, name in _COUNTED.items()},
            "total": sum(counter.values()),
            "resultsWritten": written + counter["SUCCEEDED"],
        }


def exceeded(failed: int, total: int, *, count: int, percentage: float) -> bool:
    """True where `failed` items of `total` are too many. A threshold of 0 is one not given; with
    none given, nothing is tolerated; with both, the first exceeded counts."""
    if not (count or percentage):
        return failed > 0
    return bool((count and failed > count) or (percentage and failed * 100 > percentage * total))


def _now() -> datetime:
    """In whole milliseconds, as AWS's timestamps are."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
