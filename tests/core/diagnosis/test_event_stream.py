from typing import Any

import pytest

from handrail.core.diagnosis.call_outcomes import CallResult
from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict
from handrail.core.diagnosis.event_stream import StreamFacts, judge_stream

from .outcomes import FINE, ended


def found(name: str = "events", **facts: Any) -> list[Diagnosis]:
    given: dict[str, Any] = {"listed": FINE, "described": FINE, "shards": 2, "retention_h": 24}
    return list(judge_stream(StreamFacts(name, "eu-west-1", **given | facts)))


def test_a_stream_that_can_be_read() -> None:
    [fine] = found()

    assert (fine.verdict, fine.text) == (Verdict.OK, "events: 2 shards, kept for 24 h")


def test_a_stream_that_isn_t_there_may_be_in_another_region() -> None:
    [missing] = found(listed=ended(CallResult.ABSENT))

    assert missing.verdict is Verdict.MISSING
    assert "HANDRAIL_EVENTS_STREAM=arn:aws:kinesis" in str(missing.mend)


def test_a_stream_of_another_region_gets_nothing_from_these_log_groups() -> None:
    _, warned = found("arn:aws:kinesis:us-east-1:1:stream/events")

    assert warned.verdict is Verdict.WARNING
    assert "us-east-1" in warned.text


@pytest.mark.parametrize(
    ("facts", "verdicts"),
    [
        ({"status": "DELETING"}, [Verdict.MISSING]),
        ({"listed": ended(CallResult.SLOW)}, [Verdict.MISSING]),
        ({"listed": ended(CallResult.UNOFFERED)}, [Verdict.NOT_CHECKED]),
        ({"listed": ended(CallResult.DENIED)}, []),
        ({"described": ended(CallResult.DENIED), "retention_h": None}, [Verdict.OK]),
    ],
)
def test_whatever_else(facts: dict[str, Any], verdicts: list[Verdict]) -> None:
    assert [each.verdict for each in found(**facts)] == verdicts
