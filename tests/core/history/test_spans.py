"""The ids of an execution's spans, which follow from its ARN and its events alone."""

from datetime import timedelta

from handrail.core.history.spans import derived_span_id, derived_trace_id, root_link
from tests.core.histories import BEGIN

ARN = "arn:aws:states:eu-west-1:123456789012:execution:order:one"


def test_a_trace_id_begins_with_the_second_of_the_start_as_x_ray_s_does() -> None:
    trace_id = derived_trace_id(ARN, BEGIN + timedelta(milliseconds=999))
    assert len(trace_id) == 32
    assert int(trace_id[:8], 16) == BEGIN.timestamp()


def test_ids_are_the_same_each_time_and_others_for_other_executions() -> None:
    later = BEGIN + timedelta(days=91)  # the name may be used again
    assert derived_trace_id(ARN, BEGIN) == derived_trace_id(ARN, BEGIN)
    assert derived_trace_id(ARN, BEGIN)[8:] != derived_trace_id(ARN + "1", BEGIN)[8:]
    span_ids = {
        derived_span_id(arn, at, event_id, what)
        for arn in (ARN, ARN + "1")
        for at in (BEGIN, later)
        for event_id in (1, 2)
        for what in ("visit", "branch")
    }
    assert len(span_ids) == 16
    assert {len(each) for each in span_ids} == {16}


def test_a_link_leads_to_the_root_of_an_execution() -> None:
    link = root_link(ARN, BEGIN)
    assert link.trace_id == derived_trace_id(ARN, BEGIN)
    assert link.span_id == derived_span_id(ARN, BEGIN, 1, "execution")
