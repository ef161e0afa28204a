"""Declares every metric: what it says, by which labels, and under which of those CloudWatch is to
have it. Each label's values are few: `docs/operations.md` has the same table for its readers."""

from dataclasses import dataclass

PREFIX = "handrail_"
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
BUS_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5)
LAG_BUCKETS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300)
DURATION_BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800)


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """`dimensions` are the sets of labels that CloudWatch keeps the metric by, besides none at all:
    each value of each is one more metric to pay for. None leaves it out there. A histogram has
    `buckets`, their upper bounds."""

    help: str
    labels: tuple[str, ...] = ()
    dimensions: tuple[tuple[str, ...], ...] | None = ()
    buckets: tuple[float, ...] = ()


METRICS = {
    "handrail_starts": MetricDefinition(
        "Starts that were asked for, by outcome.",
        ("state_machine", "outcome"),
        (("outcome",), ("state_machine", "outcome")),
    ),
    "handrail_executions_started": MetricDefinition(
        "Executions started, replays left out.", ("state_machine",), None
    ),
    "handrail_executions_ended": MetricDefinition(
        "Ends of executions that became known here.",
        ("state_machine", "status"),
        (("status",), ("state_machine", "status")),
    ),
    "handrail_execution_seconds": MetricDefinition(
        "How long they had taken.",
        ("state_machine", "status"),
        (("state_machine",),),
        DURATION_BUCKETS,
    ),
    "handrail_task_answers": MetricDefinition(
        "Answers to waiting tasks and heartbeats, by outcome.",
        ("answer", "outcome"),
        (("answer", "outcome"),),
    ),
    "handrail_callbacks": MetricDefinition(
        "Messages of the queue of callbacks, by what became of them.",
        ("outcome",),
        (("outcome",),),
    ),
    "handrail_live_lag_seconds": MetricDefinition(
        "How old changes of watched executions may have been when they were seen.",
        ("source",),
        (("source",),),
        LAG_BUCKETS,
    ),
    "handrail_live_promised_seconds": MetricDefinition(
        "Within how many seconds a change of any watched execution is promised to be seen."
    ),
    "handrail_watchers": MetricDefinition(
        "Executions being watched, by how changes of them are seen.", ("state",), (("state",),)
    ),
    "handrail_sockets": MetricDefinition(
        "Open sockets, event streams and long-polls.", ("transport",), (("transport",),)
    ),
    "handrail_sockets_opened": MetricDefinition(
        "Those opened, with those that API Gateway holds.", ("transport",), (("transport",),)
    ),
    "handrail_sockets_dropped": MetricDefinition(
        "Sockets that ended otherwise than their client wanted, by close code.",
        ("code",),
        (("code",),),
    ),
    "handrail_http_requests": MetricDefinition(
        "Answered HTTP requests by route and status.",
        ("route", "method", "status"),
        (("status",),),
    ),
    "handrail_http_request_seconds": MetricDefinition(
        "How long requests took until the head of their answer.",
        ("route",),
        (("route",),),
        LATENCY_BUCKETS,
    ),
    "handrail_http_requests_active": MetricDefinition(
        "HTTP requests being worked on; those that only wait are not."
    ),
    "handrail_http_requests_waiting": MetricDefinition(
        "HTTP requests that only wait: long-polls, streams, synchronous executions."
    ),
    "handrail_http_requests_shed": MetricDefinition(
        "HTTP requests refused because too many were being worked on."
    ),
    "handrail_aws_calls": MetricDefinition(
        "Calls to AWS by operation and outcome.",
        ("operation", "outcome"),
        (("outcome",), ("operation", "outcome")),
    ),
    "handrail_aws_call_seconds": MetricDefinition(
        "How long AWS took to answer.", ("operation",), (("operation",),), LATENCY_BUCKETS
    ),
    "handrail_aws_breaker": MetricDefinition(
        "An operation's breaker: 0 closed, 1 half-open, 2 open.", ("operation",), (("operation",),)
    ),
    "handrail_aws_calls_not_sent": MetricDefinition(
        "Calls refused by an open breaker, by operation.", ("operation",), (("operation",),)
    ),
    "handrail_read_budget_used_ratio": MetricDefinition(
        "How much of the bucket of an operation's calls is used up.",
        ("operation",),
        (("operation",),),
    ),
    "handrail_reads_waiting": MetricDefinition(
        "Reads that wait for their turn.", ("operation",), (("operation",),)
    ),
    "handrail_execution_traces": MetricDefinition(
        "Executions that ended, by what became of their spans: `exported`, `unsampled`, `elsewhere`"
        " (another process has it), `failed`, `dropped` (too many at once).",
        ("outcome",),
        (("outcome",),),
    ),
    "handrail_bus_up": MetricDefinition("1 while the bus between replicas answers, 0 without one."),
    "handrail_bus_calls": MetricDefinition(
        "Calls to the bus by operation and outcome.", ("operation", "outcome"), (("outcome",),)
    ),
    "handrail_bus_call_seconds": MetricDefinition(
        "How long the bus took to answer.", ("operation",), (("operation",),), BUS_BUCKETS
    ),
    "handrail_news": MetricDefinition(
        "Attempts to deliver news: `sent`, `failed` (and tried again), `dead` (given up).",
        ("outcome", "target"),
        (("outcome",), ("outcome", "target")),
    ),
    "handrail_news_waiting": MetricDefinition(
        "News that waits to be delivered; of whoever sends for all, else 0."
    ),
    "handrail_news_dead": MetricDefinition(
        "News that was given up and is kept; of whoever sends for all, else 0."
    ),
    "handrail_news_oldest_seconds": MetricDefinition(
        "The age of the oldest news that waits; of whoever sends for all, else 0."
    ),
    "handrail_push": MetricDefinition(
        "What came by the stream of events: records, the events in them, records that were"
        " unreadable, foreign events (of another account or region), throttled reads.",
        ("kind",),
        (("kind",),),
    ),
    "handrail_status_changes": MetricDefinition(
        "What EventBridge sent to POST /v1/events/aws: status changes that nudged, repeated ones,"
        " and ignored ones (of another account or region, of nothing that is served).",
        ("outcome",),
        (("outcome",),),
    ),
    "handrail_push_behind_seconds": MetricDefinition(
        "How old what the stream hasn't brought yet may be."
    ),
}
"""By name, a counter's without the `_total` that it is shown with."""


def cloudwatch_name(name: str) -> str:
    """`handrail_aws_calls` is `AwsCalls` in CloudWatch; labels are named alike as dimensions."""
    return "".join(word.capitalize() for word in name.removeprefix(PREFIX).split("_"))
