"""Plausible executions at random, and a tally of their visits kept the simple way.

A definition is drawn, then run: every branch and iteration is a Python generator that writes one
event and yields; a drawn order decides which of them goes next, so their events interleave.
"""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from random import Random

from .histories import History, Track

Steps = Generator[None, None, bool]
"""Answers whether the states it ran through were left in order (False: one failed)."""
OPEN = {"RUNNING", "WAITING", "RETRYING"}


@dataclass
class Plan:
    """One state of a definition and how it is going to behave."""

    name: str
    type: str
    failures: int = 0
    retries: int = 0
    catch: bool = False
    loops: int = 1
    resource: str = "invoke"
    branches: list[list["Plan"]] = field(default_factory=list)


@dataclass
class Tally:
    """One visit as it really went."""

    plan: Plan
    status: str = "RUNNING"
    failed_attempt: bool = False
    lines: list["Tally"] = field(default_factory=list)


class Simulation:
    """Runs plans to an end, or for a number of events and is then stopped."""

    def __init__(self, random: Random, plans: list[Plan], stop_after: int) -> None:
        self.random = random
        self.history = History()
        self.tallies: list[Tally] = []
        self.retries: Counter[str] = Counter()
        self.status = self._run(plans, stop_after)

    def expected(self) -> dict[str, dict[str, int]]:
        """By state: its visits by outcome, and its retries."""
        table: dict[str, Counter[str]] = {}
        for tally in self.tallies:
            row = table.setdefault(tally.plan.name, Counter())
            row[tally.status] += 1
        return {
            name: {**row, "entered": sum(row.values()), "retries": self.retries[name]}
            for name, row in table.items()
        }

    def _run(self, plans: list[Plan], stop_after: int) -> str:
        track = self.history.main
        whole: list[Tally] = []
        steps = self._line(plans, track, whole)
        try:
            while len(self.history.events) < stop_after:
                next(steps)
        except StopIteration as end:
            if end.value:
                track.then("ExecutionSucceeded", output="{}")
                return "SUCCEEDED"
            track.then("ExecutionFailed", error="Boom", cause="it broke")
            return "FAILED"
        self.history.write("ExecutionAborted", 0, {})
        for tally in self.tallies:
            if tally.status in OPEN:
                tally.status = "ABORTED"
        return "ABORTED"

    def _line(self, plans: list[Plan], track: Track, below: list[Tally]) -> Steps:
        for plan in plans:
            for _ in range(plan.loops):
                tally = Tally(plan)
                self.tallies.append(tally)
                below.append(tally)
                track.enter(plan.type, plan.name)
                if plan.type == "Fail":
                    tally.status = "FAILED"
                    return False
                yield
                done = yield from self._state(tally, track)
                if not done and not plan.catch:
                    tally.status = "FAILED"
                    return False
                track.exit(plan.type, plan.name)
                tally.status = "SUCCEEDED" if done else "CAUGHT"
                yield
        return True

    def _state(self, tally: Tally, track: Track) -> Steps:
        if tally.plan.type in {"Parallel", "Map"}:
            return (yield from self._container(tally, track))
        if tally.plan.type == "Task":
            return (yield from self._task(tally, track))
        return True

    def _task(self, tally: Tally, track: Track) -> Steps:
        plan = tally.plan
        for attempt in range(plan.retries + 1):
            self.retries[plan.name] += attempt > 0
            tally.failed_attempt = False
            track.schedule(plan.resource)
            yield
            if attempt >= plan.failures:
                track.then("TaskSucceeded")
                yield
                return True
            track.fails()
            tally.failed_attempt = True
            yield
        return False

    def _container(self, tally: Tally, track: Track) -> Steps:
        plan = tally.plan
        for attempt in range(plan.retries + 1):
            self.retries[plan.name] += attempt > 0
            details = {"length": len(plan.branches)} if plan.type == "Map" else {}
            track.then(f"{plan.type}StateStarted", **details)
            yield
            tally.lines = []
            broken = yield from self._interleave(tally, track)
            if not broken:
                track.aside(f"{plan.type}StateSucceeded")
                yield
                return True
            self._stop(tally.lines)
        track.then(f"{plan.type}StateFailed")
        return False

    def _interleave(self, tally: Tally, track: Track) -> Steps:
        """Answers whether a branch broke; the track then stands where that branch ended."""
        plan, start = tally.plan, track.fork()
        running = [
            (index, self._branch(plan, index, states, at := start.fork(), tally.lines), at)
            for index, states in enumerate(plan.branches)
        ]
        while running:
            choice = self.random.choice(running)
            try:
                next(choice[1])
            except StopIteration as end:
                running.remove(choice)
                track.last = choice[2].last
                if not end.value:
                    return True
            yield
        return False

    def _branch(
        self, plan: Plan, index: int, states: list[Plan], track: Track, below: list[Tally]
    ) -> Steps:
        item = {"name": plan.name, "index": index}
        if plan.type == "Map":
            track.then("MapIterationStarted", **item)
            yield
        done = yield from self._line(states, track, below)
        if plan.type == "Map":
            track.aside(f"MapIteration{'Succeeded' if done else 'Failed'}", **item)
        return done

    def _stop(self, tallies: list[Tally]) -> None:
        for tally in tallies:
            if tally.status in OPEN:
                tally.status = "FAILED" if tally.failed_attempt else "ABORTED"
                self._stop(tally.lines)


def draw_plans(random: Random, depth: int = 0, prefix: str = "S") -> list[Plan]:
    """A line of one to three states, nested at most three deep."""
    return [
        _draw(random, depth, f"{prefix}{number}") for number in range(1, random.randint(1, 3) + 1)
    ]


def _draw(random: Random, depth: int, name: str) -> Plan:
    leaves = ["Task", "Task", "Pass", "Choice", "Wait", "Fail" if depth else "Task"]
    type_ = random.choice(leaves + ["Parallel", "Map"] * (depth < 3))
    plan = Plan(name, type_, loops=random.choice([1, 1, 1, 3]))
    if type_ == "Task":
        plan.failures = random.choice([0, 0, 1, 3])
        plan.resource = random.choice(["invoke", "invoke.waitForTaskToken"])
    if type_ in {"Task", "Parallel", "Map"}:
        plan.retries = random.choice([0, 1, 2])
        plan.catch = random.random() < 0.5
    if type_ == "Parallel":
        plan.branches = [
            draw_plans(random, depth + 1, f"{name}{letter}")
            for letter in "abc"[: random.randint(1, 3)]
        ]
    if type_ == "Map":
        plan.branches = [draw_plans(random, depth + 1, f"{name}i")] * random.randint(0, 3)
    return plan
