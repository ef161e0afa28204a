"""Trouble in the service is written as metrics that its alarms are on, and a quiet one is not.

An alarm is worked out as CloudWatch does, from the lines of one minute:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import io
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.core.breaker import BreakerState
from handrail.telemetry.emf import EmfReports
from handrail.telemetry.metrics import Metrics
from tests.deploy.cloudwatch import OURS, alarms, of_alarm
from tests.deploy.templates import deployed, load

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEFAULTS = {
    name: str(about["Default"])
    for name, about in load("alarms")["Parameters"].items()
    if name.startswith(("Max", "Min"))
}
WITH_A_BUS = {"UsesBus": "true", "StateMachineAlarms": "account"}
ON_OURS = {
    name: alarm
    for name, alarm in alarms(deployed("alarms", **DEFAULTS, **WITH_A_BUS)).items()
    if any(metric.namespace == OURS for metric in of_alarm(alarm))
}
COMPARED = {
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
}

Series = Mapping[tuple[str, frozenset[tuple[str, str]]], list[tuple[float, float]]]
"""Values and how often each came, by metric and dimensions."""


def a_quiet_minute(metrics: Metrics) -> None:
    """Checks of the balancer, one person who watches, a bus that answers."""
    metrics.request("/readyz", "GET", 200, 0.002)
    metrics.start("orders", "started")
    metrics.start("orders", "refused")
    metrics.socket_opened("websocket")
    metrics.lag_seen("read", 2)
    metrics.breaker("StartExecution", BreakerState.CLOSED)
    metrics.bus_up(True)
    metrics.push_behind(1)
    metrics.news_waiting(1, 0, 5)
    metrics.news("sent", "webhook")
    metrics.news("failed", "webhook")
    metrics.show_watches(lambda: 2, {"read": lambda: 1})
    metrics.show_reads("GetExecutionHistory", lambda: 0.2, lambda: 0)


def breaker(metrics: Metrics) -> None:
    metrics.breaker("StartExecution", BreakerState.OPEN)


def starts(metrics: Metrics) -> None:
    for outcome in ("failed", "failed", "failed", "throttled", "throttled", "throttled"):
        metrics.start("orders", outcome)


def lag(metrics: Metrics) -> None:
    for _ in range(3):
        metrics.lag_seen("read", 100)


def budget(metrics: Metrics) -> None:
    metrics.show_reads("GetExecutionHistory", lambda: 0.99, lambda: 12)


def shed(metrics: Metrics) -> None:
    metrics.requests_shed.inc(11)


def sockets(metrics: Metrics) -> None:
    for _ in range(4_001):
        metrics.socket_opened("websocket")
        metrics.socket_opened("sse")


def watchers(metrics: Metrics) -> None:
    metrics.show_watches(lambda: 2, {"read": lambda: 500, "pushed": lambda: 401})


def push(metrics: Metrics) -> None:
    metrics.push_behind(float("inf"))


def bus(metrics: Metrics) -> None:
    metrics.bus_up(False)


def late_news(metrics: Metrics) -> None:
    metrics.news_waiting(3, 0, 1_000)


def dead_news(metrics: Metrics) -> None:
    metrics.news("dead", "webhook")


TROUBLE: dict[str, Callable[[Metrics], None]] = {
    "breaker-open": breaker,
    "starts-failed": starts,
    "live-lag": lag,
    "read-budget": budget,
    "requests-shed": shed,
    "sockets-near-limit": sockets,
    "watchers-near-limit": watchers,
    "push-behind": push,
    "bus-down": bus,
    "news-late": late_news,
    "news-dead": dead_news,
}


def series_of(*minutes: Callable[[Metrics], None]) -> Series:
    """What CloudWatch has of a process in which that happened, at first and then in the minute."""
    metrics, told = Metrics(), io.StringIO()
    reports = EmfReports(metrics.registry, "dev", lambda: NOW, told)
    found: dict[Any, list[tuple[float, float]]] = {}
    for minute in minutes:
        minute(metrics)
        metrics.refresh()
        found = {}
        for document in reports.documents():
            for name, dimensions, value in told_by(document):
                counted = value if isinstance(value, dict) else {"Values": [value], "Counts": [1]}
                pairs = zip(counted["Values"], counted["Counts"], strict=True)
                found.setdefault((name, dimensions), []).extend(pairs)
    return found


def told_by(document: dict[str, Any]) -> Iterator[tuple[str, frozenset[tuple[str, str]], Any]]:
    for directive in document["_aws"]["CloudWatchMetrics"]:
        assert directive["Namespace"] == OURS
        for names in directive["Dimensions"]:
            dimensions = frozenset((name, document[name]) for name in names)
            for metric in directive["Metrics"]:
                yield metric["Name"], dimensions, document[metric["Name"]]


def statistic(kind: str, pairs: list[tuple[float, float]]) -> float:
    count = sum(often for _, often in pairs)
    if kind.startswith("p"):
        passed = 0.0
        for value, often in sorted(pairs):
            passed += often
            if passed >= count * float(kind[1:]) / 100:
                return value
    total = sum(value * often for value, often in pairs)
    values = [value for value, _ in pairs]
    worked_out = {"Sum": total, "SampleCount": count, "Average": total / count}
    return worked_out.get(kind, max(values) if kind == "Maximum" else min(values))


def measured(series: Series, stat: dict[str, Any], kind: str) -> float | None:
    dimensions = frozenset((each["Name"], each["Value"]) for each in stat["Dimensions"])
    pairs = series.get((stat["MetricName"], dimensions))
    return statistic(kind, pairs) if pairs else None


def value_of(series: Series, alarm: dict[str, Any]) -> float | None:
    if "MetricName" in alarm:
        return measured(series, alarm, alarm.get("Statistic") or alarm["ExtendedStatistic"])
    *inner, told = alarm["Metrics"]
    if not inner:
        return most(series, told["Expression"])
    known = {
        each["Id"]: measured(series, each["MetricStat"]["Metric"], each["MetricStat"]["Stat"])
        for each in inner
    }
    there = {name: value for name, value in known.items() if value is not None}
    if not there:
        return None
    expression = re.sub(
        r"SUM\(\[(.*?)\]\)",
        lambda found: str(sum(there.get(name, 0) for name in found[1].split(", "))),
        told["Expression"],
    )
    return float(eval(expression, {}, there))  # noqa: S307 ours; arithmetic reads as Python


def most(series: Series, query: str) -> float | None:
    """Of the series that a query has, the one with the most."""
    found = re.fullmatch(
        r'SELECT MAX\((\w+)\) FROM SCHEMA\("Handrail", "(\w+)", "Stage"\)'
        r" WHERE \"Stage\" = '(\w+)' GROUP BY \"(\w+)\" ORDER BY MAX\(\) DESC",
        query,
    )
    assert found is not None
    name, dimension, stage, group = found.groups()
    assert dimension == group
    values = [
        value
        for (metric, dimensions), pairs in series.items()
        if metric == name and {each for each, _ in dimensions} == {dimension, "Stage"}
        if ("Stage", stage) in dimensions
        for value, _ in pairs
    ]
    return max(values, default=None)


def rings(alarm: dict[str, Any], *minutes: Callable[[Metrics], None]) -> bool:
    value = value_of(series_of(*minutes), alarm)
    if value is None:
        return bool(alarm["TreatMissingData"] == "breaching")
    return bool(COMPARED[alarm["ComparisonOperator"]](value, float(alarm["Threshold"])))


def test_each_alarm_on_what_the_service_counts_is_tried_here() -> None:
    assert ON_OURS.keys() == TROUBLE.keys() | {"metrics-missing"}


@pytest.mark.parametrize("name", TROUBLE)
def test_an_alarm_hears_of_its_trouble_and_of_no_other(name: str) -> None:
    assert rings(ON_OURS[name], a_quiet_minute, TROUBLE[name])

    others = [other for other, trouble in TROUBLE.items() if other != name]
    heard = [other for other in others if rings(ON_OURS[name], a_quiet_minute, TROUBLE[other])]
    assert heard == []


@pytest.mark.parametrize("name", ON_OURS)
def test_a_quiet_service_rings_nothing(name: str) -> None:
    assert not rings(ON_OURS[name], a_quiet_minute)


def test_a_service_that_is_silent_rings_where_something_should_be_heard() -> None:
    silent = {name for name, alarm in ON_OURS.items() if rings(alarm, lambda _: None)}

    assert silent == {"metrics-missing", "bus-down"}


def test_a_breaker_that_closed_again_is_the_end_of_its_alarm() -> None:
    def closed(metrics: Metrics) -> None:
        metrics.breaker("StartExecution", BreakerState.CLOSED)

    assert not rings(ON_OURS["breaker-open"], a_quiet_minute, breaker, closed)
