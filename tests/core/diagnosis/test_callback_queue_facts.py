"""The queue of callbacks, as `handrail doctor` judges it."""

import pytest

from handrail.core.diagnosis.call_outcomes import CallOutcome, CallResult
from handrail.core.diagnosis.callback_queue_facts import CallbackQueueFacts, judge_callback_queue
from handrail.core.diagnosis.diagnoses import Verdict
from tests.core.diagnosis.outcomes import FINE, ended

DEAD = "arn:aws:sqs:eu-west-1:123456789012:callbacks-dead"


@pytest.mark.parametrize(
    ("asked", "dead_letters", "verdict", "said"),
    [
        (FINE, DEAD, Verdict.OK, "goes to callbacks-dead"),
        (FINE, None, Verdict.WARNING, "no dead-letter queue"),
        (ended(CallResult.ABSENT), None, Verdict.MISSING, "there is no queue callbacks"),
        (ended(CallResult.DENIED), None, Verdict.NOT_CHECKED, "callbacks: "),
    ],
)
def test_a_queue_of_callbacks(
    asked: CallOutcome, dead_letters: str | None, verdict: Verdict, said: str
) -> None:
    [one] = judge_callback_queue(CallbackQueueFacts("callbacks", asked, dead_letters))

    assert one.verdict is verdict
    assert said in one.text
    assert (one.mend is None) is (verdict in {Verdict.OK, Verdict.NOT_CHECKED})
