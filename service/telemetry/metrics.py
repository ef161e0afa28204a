"""Counts what one process does, as Prometheus metrics."""

from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from handrail.core.breaker import BreakerState

Kind = TypeVar("Kind", Counter, Gauge, Histogram)
BREAKER_LEVELS = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
BUS_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5)
LAG_BUCKETS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300)

METRICS = {
    "handrail_aws_calls": "Calls to AWS by operation and outcome.",
    "handrail_aws_call_seconds": "How long AWS took to answer.",
    "handrail_aws_breaker": "An operation's breaker: 0 closed, 1 half-open, 2 open.",
    "handrail_aws_calls_not_sent": "Calls refused by an open breaker, by operation.",
    "handrail_http_requests": "Answered HTTP requests by route and status.",
    "handrail_http_requests_shed": "HTTP requests refused because too many were being worked on.",
    "handrail_http_requests_active": "HTTP requests being worked on; those that only wait are not.",
    "handrail_http_requests_waiting": "HTTP requests that only wait: long-polls, streams, "
    "synchronous executions.",
    "handrail_executions_started": "Executions started, replays left out.",
    "handrail_sockets": "Open sockets and event streams.",
    "handrail_sockets_dropped": "Sockets the service closed, by close code.",
    "handrail_watchers": "Executions being watched.",
    "handrail_live_lag_seconds": "How old changes of watched executions may have been when they "
    "were seen.",
    "handrail_live_promised_seconds": "Within how many seconds a change of any watched execution "
    "is promised to be seen.",
    "handrail_bus_up": "1 while the bus between replicas answers, 0 without one.",
    "handrail_bus_calls": "Calls to the bus by operation and outcome.",
    "handrail_bus_call_seconds": "How long the bus took to answer.",
    "handrail_push": "What came by the stream of events: records, the events in them, records that "
    "were unreadable, foreign events (of another account or region), throttled reads.",
    "handrail_push_behind_seconds": "How old what the stream hasn't brought yet may be.",
}


class Metrics:
    """Every metric of one process, in a registry of its own."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def metric(kind: type[Kind], name: str, *labels: str, **options: Any) -> Kind:
            return kind(name, METRICS[name], labels, registry=self.registry, **options)

        self._aws_calls = metric(Counter, "handrail_aws_calls", "operation", "outcome")
        seconds = "handrail_aws_call_seconds"
        self._aws_seconds = metric(Histogram, seconds, "operation", buckets=LATENCY_BUCKETS)
        self._breakers = metric(Gauge, "handrail_aws_breaker", "operation")
        self._not_sent = metric(Counter, "handrail_aws_calls_not_sent", "operation")
        self._requests = metric(Counter, "handrail_http_requests", "route", "method", "status")
        self.requests_shed = metric(Counter, "handrail_http_requests_shed")
        self.requests_active = metric(Gauge, "handrail_http_requests_active")
        self.requests_waiting = metric(Gauge, "handrail_http_requests_waiting")
        self.executions_started = metric(Counter, "handrail_executions_started", "state_machine")
        self.sockets = metric(Gauge, "handrail_sockets")
        self.sockets_dropped = metric(Counter, "handrail_sockets_dropped", "code")
        self.watchers = metric(Gauge, "handrail_watchers")
        self.live_lag = metric(Histogram, "handrail_live_lag_seconds", buckets=LAG_BUCKETS)
        self.live_promised = metric(Gauge, "handrail_live_promised_seconds")
        self._bus_up = metric(Gauge, "handrail_bus_up")
        self._bus_calls = metric(Counter, "handrail_bus_calls", "operation", "outcome")
        seconds = "handrail_bus_call_seconds"
        self._bus_seconds = metric(Histogram, seconds, "operation", buckets=BUS_BUCKETS)
        self._push = metric(Counter, "handrail_push", "kind")
        self._push_behind = metric(Gauge, "handrail_push_behind_seconds")

    def aws_call(self, operation: str, outcome: str, elapsed_s: float) -> None:
        """Counts one call to AWS; the outcome is `ok` or an error's code."""
        self._aws_calls.labels(operation, outcome).inc()
        self._aws_seconds.labels(operation).observe(elapsed_s)

    def breaker(self, operation: str, state: BreakerState) -> None:
        """Shows the state of an operation's breaker from now on."""
        self._breakers.labels(operation).set(BREAKER_LEVELS[state])

    def not_sent(self, operation: str) -> None:
        """Counts a call that its open breaker refused."""
        self._not_sent.labels(operation).inc()

    def bus_up(self, up: bool) -> None:
        self._bus_up.set(up)

    def bus_call(self, operation: str, outcome: str, elapsed_s: float) -> None:
        """Counts one call to the bus; the outcome is `ok`, `failed` or `cancelled`."""
        self._bus_calls.labels(operation, outcome).inc()
        self._bus_seconds.labels(operation).observe(elapsed_s)

    def push(self, kind: str, amount: int = 1) -> None:
        """Counts what came by the stream of events; see `PushMeter`."""
        self._push.labels(kind).inc(amount)

    def push_behind(self, seconds: float) -> None:
        self._push_behind.set(seconds)

    def request(self, route: str, method: str, status: int) -> None:
        self._requests.labels(route, method, str(status)).inc()

    def render(self) -> bytes:
        """Writes the Prometheus text format, version 0.0.4."""
        return generate_latest(self.registry)
