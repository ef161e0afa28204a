"""A Map Run over children that start, end and fail as a test says."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.map_runs.map_items import ChildInput, MapRunFailure
from handrail.engine.map_runs.map_run import LiveMapRun, exceeded

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"


@pytest.mark.parametrize(
    ("failed", "count", "percentage", "too_many"),
    [
        (0, 0, 0, False),
        (1, 0, 0, True),
        (1, 1, 0, False),
        (2, 1, 0, True),
        (5, 0, 50, False),
        (6, 0, 50, True),
        (2, 1, 50, True),
        (6, 9, 50, True),
    ],
)
def test_thresholds_of_ten_items(
    failed: int, count: int, percentage: float, *, too_many: bool
) -> None:
    assert exceeded(failed, 10, count=count, percentage=percentage) is too_many


def live_run(*, at_once: int = 0, count: int = 0, machine: str = MACHINE) -> LiveMapRun:
    return LiveMapRun(
        state_machine_arn=machine,
        execution_arn="arn:execution",
        max_concurrency=at_once,
        tolerated_failure_count=count,
        tolerated_failure_percentage=0,
        label="Label",
    )


@dataclass(slots=True, eq=False)
class ScriptedChild:
    """Ends at once with `outcome`; without one it runs until it is stopped or ended."""

    run: LiveMapRun
    items: int
    outcome: str | None
    stopped: bool = False
    started: Callable[[], None] = field(default=lambda: None)

    def start(self) -> None:
        self.started()
        if self.outcome:
            self.run.child_ended(self.outcome, self.items)

    def stop(self, error: str | None, cause: str | None) -> None:
        if not self.outcome:
            self.end("ABORTED")

    def end(self, outcome: str) -> None:
        self.outcome = outcome
        self.run.child_ended(outcome, self.items)

    def written(self) -> dict[str, Any]:
        return {"status": self.outcome}


def inputs(*items: int) -> list[ChildInput]:
    return [ChildInput("null", number) for number in items]


def nonzero(counts: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in counts.items() if number}


def test_its_arns_have_the_label_of_the_state() -> None:
    run = live_run()
    assert run.machine_arn == f"{MACHINE}/Label"
    assert run.map_run_arn.startswith("arn:aws:states:us-east-1:123456789012:mapRun:m/Label:")


def test_a_nested_map_is_of_the_same_state_machine() -> None:
    assert live_run(machine=f"{MACHINE}/Outer").machine_arn == f"{MACHINE}/Label"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]), st.integers(1, 3)
        )
    ),
    st.integers(0, 4),
)
def test_counts_add_up_at_any_moment_and_a_run_ends_by_its_threshold(
    outcomes: list[tuple[str, int]], tolerated: int
) -> None:
    run, left = live_run(count=tolerated), iter(outcomes)
    total = sum(items for _, items in outcomes)
    seen: list[dict[str, int]] = []

    def launched(one: ChildInput) -> ScriptedChild:
        outcome, items = next(left)
        return ScriptedChild(run, items, outcome, started=lambda: seen.append(run.counts()[1]))

    failed = sum(items for outcome, items in outcomes if outcome != "SUCCEEDED")
    given_items = inputs(*(items for _, items in outcomes))
    too_many = pytest.raises(MapRunFailure) if failed > tolerated else nullcontext()
    with too_many:
        run.run(given_items, launched)
    executions, items_ = run.counts()
    assert executions["total"] == len(outcomes)
    for counts in (*seen, items_):
        parts = {name: n for name, n in counts.items() if name not in {"total", "resultsWritten"}}
        assert sum(parts.values()) == counts["total"] == total
    assert items_["pending"] == sum(one.items for one in run.pending)


@dataclass(slots=True)
class Running:
    """A run in a thread of its own, whose children don't end by themselves."""

    run: LiveMapRun
    thread: Thread = field(init=False)
    started: "SimpleQueue[ScriptedChild]" = field(default_factory=SimpleQueue)
    raised: list[MapRunFailure] = field(default_factory=list)

    def begin(self, number: int) -> "Running":
        self.thread = Thread(target=self._body, args=(inputs(*[1] * number),), daemon=True)
        self.thread.start()
        return self

    def children(self, number: int) -> list[ScriptedChild]:
        """So many more that have started."""
        return [self.started.get(timeout=5) for _ in range(number)]

    def _body(self, given: list[ChildInput]) -> None:
        try:
            self.run.run(given, lambda one: self._launched(one.items))
        except MapRunFailure as failure:
            self.raised.append(failure)

    def _launched(self, items: int) -> ScriptedChild:
        child = ScriptedChild(self.run, items, None)
        child.started = lambda: self.started.put(child)
        return child


def test_no_more_children_run_than_may_until_the_limit_is_raised() -> None:
    run = live_run(at_once=2)
    running = Running(run).begin(4)
    children = running.children(2)
    assert nonzero(run.counts()[0]) == {"pending": 2, "running": 2, "total": 4}
    run.update(max_concurrency=4, tolerated_count=None)
    for child in children + running.children(2):
        child.end("SUCCEEDED")
    running.thread.join(5)
    assert nonzero(run.counts()[0]) == {"succeeded": 4, "total": 4, "resultsWritten": 4}


def test_the_first_failure_too_many_stops_the_rest() -> None:
    run = live_run(at_once=2)
    running = Running(run).begin(3)
    running.children(2)[0].end("FAILED")
    running.thread.join(5)
    assert running.raised[0].cause == "The specified tolerated failure threshold was exceeded"
    assert nonzero(run.counts()[0]) == {"pending": 1, "failed": 1, "aborted": 1, "total": 3}
    assert len(run.pending) == 1


def test_aborted_it_stops_its_children_and_says_so_once() -> None:
    run, told = live_run(at_once=2), []
    running = Running(run).begin(3)
    children = running.children(2)
    run.on_abort = lambda: told.append([child.outcome for child in children])
    run.abort()
    running.thread.join(5)
    run.abort()
    assert (told, running.raised) == ([["ABORTED", "ABORTED"]], [])
    assert (run.status, run.close("SUCCEEDED")) == ("ABORTED", False)
    assert run.stop_date is not None


def test_results_of_failed_children_count_once_they_are_written() -> None:
    run = live_run(count=2)
    left = iter(["FAILED", "SUCCEEDED"])
    run.run(inputs(2, 1), lambda one: ScriptedChild(run, one.items, next(left)))
    assert run.counts()[1]["resultsWritten"] == 1
    run.exported = True
    assert run.counts()[1]["resultsWritten"] == 3
