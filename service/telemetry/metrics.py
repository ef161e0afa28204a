"""Counts what one process does, as Prometheus metrics."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from handrail.core.breaker import BreakerState

from .metric_definitions import METRICS

Kind = TypeVar("Kind", Counter, Gauge, Histogram)
BREAKER_LEVELS = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}
MOST_MACHINES = 200
OTHER = "other"
"""The state machines past those, and whatever names none that is known."""

TRANSPORTS = ("websocket", "sse", "long_poll")
"""Of what a process holds itself."""


class Metrics:
    """Every metric of one process, in a registry of its own.

    Whoever gives a label's value says one of few: names from outside only come in by `start` and
    `ended`, as those of state machines that are there."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self, most_machines: int = MOST_MACHINES) -> None:
        self.registry = CollectorRegistry()
        self._machines, self._most_machines = set[str](), most_machines
        self._asked: list[tuple[Gauge, Callable[[], float]]] = []
        self._starts = self._metric(Counter, "handrail_starts")
        self._started = self._metric(Counter, "handrail_executions_started")
        self._ended = self._metric(Counter, "handrail_executions_ended")
        self._durations = self._metric(Histogram, "handrail_execution_seconds")
        self._task_answers = self._metric(Counter, "handrail_task_answers")
        self._callbacks = self._metric(Counter, "handrail_callbacks")
        self._live_lag = self._metric(Histogram, "handrail_live_lag_seconds")
        self._live_promised = self._metric(Gauge, "handrail_live_promised_seconds")
        self._watchers = self._metric(Gauge, "handrail_watchers")
        sockets = self._metric(Gauge, "handrail_sockets")
        self._sockets = {transport: sockets.labels(transport) for transport in TRANSPORTS}
        self._sockets_opened = self._metric(Counter, "handrail_sockets_opened")
        self._sockets_dropped = self._metric(Counter, "handrail_sockets_dropped")
        self._requests = self._metric(Counter, "handrail_http_requests")
        self._request_seconds = self._metric(Histogram, "handrail_http_request_seconds")
        self._requests_active = self._metric(Gauge, "handrail_http_requests_active")
        self._requests_waiting = self._metric(Gauge, "handrail_http_requests_waiting")
        self.requests_shed = self._metric(Counter, "handrail_http_requests_shed")
        self._aws_calls = self._metric(Counter, "handrail_aws_calls")
        self._aws_seconds = self._metric(Histogram, "handrail_aws_call_seconds")
        self._breakers = self._metric(Gauge, "handrail_aws_breaker")
        self._not_sent = self._metric(Counter, "handrail_aws_calls_not_sent")
        self._budget_used = self._metric(Gauge, "handrail_read_budget_used_ratio")
        self._reads_waiting = self._metric(Gauge, "handrail_reads_waiting")
        self._execution_traces = self._metric(Counter, "handrail_execution_traces")
        self._bus_up = self._metric(Gauge, "handrail_bus_up")
        self._bus_calls = self._metric(Counter, "handrail_bus_calls")
        self._bus_seconds = self._metric(Histogram, "handrail_bus_call_seconds")
        self._news = self._metric(Counter, "handrail_news")
        self._news_waiting = self._metric(Gauge, "handrail_news_waiting")
        self._news_dead = self._metric(Gauge, "handrail_news_dead")
        self._news_oldest = self._metric(Gauge, "handrail_news_oldest_seconds")
        self._push = self._metric(Counter, "handrail_push")
        self._status_changes = self._metric(Counter, "handrail_status_changes")
        self._push_behind = self._metric(Gauge, "handrail_push_behind_seconds")

    def _metric(self, kind: type[Kind], name: str) -> Kind:
        defined, options = METRICS[name], dict[str, Any]()
        if defined.buckets:
            options["buckets"] = defined.buckets
        return kind(name, defined.help, defined.labels, registry=self.registry, **options)

    def start(self, machine: str | None, outcome: str) -> None:
        """Counts a start that was asked for; `machine` is None where it names none."""
        shown = self._machine(machine)
        self._starts.labels(shown, outcome).inc()
        if outcome == "started":
            self._started.labels(shown).inc()

    def ended(self, machine: str, status: str, duration_s: float | None) -> None:
        """Counts an execution's end, and times it where it is known when it began."""
        shown = self._machine(machine)
        self._ended.labels(shown, status).inc()
        if duration_s is not None:
            self._durations.labels(shown, status).observe(duration_s)

    def task_answer(self, answer: str, outcome: str) -> None:
        """Counts a `success`, `failure` or `heartbeat` that was to be sent to a task."""
        self._task_answers.labels(answer, outcome).inc()

    def callback(self, outcome: str) -> None:
        """Counts a message of the queue of callbacks; the outcome is as `CallbackMeter` says it."""
        self._callbacks.labels(outcome).inc()

    def lag_seen(self, source: str, seconds: float) -> None:
        """Notes how old a change may have been that came by `read`, `push`, `list` or `bus`."""
        self._live_lag.labels(source).observe(seconds)

    def show_watches(
        self, promised_s: Callable[[], float], watchers: Mapping[str, Callable[[], float]]
    ) -> None:
        """Has these asked at each `refresh`; `watchers` by their state."""
        self._asked.append((self._live_promised, promised_s))
        self._asked += [(self._watchers.labels(state), count) for state, count in watchers.items()]

    def show_reads(
        self, operation: str, used: Callable[[], float], waiting: Callable[[], float]
    ) -> None:
        """Has these asked at each `refresh`: how much of the operation's bucket is used, from 0 to
        1, and how many calls wait for their turn."""
        self._asked.append((self._budget_used.labels(operation), used))
        self._asked.append((self._reads_waiting.labels(operation), waiting))

    def show_requests(self, active: Callable[[], float], waiting: Callable[[], float]) -> None:
        """Has these asked at each `refresh`."""
        self._asked += [(self._requests_active, active), (self._requests_waiting, waiting)]

    def socket_opened(self, transport: str) -> None:
        """One of `TRANSPORTS`, open until `socket_closed`; or `api_gateway`, which only opens."""
        self._sockets_opened.labels(transport).inc()
        if (held := self._sockets.get(transport)) is not None:
            held.inc()

    def socket_closed(self, transport: str) -> None:
        self._sockets[transport].dec()

    @contextmanager
    def socket(self, transport: str) -> Iterator[None]:
        """Around what is open."""
        self.socket_opened(transport)
        try:
            yield
        finally:
            self.socket_closed(transport)

    def socket_dropped(self, code: int) -> None:
        """Counts a socket that its client didn't close, by the close code that it has or would have
        been told."""
        self._sockets_dropped.labels(str(code)).inc()

    def request(self, route: str, method: str, status: int, elapsed_s: float) -> None:
        """Counts an answered request; `elapsed_s` is until the head of its answer."""
        self._requests.labels(route, method, str(status)).inc()
        self._request_seconds.labels(route).observe(elapsed_s)

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

    def execution_trace(self, outcome: str) -> None:
        """Counts an execution that ended; the outcome is as `TraceExports` says it."""
        self._execution_traces.labels(outcome).inc()

    def bus_up(self, up: bool) -> None:
        self._bus_up.set(up)

    def bus_call(self, operation: str, outcome: str, elapsed_s: float) -> None:
        """Counts one call to the bus; the outcome is `ok`, `failed` or `cancelled`."""
        self._bus_calls.labels(operation, outcome).inc()
        self._bus_seconds.labels(operation).observe(elapsed_s)

    def news(self, outcome: str, target: str) -> None:
        """Counts an attempt to deliver; see `NewsMeter`."""
        self._news.labels(outcome, target).inc()

    def news_waiting(self, waiting: int, dead: int, oldest_s: float) -> None:
        """See `NewsMeter`."""
        self._news_waiting.set(waiting)
        self._news_dead.set(dead)
        self._news_oldest.set(oldest_s)

    def push(self, kind: str, amount: int = 1) -> None:
        """Counts what came by the stream of events; see `PushMeter`."""
        self._push.labels(kind).inc(amount)

    def status_change(self, outcome: str) -> None:
        self._status_changes.labels(outcome).inc()

    def push_behind(self, seconds: float) -> None:
        self._push_behind.set(seconds)

    def refresh(self) -> None:
        """Asks for what is only known by asking, in the thread that it belongs to."""
        for gauge, value in self._asked:
            gauge.set(value())

    def render(self) -> bytes:
        """Writes the Prometheus text format, version 0.0.4, as of the last `refresh`. With many
        state machines it takes a tenth of a second, so it may run in another thread."""
        return generate_latest(self.registry)

    def _machine(self, name: str | None) -> str:
        if name is None or name in self._machines:
            return name or OTHER
        if len(self._machines) >= self._most_machines:
            return OTHER
        self._machines.add(name)
        return name
