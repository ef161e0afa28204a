"""Judges the queue that callbacks come by."""

from collections.abc import Iterator
from dataclasses import dataclass

from .call_outcomes import CallOutcome, CallResult
from .diagnoses import Diagnosis, Verdict

CHECK = "callbacks"


@dataclass(frozen=True, slots=True)
class CallbackQueueFacts:
    """`dead_letters` is the ARN of its dead-letter queue, None where it has none or that isn't
    known."""

    name: str
    asked: CallOutcome
    dead_letters: str | None = None


def judge_callback_queue(facts: CallbackQueueFacts) -> Iterator[Diagnosis]:
    name, dead_letters = facts.name, facts.dead_letters
    if facts.asked.result is CallResult.ABSENT:
        mend = "HANDRAIL_CALLBACKS_QUEUE=… of deploy/callbacks.yaml, by its ARN"
        yield Diagnosis(CHECK, Verdict.MISSING, f"there is no queue {name}", mend)
    elif not facts.asked.answered:
        yield Diagnosis(CHECK, Verdict.NOT_CHECKED, f"{name}: {facts.asked.why}")
    elif dead_letters is None:
        text = (
            f"{name} has no dead-letter queue: callbacks that can't be settled come again until"
            " SQS deletes them"
        )
        mend = "a RedrivePolicy, as deploy/callbacks.yaml has it"
        yield Diagnosis(CHECK, Verdict.WARNING, text, mend)
    else:
        dead = dead_letters.rpartition(":")[2]
        text = f"{name}, what can't be settled goes to {dead}"
        yield Diagnosis(CHECK, Verdict.OK, text)
