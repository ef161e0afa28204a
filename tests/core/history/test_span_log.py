"""Histories as spans: what is one, what is around it, when it was and how it ended."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from handrail.core.errors import ExecutionNotFound
from handrail.core.history.span_log import SpanLog
from handrail.core.history.spans import RUNNING, ExecutionTrace, Span, SpanLink, root_link
from handrail.core.models import Account, ExecutionId, HistoryEvent
from handrail.core.trace_context import TraceContext
from tests.core.histories import BEGIN, History, Recording, recordings

ACCOUNT = Account("aws", "eu-west-1", "123456789012")
ID = ExecutionId("order", "one")
CHILD = "arn:aws:states:eu-west-1:123456789012:execution:billing:two"
WITHIN = TraceContext("1" * 32, "2" * 16, True)


def trace_of(events: Iterable[HistoryEvent], within: TraceContext | None = None) -> ExecutionTrace:
    log = SpanLog(ID, ACCOUNT)
    log.fold(events)
    return log.trace(within)


def tree(trace: ExecutionTrace) -> list[str]:
    """Each span's name, indented by what is around it."""
    depth: dict[str | None, int] = {trace.context.span_id: 0, None: 0}
    lines = []
    for span in trace.spans:
        depth[span.id] = depth[span.parent_id] + 1
        lines.append("  " * depth[span.parent_id] + span.name)
    return lines


def named(trace: ExecutionTrace, name: str) -> list[Span]:
    return [span for span in trace.spans if span.name == name]


def attributes(span: Span, *keys: str) -> list[Any]:
    return [span.attributes.get(f"handrail.{key}") for key in keys]


def check(trace: ExecutionTrace) -> None:
    """A tree without orphans, in which no child is outside of its parent's time."""
    known: Mapping[str, Span] = {span.id: span for span in trace.spans}
    assert len(known) == len(trace.spans)
    for span in trace.spans:
        assert span.started_at <= span.ended_at
        if span.parent_id == trace.context.span_id:
            continue
        assert span.parent_id is not None
        around = known[span.parent_id]
        assert around.started_at <= span.started_at
        assert span.ended_at <= around.ended_at


@pytest.mark.parametrize("recording", recordings())
def test_a_recorded_history_is_a_tree_of_spans(recording: Recording) -> None:
    trace = trace_of(recording.events)
    check(trace)
    assert not any(span.attributes.get(RUNNING) for span in trace.spans)
    assert trace.spans[0].failed == (recording.status != "SUCCEEDED")
    entered = [event for event in recording.events if event.type.endswith("StateEntered")]
    states = [span for span in trace.spans if "handrail.state.type" in span.attributes]
    assert [span.name for span in states] == [event.details["name"] for event in entered]
    log = SpanLog(ID, ACCOUNT)
    for event in recording.events:
        log.fold([event])
        check(log.trace())
    assert log.trace() == trace


def test_states_and_attempts_stand_under_the_execution() -> None:
    history = History()
    track = history.main.visit("Pass", "First").enter("Task", "Charge").schedule().fails("Busy")
    track.schedule().then("TaskSucceeded").exit("Task", "Charge").then("ExecutionSucceeded")
    trace = trace_of(history.events)
    assert tree(trace) == [
        "execution order",
        "  First",
        "  Charge",
        "    lambda:invoke",
        "    lambda:invoke",
    ]
    first, second = named(trace, "lambda:invoke")
    assert (first.failed, first.error, second.failed, second.error) == (True, "Busy", False, None)
    assert attributes(first, "attempt") + attributes(second, "attempt") == [1, 2]
    assert attributes(named(trace, "Charge")[0], "status", "attempts") == ["SUCCEEDED", 2]
    charge = named(trace, "Charge")[0]
    assert charge.started_at == BEGIN + timedelta(milliseconds=400)
    assert charge.ended_at == BEGIN + timedelta(milliseconds=1100)
    assert trace.spans[0].attributes["handrail.execution"] == "order:one"


def test_who_was_started_in_a_trace_is_under_its_span_in_it() -> None:
    history = History()
    history.main.then("ExecutionSucceeded")
    trace = trace_of(history.events, WITHIN)
    assert (trace.context, trace.spans[0].parent_id) == (WITHIN, WITHIN.span_id)
    alone = trace_of(history.events)
    assert (alone.spans[0].parent_id, alone.spans[0].id) == (None, trace.spans[0].id)
    assert alone.context.trace_id != WITHIN.trace_id


def test_a_wait_for_a_callback_is_a_span_of_its_own() -> None:
    history = History()
    details = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"}
    track = history.main.enter("Task", "Approve").then("TaskScheduled", **details)
    track.then("TaskStarted", **details).then("TaskSubmitted", **details, output="{}")
    waiting = trace_of(history.events)
    assert [span.name for span in waiting.spans if span.attributes.get(RUNNING)] == [
        "execution order",
        "Approve",
        "sqs:sendMessage.waitForTaskToken",
        "wait for callback",
    ]
    track.then("TaskTimedOut", **details, error="States.Timeout")
    track.then("ExecutionTimedOut", error="States.Timeout")
    trace = trace_of(history.events)
    wait, attempt = trace.spans[3], trace.spans[2]
    assert wait.parent_id == attempt.id
    assert (wait.started_at, wait.ended_at) == (history.events[4].at, history.events[5].at)
    assert (wait.failed, attempt.failed, attempt.error) == (False, True, "States.Timeout")


def test_a_wait_for_an_activity_s_worker_ends_when_one_takes_it() -> None:
    history = History()
    arn = "arn:aws:states:eu-west-1:123456789012:activity:pack"
    track = history.main.enter("Task", "Pack").then("ActivityScheduled", resource=arn)
    track.then("ActivityStarted").then("ActivitySucceeded").exit("Task", "Pack")
    track.then("ExecutionSucceeded")
    trace = trace_of(history.events)
    assert tree(trace)[2:] == ["    activity:pack", "      wait for worker"]
    assert trace.spans[3].ended_at == history.events[3].at
    assert trace.spans[2].ended_at == history.events[4].at
    assert trace.spans[2].attributes["aws.step_functions.activity.arn"] == arn


def test_iterations_stand_under_their_map_and_branches_under_their_parallel() -> None:
    history = History()
    track = history.main.enter("Map", "Each").then("MapStateStarted", length=2)
    for index in range(2):
        item = track.fork().then("MapIterationStarted", name="Each", index=index)
        item.visit("Pass", "Work").then("MapIterationSucceeded", name="Each", index=index)
    track = track.fork().then("MapStateSucceeded").exit("Map", "Each")
    track.enter("Parallel", "Both").then("ParallelStateStarted")
    for name in ("Left", "Right"):
        track.fork().visit("Pass", name)
    track.then("ParallelStateSucceeded").exit("Parallel", "Both").then("ExecutionSucceeded")
    trace = trace_of(history.events)
    check(trace)
    assert tree(trace) == [
        "execution order",
        "  Each",
        "    Each iteration",
        "      Work",
        "    Each iteration",
        "      Work",
        "  Both",
        "    Both branch",
        "      Left",
        "    Both branch",
        "      Right",
    ]
    assert [span.attributes["handrail.map.index"] for span in named(trace, "Each iteration")] == [
        0,
        1,
    ]
    left, right = named(trace, "Both branch")
    assert left.ended_at == named(trace, "Left")[0].ended_at
    assert right.ended_at == named(trace, "Right")[0].ended_at


@pytest.mark.parametrize(
    ("date", "at"),
    [
        (BEGIN.timestamp(), BEGIN),
        (BEGIN.timestamp() * 1000, BEGIN),
        (BEGIN.isoformat(), BEGIN),
        ("yesterday", None),
        (None, None),
        (True, None),
    ],
)
def test_a_nested_execution_is_linked_to(date: Any, at: Any) -> None:
    history, details = History(), {"resourceType": "states", "resource": "startExecution.sync:2"}
    output = json.dumps({"ExecutionArn": CHILD, "StartDate": date})
    track = history.main.enter("Task", "Bill").then("TaskScheduled", **details)
    track.then("TaskSubmitted", **details, output=output).then("TaskSucceeded", **details)
    track.exit("Task", "Bill").then("ExecutionSucceeded")
    (attempt,) = named(trace_of(history.events), "states:startExecution.sync:2")
    assert attempt.attributes["handrail.child_execution"] == CHILD
    assert list(attempt.links) == ([root_link(CHILD, at)] if at else [])


def test_a_link_is_to_the_span_that_the_child_s_own_history_makes() -> None:
    history = History()
    history.main.then("ExecutionSucceeded")
    log = SpanLog(ExecutionId("billing", "two"), ACCOUNT)
    log.fold(history.events)
    child, at = log.trace(), history.events[0].at
    assert root_link(CHILD, at) == SpanLink(child.context.trace_id, child.spans[0].id)


def test_a_redrive_has_spans_of_its_own_and_changes_none_from_before() -> None:
    history = History()
    track = history.main.visit("Pass", "First").enter("Task", "Charge").schedule().fails()
    track.then("ExecutionFailed", error="Boom", cause="it broke")
    before = trace_of(history.events, WITHIN)
    track.then("ExecutionRedriven", redriveCount=1)
    track.schedule().then("TaskSucceeded").exit("Task", "Charge").then("ExecutionSucceeded")
    after = trace_of(history.events, WITHIN)
    check(after)
    assert after.spans[: len(before.spans)] == before.spans
    again = ExecutionTrace(ID, ACCOUNT, after.context, after.spans[len(before.spans) :])
    assert tree(again) == ["redrive order", "  Charge", "    lambda:invoke"]
    assert again.spans[0].links == (SpanLink(WITHIN.trace_id, before.spans[0].id),)
    assert attributes(again.spans[0], "redrive", "status") == [1, "SUCCEEDED"]
    assert attributes(again.spans[1], "status", "attempts") == ["SUCCEEDED", 2]


def test_no_payload_no_cause_and_no_token_is_in_any_span() -> None:
    history, secret = History(input='"SECRET"'), {"parameters": '"SECRET"', "output": '"SECRET"'}
    track = history.main.then("TaskStateEntered", name="A", input='"SECRET"')
    track.then("TaskScheduled", resourceType="sqs", resource="sendMessage", **secret)
    track.then("TaskSubmitted", **secret).then("TaskFailed", error="E", cause="SECRET")
    track.then("ExecutionFailed", error="E", cause="SECRET")
    assert "SECRET" not in repr(trace_of(history.events))


def test_what_was_stopped_with_an_execution_ends_with_it() -> None:
    history = History()
    history.main.enter("Task", "Charge").schedule().then("ExecutionAborted")
    trace = trace_of(history.events)
    assert {span.ended_at for span in trace.spans} == {history.events[-1].at}
    assert [span.failed for span in trace.spans] == [True, False, False]
    assert attributes(trace.spans[1], "status") == ["ABORTED"]


def test_nothing_is_made_of_nothing() -> None:
    with pytest.raises(ExecutionNotFound):
        trace_of([])
