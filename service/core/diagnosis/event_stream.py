"""Judges the stream that events are pushed into."""

from collections.abc import Iterator
from dataclasses import dataclass

from .call_outcomes import CallOutcome, CallResult
from .diagnoses import Diagnosis, Verdict

CHECK = "stream"


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """`name` is as it is set, a name or an ARN; `region` where state machines are asked. `shards`
    are the open ones. `described` is what came of DescribeStreamSummary, which a role of the
    service's needn't be allowed."""

    name: str
    region: str
    listed: CallOutcome
    described: CallOutcome
    shards: int = 0
    status: str | None = None
    retention_h: int | None = None


def judge_stream(facts: StreamFacts) -> Iterator[Diagnosis]:
    result, setting = facts.listed.result, "HANDRAIL_EVENTS_STREAM"
    of = facts.name.split(":")[3] if facts.name.startswith("arn:") else facts.region
    if result is CallResult.ABSENT:
        text = f"there is no stream {facts.name} in {of}"
        mend = f"{setting}=arn:aws:kinesis:…, with the region it is in; or deploy/push.yaml"
        yield Diagnosis(CHECK, Verdict.MISSING, text, mend)
    elif result is CallResult.DENIED:
        return  # said among the permissions
    elif not facts.listed.answered:
        out = facts.listed.out_of_reach
        mend = f"a VPC endpoint com.amazonaws.{of}.kinesis-streams, or a NAT gateway"
        verdict = Verdict.MISSING if out else Verdict.NOT_CHECKED
        yield Diagnosis(CHECK, verdict, facts.listed.why, mend if out else None)
    else:
        yield from _readable(facts, of)


def _readable(facts: StreamFacts, of: str) -> Iterator[Diagnosis]:
    if facts.status not in {None, "ACTIVE", "UPDATING"}:
        text = f"{facts.name} is {facts.status}"
        yield Diagnosis(CHECK, Verdict.MISSING, text, "wait until it is ACTIVE")
        return
    kept = f", kept for {facts.retention_h} h" if facts.retention_h else ""
    text = f"{facts.name}: {facts.shards} shard{'s' * (facts.shards != 1)}{kept}"
    yield Diagnosis(CHECK, Verdict.OK, text)
    if of != facts.region:
        text = f"it is in {of}, and log groups of {facts.region} send to streams of theirs alone"
        mend = f"deploy/push.yaml in {facts.region}"
        yield Diagnosis(CHECK, Verdict.WARNING, text, mend)
