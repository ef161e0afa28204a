"""Reports in CloudWatch's embedded metric format."""

import io
from typing import Any

import pytest
import structlog

from handrail.core.breaker import BreakerState
from handrail.telemetry.emf import INFINITE, EmfReports
from handrail.telemetry.metrics import Metrics
from tests.fakes import BEGIN

from .emf_documents import Published, parse, published

STAGE = ("Stage", "prod")


class NotedWrites(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return super().write(text)


class Setting:
    def __init__(self) -> None:
        self.metrics = Metrics()
        self.stream = io.StringIO()
        self.reports = EmfReports(self.metrics.registry, "prod", lambda: BEGIN, self.stream)

    def report(self) -> Published:
        """What CloudWatch gets by the next report."""
        self.stream.seek(0)
        self.stream.truncate()
        self.metrics.refresh()
        self.reports.write()
        return published(self.stream.getvalue())


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_a_counter_tells_what_came_since_the_last_report(setting: Setting) -> None:
    setting.metrics.start("order", "started")
    setting.metrics.start("order", "started")
    order = (STAGE, ("StateMachine", "order"), ("Outcome", "started"))
    assert setting.report()["Starts", order] == [2]
    setting.metrics.start("order", "started")
    assert setting.report()["Starts", order] == [1]
    assert ("Starts", order) not in setting.report()


def test_a_metric_is_kept_by_each_of_its_dimension_sets(setting: Setting) -> None:
    setting.metrics.aws_call("StartExecution", "ok", 0.02)
    setting.metrics.aws_call("ListExecutions", "ok", 0.02)
    found = setting.report()
    assert sum(found["AwsCalls", (STAGE,)]) == 2
    assert sum(found["AwsCalls", (STAGE, ("Outcome", "ok"))]) == 2
    started = (STAGE, ("Operation", "StartExecution"), ("Outcome", "ok"))
    assert found["AwsCalls", started] == [1]


def test_labels_that_cloudwatch_doesn_t_keep_are_added_up(setting: Setting) -> None:
    """Each combination of dimensions is paid for: a route and a method aren't."""
    for route in ("/v1/executions", "/v1/state-machines"):
        setting.metrics.request(route, "GET", 200, 0.02)
        setting.metrics.request(route, "POST", 200, 0.02)
    found = setting.report()
    assert found["HttpRequests", (STAGE, ("Status", "200"))] == [4]
    kept = {dimensions for name, dimensions in found if name == "HttpRequests"}
    assert kept == {(STAGE,), (STAGE, ("Status", "200"))}


def test_a_histogram_has_each_value_as_its_bucket_s_bound_and_the_sum_exactly(
    setting: Setting,
) -> None:
    for seconds in (0.6, 0.7, 4.0, 900.0):
        setting.metrics.lag_seen("read", seconds)
    [told] = setting.report()["LiveLagSeconds", (STAGE, ("Source", "read"))]
    assert dict(zip(told["Values"], told["Counts"], strict=True)) == {1: 2, 5: 1, 600: 1}
    assert (told["Min"], told["Max"], told["Count"]) == (1, 600, 4)
    assert told["Sum"] == pytest.approx(905.3)
    setting.metrics.lag_seen("read", 0.1)
    [told] = setting.report()["LiveLagSeconds", (STAGE, ("Source", "read"))]
    assert (told["Values"], told["Counts"]) == ([0.5], [1])
    assert told["Sum"] == pytest.approx(0.1)


def test_a_histogram_of_several_labels_is_added_up(setting: Setting) -> None:
    setting.metrics.ended("order", "SUCCEEDED", 20.0)
    setting.metrics.ended("order", "FAILED", 25.0)
    setting.metrics.ended("order", "FAILED", 0.2)
    found = setting.report()
    [told] = found["ExecutionSeconds", (STAGE, ("StateMachine", "order"))]
    assert dict(zip(told["Values"], told["Counts"], strict=True)) == {0.5: 1, 30: 2}
    assert sum(found["ExecutionsEnded", (STAGE, ("Status", "FAILED"))]) == 2


def test_a_gauge_is_told_again_and_again_once_it_wasn_t_0(setting: Setting) -> None:
    key = "AwsBreaker", (STAGE, ("Operation", "ListExecutions"))
    setting.metrics.breaker("ListExecutions", BreakerState.CLOSED)
    assert key not in setting.report()
    setting.metrics.breaker("ListExecutions", BreakerState.OPEN)
    assert [setting.report()[key], setting.report()[key]] == [[2], [2]]
    setting.metrics.breaker("ListExecutions", BreakerState.CLOSED)
    assert [setting.report()[key], setting.report()[key]] == [[0], [0]]


def test_infinity_is_a_number_past_all_others(setting: Setting) -> None:
    setting.metrics.push_behind(float("inf"))
    assert setting.report()["PushBehindSeconds", (STAGE,)] == [INFINITE]


def test_nothing_is_told_where_nothing_happened(setting: Setting) -> None:
    assert setting.report() == {}


def test_units_are_base_units(setting: Setting) -> None:
    setting.metrics.lag_seen("push", 1.0)
    setting.metrics.push("events")
    setting.metrics.breaker("ListExecutions", BreakerState.OPEN)
    units: dict[str, Any] = {}
    for document in setting.reports.documents():
        for directive in document["_aws"]["CloudWatchMetrics"]:
            units |= {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units == {"LiveLagSeconds": "Seconds", "Push": "Count", "AwsBreaker": "None"}


def test_a_document_has_the_time_of_its_report(setting: Setting) -> None:
    setting.metrics.push("events")
    setting.report()
    document = parse(setting.stream.getvalue().splitlines()[0])
    assert document["_aws"]["Timestamp"] == 1767225600000


def test_every_metric_there_is_keeps_to_the_rules(setting: Setting) -> None:
    """Whatever its labels: each is given once."""
    metrics = setting.metrics
    for number in range(250):
        metrics.start(f"machine-{number}", "started")
        metrics.ended(f"machine-{number}", "SUCCEEDED", 10.0**9)
    metrics.task_answer("heartbeat", "applied")
    metrics.callback("settled")
    metrics.lag_seen("bus", 0.0)
    metrics.show_watches(lambda: 0.5, {"read": lambda: 1})
    metrics.show_reads("ListExecutions", lambda: 0.5, lambda: 1)
    metrics.show_requests(lambda: 1, lambda: 1)
    metrics.socket_opened("websocket")
    metrics.socket_dropped(1012)
    metrics.request("/v1/callbacks/<path:signed>", "GET", 200, 0.01)
    metrics.requests_shed.inc()
    metrics.execution_trace("exported")
    metrics.aws_call("StartExecution", "ok", 0.01)
    metrics.breaker("StartExecution", BreakerState.OPEN)
    metrics.not_sent("StartExecution")
    metrics.bus_up(True)
    metrics.bus_call("GET", "ok", 0.01)
    metrics.push("events")
    metrics.status_change("nudged")
    metrics.callback("settled")
    metrics.push_behind(1.0)
    metrics.callback("settled")
    metrics.news("sent", "webhook")
    metrics.news_waiting(1, 1, 1.0)
    names = {name for name, _ in setting.report()}
    shown = {family.name for family in metrics.registry.collect()}
    assert len(names) == len(shown) - 1  # executions_started, which Starts has


def test_a_line_is_one_write(setting: Setting) -> None:
    """Lambda takes each write for an event of the log; lines of others must not come between."""
    setting.reports.stream = stream = NotedWrites()
    setting.metrics.push("events")
    setting.metrics.lag_seen("push", 1.0)
    setting.reports.write()
    assert len(stream.writes) == 2
    for text in stream.writes:
        assert text.count("\n") == 1
        parse(text)


def test_what_can_t_be_written_is_logged(setting: Setting) -> None:
    setting.metrics.push("events")
    setting.stream.close()
    with structlog.testing.capture_logs() as lines:
        setting.reports.write()
    assert [line["event"] for line in lines] == ["metrics not written"]
