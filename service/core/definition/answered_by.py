"""Writes who answered into an output, where the author of the state machine asks for it."""

import json

from handrail.core.errors import FieldError, InvalidOutput
from handrail.core.history.outcomes import Answerer, Outcome, TaskAnswer
from handrail.core.json_grammar import members
from handrail.core.limits import check_payload

NO_ROOM = "must be an object: the state machine wants to know in it who answered"
WRITTEN = "is for the service to write: it says who answered"


def with_answerer(answer: TaskAnswer, member: str | None, by: Answerer) -> TaskAnswer:
    """The answer, its output with this member: the answerer's name, null where nobody is named. The
    rest of it stays as it was written. An output that has it keeps it, unless `by` alone may be
    named there. A failure has no place for it. Raises InvalidOutput."""
    if member is None or answer.outcome is not Outcome.SUCCESS:
        return answer
    text = answer.output.strip()
    if not text.startswith("{"):
        raise _refused("output", NO_ROOM)
    spans = dict(members(text))
    if (span := spans.get(member)) is not None:
        if by.sole and text[span] != _json(by.name):
            raise _refused(f"output.{member}", WRITTEN)
        return answer
    comma = ", " if spans else ""
    written = f"{text[:-1].rstrip()}{comma}{_json(member)}: {_json(by.name)}}}"
    return TaskAnswer(Outcome.SUCCESS, check_payload("output", written))


def _json(value: str | None) -> str:
    return json.dumps(value, ensure_ascii=False)


def _refused(path: str, message: str) -> InvalidOutput:
    return InvalidOutput(f"{path} {message}.", errors=[FieldError(path, message)])
