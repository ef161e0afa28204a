"""Metrics."""

from handrail.telemetry.metrics import MOST_MACHINES, OTHER, TRANSPORTS, Metrics

from .samples import samples


def test_calls_to_aws_are_counted_and_timed() -> None:
    metrics = Metrics()
    metrics.aws_call("DescribeExecution", "ok", 0.03)
    metrics.aws_call("DescribeExecution", "throttled", 0.3)
    shown = samples(metrics)
    assert shown["handrail_aws_calls_total", "DescribeExecution", "ok"] == 1
    assert shown["handrail_aws_calls_total", "DescribeExecution", "throttled"] == 1
    assert shown["handrail_aws_call_seconds_bucket", "0.05", "DescribeExecution"] == 1
    assert shown["handrail_aws_call_seconds_count", "DescribeExecution"] == 2


def test_requests_are_counted_by_route_and_timed() -> None:
    metrics = Metrics()
    metrics.request("/v1/executions", "GET", 200, 0.03)
    shown = samples(metrics)
    assert shown["handrail_http_requests_total", "GET", "/v1/executions", "200"] == 1
    assert shown["handrail_http_request_seconds_bucket", "0.025", "/v1/executions"] == 0
    assert shown["handrail_http_request_seconds_bucket", "0.05", "/v1/executions"] == 1


def test_starts_are_counted_by_state_machine_and_outcome() -> None:
    metrics = Metrics()
    for outcome in ("started", "started", "replayed", "throttled"):
        metrics.start("order", outcome)
    metrics.start(None, "not_found")
    shown = samples(metrics)
    assert shown["handrail_starts_total", "started", "order"] == 2
    assert shown["handrail_starts_total", "replayed", "order"] == 1
    assert shown["handrail_starts_total", "throttled", "order"] == 1
    assert shown["handrail_starts_total", "not_found", OTHER] == 1
    assert shown["handrail_executions_started_total", "order"] == 2


def test_news_is_counted_by_outcome_and_kind_of_target_and_what_waits_is_shown() -> None:
    metrics = Metrics()
    metrics.news("sent", "webhook")
    metrics.news("dead", "none")
    metrics.news_waiting(3, 2, 61.5)
    shown = samples(metrics)
    assert shown["handrail_news_total", "sent", "webhook"] == 1
    assert shown["handrail_news_total", "dead", "none"] == 1
    assert (shown["handrail_news_waiting",], shown["handrail_news_dead",]) == (3, 2)
    assert shown["handrail_news_oldest_seconds",] == 61.5


def test_an_end_is_timed_where_its_beginning_is_known() -> None:
    metrics = Metrics()
    metrics.ended("order", "SUCCEEDED", 20.0)
    metrics.ended("order", "SUCCEEDED", None)
    shown = samples(metrics)
    assert shown["handrail_executions_ended_total", "order", "SUCCEEDED"] == 2
    assert shown["handrail_execution_seconds_count", "order", "SUCCEEDED"] == 1
    assert shown["handrail_execution_seconds_bucket", "30.0", "order", "SUCCEEDED"] == 1


def test_a_socket_counts_while_it_is_open() -> None:
    metrics = Metrics()
    for transport in TRANSPORTS:
        metrics.socket_opened(transport)
    metrics.socket_closed("sse")
    with metrics.socket("long_poll"):
        shown = samples(metrics)
    assert {key[1]: shown[key] for key in shown if key[0] == "handrail_sockets"} == {
        "websocket": 1,
        "sse": 0,
        "long_poll": 2,
    }
    assert shown["handrail_sockets_opened_total", "long_poll"] == 2
    assert samples(metrics)["handrail_sockets", "long_poll"] == 1


def test_a_socket_that_api_gateway_holds_only_opens() -> None:
    metrics = Metrics()
    metrics.socket_opened("api_gateway")
    shown = samples(metrics)
    assert shown["handrail_sockets_opened_total", "api_gateway"] == 1
    assert ("handrail_sockets", "api_gateway") not in shown


def test_what_stands_elsewhere_is_asked_for_when_it_is_read() -> None:
    metrics, watching, used = Metrics(), [3.0], [0.25]
    metrics.show_watches(lambda: 2.0, {"read": lambda: watching[0]})
    metrics.show_reads("ListExecutions", lambda: used[0], lambda: 4.0)
    metrics.show_requests(lambda: 5.0, lambda: 6.0)
    shown = samples(metrics)
    assert shown["handrail_watchers", "read"] == 3
    assert shown["handrail_live_promised_seconds",] == 2
    assert shown["handrail_read_budget_used_ratio", "ListExecutions"] == 0.25
    assert shown["handrail_reads_waiting", "ListExecutions"] == 4
    assert shown["handrail_http_requests_active",] == 5
    assert shown["handrail_http_requests_waiting",] == 6
    watching[0], used[0] = 1.0, 0.5
    shown = samples(metrics)
    assert shown["handrail_watchers", "read"] == 1
    assert shown["handrail_read_budget_used_ratio", "ListExecutions"] == 0.5


def test_two_processes_worth_of_metrics_stand_beside_each_other() -> None:
    one, other = Metrics(), Metrics()
    one.socket_opened("sse")
    assert samples(other)["handrail_sockets", "sse"] == 0


def test_what_the_stream_of_events_brings_is_counted_by_kind() -> None:
    metrics = Metrics()
    metrics.push("records", 3)
    metrics.push("records")
    metrics.push_behind(1.5)
    text = metrics.render().decode()
    assert 'handrail_push_total{kind="records"} 4.0' in text
    assert "handrail_push_behind_seconds 1.5" in text


def test_past_so_many_state_machines_the_rest_are_one() -> None:
    metrics = Metrics()
    for number in range(MOST_MACHINES + 50):
        metrics.start(f"machine-{number}", "started")
        metrics.ended(f"machine-{number}", "FAILED", 1.0)
    shown = samples(metrics)
    machines = {key[2] for key in shown if key[0] == "handrail_starts_total"}
    assert len(machines) == MOST_MACHINES + 1
    assert shown["handrail_starts_total", "started", OTHER] == 50
    assert shown["handrail_executions_ended_total", OTHER, "FAILED"] == 50
    metrics.start("machine-7", "started")
    assert samples(metrics)["handrail_starts_total", "started", "machine-7"] == 2
