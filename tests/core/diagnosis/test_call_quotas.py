import pytest

from handrail.core.diagnosis.call_outcomes import CallOutcome, CallResult
from handrail.core.diagnosis.call_quotas import QuotaFacts, judge_quotas
from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict

from .outcomes import FINE, ended

NAMED = "GetExecutionHistory throttle token"
VALUES = {f"{NAMED} refill rate per second": 20.0, f"{NAMED} bucket size": 400.0}


def found(per_s: float, burst: int = 133, asked: CallOutcome = FINE) -> list[Diagnosis]:
    return list(judge_quotas(QuotaFacts(asked, VALUES, per_s, burst)))


@pytest.mark.parametrize(
    ("per_s", "verdict"), [(6.7, Verdict.OK), (15, Verdict.WARNING), (21, Verdict.MISSING)]
)
def test_reads_are_held_against_the_account_s(per_s: float, verdict: Verdict) -> None:
    [one] = found(per_s)

    assert one.verdict is verdict
    if verdict is not Verdict.OK:
        assert "HANDRAIL_LIVE_READS_PER_S=6.7" in str(one.mend)


def test_a_burst_of_more_than_the_bucket_is_told() -> None:
    _, burst = found(6.7, 500)

    assert burst.mend == "HANDRAIL_LIVE_READS_BURST=133"


def test_what_may_not_be_asked_or_isn_t_named_is_not_checked() -> None:
    [denied] = found(6.7, asked=ended(CallResult.DENIED))
    [slow] = found(6.7, asked=ended(CallResult.SLOW))
    [unnamed] = judge_quotas(QuotaFacts(FINE, {"StartExecution refill": 1.0}, 6.7, 1))

    assert {denied.verdict, slow.verdict, unnamed.verdict} == {Verdict.NOT_CHECKED}
    assert "servicequotas:ListServiceQuotas" in str(denied.mend)
