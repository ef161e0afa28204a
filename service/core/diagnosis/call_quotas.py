"""Judges the reads that the service allows itself by the account's quotas."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .call_outcomes import CallOutcome, CallResult
from .diagnoses import Diagnosis, Verdict
from .permissions import statement

CHECK = "quotas"
READ = "GetExecutionHistory"
_OF_READS = re.compile(rf"\b{READ}\b", re.IGNORECASE)
_REFILL = re.compile(r"refill", re.IGNORECASE)
_BUCKET = re.compile(r"bucket", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class QuotaFacts:
    """`values` are Service Quotas' for Step Functions, by AWS's names of them. `replicas` have one
    quota together where there is a bus."""

    asked: CallOutcome
    values: Mapping[str, float]
    reads_per_s: float
    reads_burst: int


def judge_quotas(facts: QuotaFacts) -> Iterator[Diagnosis]:
    if facts.asked.result is CallResult.DENIED:
        mend = statement(["servicequotas:ListServiceQuotas"], ["*"])
        yield Diagnosis(CHECK, Verdict.NOT_CHECKED, "Service Quotas may not be asked", mend)
        return
    if not facts.asked.answered:
        yield Diagnosis(CHECK, Verdict.NOT_CHECKED, facts.asked.why)
        return
    refill, bucket = _value(facts.values, _REFILL), _value(facts.values, _BUCKET)
    if refill is None:
        text = f"Service Quotas names none for {READ}; AWS's default is 20 a second"
        yield Diagnosis(CHECK, Verdict.NOT_CHECKED, text)
        return
    share = f"{facts.reads_per_s:g} of the account's {refill:g} {READ} a second"
    if facts.reads_per_s > refill:
        text = f"{share} are allowed here: AWS will throttle, everybody's console too"
        mend = f"HANDRAIL_LIVE_READS_PER_S={refill / 3:.2g}"
        yield Diagnosis(CHECK, Verdict.MISSING, text, mend)
    elif facts.reads_per_s > refill * 2 / 3:
        text = f"{share} are taken here: little is left for the console, and for other replicas"
        mend = f"HANDRAIL_LIVE_READS_PER_S={refill / 3:.2g}, or ask AWS for more"
        yield Diagnosis(CHECK, Verdict.WARNING, text, mend)
    else:
        yield Diagnosis(CHECK, Verdict.OK, share)
    if bucket is not None and facts.reads_burst > bucket:
        text = f"{facts.reads_burst} reads at once are allowed here, and the account has {bucket:g}"
        mend = f"HANDRAIL_LIVE_READS_BURST={bucket / 3:.0f}"
        yield Diagnosis(CHECK, Verdict.WARNING, text, mend)


def _value(values: Mapping[str, float], kind: re.Pattern[str]) -> float | None:
    named = (v for name, v in values.items() if _OF_READS.search(name) and kind.search(name))
    return next(named, None)
