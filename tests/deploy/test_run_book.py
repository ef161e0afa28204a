"""The run book's table of costs is what its formulas and prices come to."""

import re
from collections.abc import Callable
from math import ceil

import pytest

from tests.deploy.templates import ROOT, load

TEXT = (ROOT / "docs/run-book.md").read_text(encoding="utf-8")
HOURS, EVENTS, LINE_BYTES, TASKS, READS_PER_S = 730, 60, 450, 3, 20 / 3
EXECUTIONS = (100, 1_000, 10_000)


def logs_gb(an_hour: int) -> float:
    return an_hour * HOURS * EVENTS * LINE_BYTES / 1e9


def logs(an_hour: int) -> float:
    return 0.50 * logs_gb(an_hour)


def kept(an_hour: int) -> float:
    return 0.03 * 0.15 * logs_gb(an_hour)


def stream(an_hour: int) -> float:
    return 0.015 * HOURS + 0.014 * an_hour * HOURS * EVENTS / 1e6


def cache(an_hour: int) -> float:
    commands_per_s = 5 * an_hour * EVENTS / 3600 + an_hour / 60 * (TASKS - 1) / 2
    return 0.084 * 0.1 * HOURS + 0.0023 * commands_per_s * HOURS * 3600 / 1e6


def push(an_hour: int) -> float:
    return logs(an_hour) + kept(an_hour) + stream(an_hour)


def row(begins: str) -> list[float]:
    (line,) = [each for each in TEXT.splitlines() if each.startswith(f"| {begins}")]
    return [float(found) for found in re.findall(r"\$?(\d+(?:\.\d+)?)(?: s)?\*{0,2} (?=\|)", line)]


@pytest.mark.parametrize(
    ("begins", "cost", "digits"),
    [
        ("logs taken in", logs, 2),
        ("logs kept", kept, 2),
        ("the stream |", stream, 2),
        ("**push**: a month", push, 0),
        ("the cache, and", cache, 2),
        ("**push and the bus**: a month", lambda each: push(each) + cache(each), 0),
    ],
)
def test_a_row_is_what_its_formula_comes_to(
    begins: str, cost: Callable[[int], float], digits: int
) -> None:
    assert row(begins) == [round(cost(each), digits) for each in EXECUTIONS]


def test_polling_sees_a_change_when_each_watched_execution_had_its_turn() -> None:
    assert row("**polling**: a change") == [
        ceil(round(each / 60 / READS_PER_S, 1)) for each in EXECUTIONS
    ]


def test_limits_that_the_run_book_names_are_the_templates_own() -> None:
    (ecpus,) = re.findall(r"`BusMaxEcpuPerS` \(([\d,]+)\)", TEXT)
    assert (
        int(ecpus.replace(",", "")) == load("container")["Parameters"]["BusMaxEcpuPerS"]["Default"]
    )
