"""What the service says of itself."""

import io
import json
from datetime import datetime

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from handrail.telemetry import Metrics, configure_logs
from tests.core.made_up_tokens import aws_token


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(level: str, format: str, stream: io.StringIO) -> list[str]:
    configure_logs(level, format, stream=stream)
    log = structlog.get_logger("test")
    log.debug("very small")
    log.info("task settled", execution="orders:one", outcome="success")
    log.error("went wrong")
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("format", ["json", "auto"])
def test_away_from_a_terminal_a_line_is_json(format: str) -> None:
    document = json.loads(lines("info", format, io.StringIO())[0])
    assert datetime.fromisoformat(document.pop("timestamp")).tzinfo is not None
    assert document == {
        "event": "task settled",
        "level": "info",
        "execution": "orders:one",
        "outcome": "success",
    }


@pytest.mark.parametrize(("format", "stream"), [("auto", Terminal()), ("console", io.StringIO())])
def test_for_a_person_a_line_is_columns(format: str, stream: io.StringIO) -> None:
    line = lines("info", format, stream)[0]
    assert "task settled" in line
    assert not line.startswith("{")


@pytest.mark.parametrize(("level", "count"), [("debug", 3), ("info", 2), ("warning", 1)])
def test_less_severe_lines_arent_written(level: str, count: int) -> None:
    assert len(lines(level, "json", io.StringIO())) == count


@pytest.mark.parametrize("format", ["json", "console"])
def test_a_task_token_in_an_exception_s_message_isnt_written(format: str) -> None:
    stream = io.StringIO()
    configure_logs("info", format, stream=stream)
    token = aws_token(612)
    try:
        raise ValueError(f"Invalid Token: '{token}'")
    except ValueError:
        structlog.get_logger().exception("request failed")
    assert token[20:] not in stream.getvalue()
    assert "Invalid Token: '[redacted]'" in stream.getvalue()


def test_an_exception_is_one_json_line_too() -> None:
    stream = io.StringIO()
    configure_logs("info", "json", stream=stream)
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        structlog.get_logger().exception("watcher failed")
    [line] = stream.getvalue().splitlines()
    assert "ZeroDivisionError" in json.loads(line)["exception"]


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Each sample by its name and its labels' values, in the order of the labels' names."""
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_calls_to_aws_are_counted_and_timed() -> None:
    metrics = Metrics()
    metrics.aws_call("DescribeExecution", "ok", 0.03)
    metrics.aws_call("DescribeExecution", "throttled", 0.3)
    shown = samples(metrics)
    assert shown["handrail_aws_calls_total", "DescribeExecution", "ok"] == 1
    assert shown["handrail_aws_calls_total", "DescribeExecution", "throttled"] == 1
    assert shown["handrail_aws_call_seconds_bucket", "0.05", "DescribeExecution"] == 1
    assert shown["handrail_aws_call_seconds_count", "DescribeExecution"] == 2


def test_requests_are_counted_by_route() -> None:
    metrics = Metrics()
    metrics.request("/v1/executions", "GET", 200)
    assert samples(metrics)["handrail_http_requests_total", "GET", "/v1/executions", "200"] == 1


def test_what_is_open_now_is_shown() -> None:
    metrics = Metrics()
    metrics.sockets.inc()
    metrics.watchers.set(3)
    shown = samples(metrics)
    assert shown["handrail_sockets",] == 1
    assert shown["handrail_watchers",] == 3


def test_two_processes_worth_of_metrics_stand_beside_each_other() -> None:
    one, other = Metrics(), Metrics()
    one.sockets.inc()
    assert samples(other)["handrail_sockets",] == 0


def test_what_the_stream_of_events_brings_is_counted_by_kind() -> None:
    metrics = Metrics()
    metrics.push("records", 3)
    metrics.push("records")
    metrics.push_behind(1.5)
    text = metrics.render().decode()
    assert 'handrail_push_total{kind="records"} 4.0' in text
    assert "handrail_push_behind_seconds 1.5" in text
