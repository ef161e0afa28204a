"""Spans are bounded: of too many, those that failed are kept first, and the rest is counted."""

from handrail.core.history.span_log import MOST_SPANS, SpanLog
from handrail.core.history.spans import DROPPED
from handrail.core.models import Account, ExecutionId
from tests.core.histories import History

ACCOUNT = Account("aws", "eu-west-1", "123456789012")


def test_of_the_longest_history_the_failures_are_kept_and_the_rest_is_counted() -> None:
    history = History()
    for _ in range(4_990):
        history.main.task("Loop")
    history.main.enter("Task", "Charge").schedule().fails().then("ExecutionFailed", error="Boom")
    log = SpanLog(ExecutionId("order", "one"), ACCOUNT)
    log.fold(history.events)
    spans = log.trace().spans
    assert len(spans) == MOST_SPANS
    assert spans[0].attributes[DROPPED] == 1 + 2 * 4_990 + 2 - MOST_SPANS
    assert [span.name for span in spans[-2:]] == ["Charge", "lambda:invoke"]
    known = {span.id for span in spans}
    assert all(span.parent_id in known for span in spans[1:])


def test_a_short_one_says_nothing_of_that() -> None:
    log = SpanLog(ExecutionId("order", "one"), ACCOUNT)
    log.fold(History().events)
    assert DROPPED not in log.trace().spans[0].attributes
