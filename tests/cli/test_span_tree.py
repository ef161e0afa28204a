"""A trace as a person reads it."""

import json

from handrail.cli.span_tree import tree_lines
from handrail.core.history.span_log import SpanLog
from handrail.core.models import Account, ExecutionId
from handrail.core.protocol.trace_document import trace_document
from handrail.core.trace_context import TraceContext
from tests.core.histories import History

WITHIN = TraceContext("5759e988bd862e3fe1be46a994272793", "2" * 16, True)


def lines(history: History) -> list[str]:
    log = SpanLog(ExecutionId("order", "one"), Account("aws", "eu-west-1", "123456789012"))
    log.fold(history.events)
    return [*tree_lines(json.loads(json.dumps(trace_document(log.trace(WITHIN)))))]


def test_each_span_stands_under_what_is_around_it() -> None:
    history = History()
    track = history.main.enter("Map", "Each\n").then("MapStateStarted", length=1)
    track.then("MapIterationStarted", name="Each\n", index=0).enter("Task", "Charge")
    track.schedule().fails("Busy").schedule().then("TaskSucceeded").exit("Task", "Charge")
    track.then("MapIterationSucceeded", name="Each\n", index=0).exit("Map", "Each\n")
    track.then("ExecutionFailed", error="Broken").then("ExecutionRedriven", redriveCount=1)
    assert lines(history) == [
        "trace 1-5759e988-bd862e3fe1be46a994272793",
        "execution order                     +0 ms       1.4 s  FAILED  Broken",
        "└─ Each                           +100 ms       1.2 s  SUCCEEDED",
        "   └─ Each iteration [0]          +300 ms      900 ms  SUCCEEDED",
        "      └─ Charge                   +400 ms      700 ms  SUCCEEDED",
        "         ├─ lambda:invoke         +500 ms      200 ms  FAILED  Busy",
        "         └─ lambda:invoke #2      +800 ms      200 ms",
        "redrive order                      +1.5 s        0 ms  RUNNING",
    ]


def test_what_is_left_out_is_said() -> None:
    history = History()
    for _ in range(4_001):
        history.main.visit("Pass", "Loop")
    assert lines(history)[-1] == "2 more spans are left out."
