"""Judges the table and the queue that tickets and API Gateway's sockets need."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .call_outcomes import CallOutcome, CallResult
from .diagnoses import Diagnosis, Verdict

KEYS = {"pk": "HASH", "sk": "RANGE"}


@dataclass(frozen=True, slots=True)
class TableFacts:
    """`keys` and `indexes` are known where DescribeTable answered; `expires_by` is the attribute
    whose items go by themselves, None where none is on or it isn't known (`expiry`)."""

    name: str
    described: CallOutcome
    expiry: CallOutcome
    keys: Mapping[str, str]
    indexes: frozenset[str] = frozenset()
    expires_by: str | None = None


@dataclass(frozen=True, slots=True)
class QueueFacts:
    url: str
    asked: CallOutcome


def judge_table(facts: TableFacts, *, index: str | None, expires_by: str) -> Iterator[Diagnosis]:
    """`index` is the one it needs, None for tickets alone."""
    check, made_by = "table", "deploy/container.yaml and deploy/serverless.yaml make one"
    if facts.described.result is CallResult.ABSENT:
        text = f"there is no table {facts.name}"
        yield Diagnosis(check, Verdict.MISSING, text, f"HANDRAIL_TABLE=…: {made_by}")
    elif facts.described.answered:
        yield from _shape(facts, index=index, expires_by=expires_by)
    else:
        text = f"{facts.name}: its keys aren't known, for {facts.described.why}"
        yield Diagnosis(check, Verdict.NOT_CHECKED, text)


def _shape(facts: TableFacts, *, index: str | None, expires_by: str) -> Iterator[Diagnosis]:
    check, made_by = "table", "deploy/container.yaml and deploy/serverless.yaml make one"
    lacking = []
    if facts.keys != KEYS:
        lacking.append("the keys pk (HASH) and sk (RANGE)")
    if index is not None and index not in facts.indexes:
        lacking.append(f"the index {index}")
    if lacking:
        text = f"{facts.name} lacks {' and '.join(lacking)}"
        yield Diagnosis(check, Verdict.MISSING, text, f"HANDRAIL_TABLE=…: {made_by}")
        return
    yield Diagnosis(check, Verdict.OK, f"{facts.name} has the keys it needs")
    if facts.expiry.answered and facts.expires_by != expires_by:
        text = f"nothing in {facts.name} expires, so it grows"
        mend = (
            f"aws dynamodb update-time-to-live --table-name {facts.name}"
            f" --time-to-live-specification Enabled=true,AttributeName={expires_by}"
        )
        yield Diagnosis(check, Verdict.WARNING, text, mend)


def judge_queue(facts: QueueFacts) -> Iterator[Diagnosis]:
    check = "queue"
    if facts.asked.result is CallResult.ABSENT:
        mend = "HANDRAIL_QUEUE_URL=… of deploy/serverless.yaml's NudgeQueue, in its region"
        yield Diagnosis(check, Verdict.MISSING, f"there is no queue {facts.url}", mend)
    elif facts.asked.answered:
        yield Diagnosis(check, Verdict.OK, facts.url)
    else:
        yield Diagnosis(check, Verdict.NOT_CHECKED, f"{facts.url}: {facts.asked.why}")
