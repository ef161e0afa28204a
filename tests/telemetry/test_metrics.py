"""Metrics."""

from prometheus_client.parser import text_string_to_metric_families

from handrail.telemetry.metrics import Metrics


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
