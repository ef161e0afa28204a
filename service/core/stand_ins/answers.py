"""Reads the stand-ins of tasks: what answers instead of the service, function or worker that a task
calls. `machine.json` and the files of cases have them under `stand_ins`, by the state's name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from handrail.core.definition.callback_choices import Part
from handrail.core.definition.field_errors import UNTOLD
from handrail.core.limits import MAX_CAUSE, MAX_ERROR
from handrail.core.models import Json

_NAME = re.compile(r"[\w./-]+\.py:\w+")


class RaisedError(Part):
    """What the task fails with."""

    error: str = Field(min_length=1, max_length=MAX_ERROR)
    cause: str | None = Field(None, max_length=MAX_CAUSE)


class Answer(Part):
    """`{"return": any JSON}`, as `result`, `{"raise": {"error": …, "cause": …}}`, as `failure`, or
    `{"never": true}`: the task goes on until it times out or its execution ends."""

    result: Json = Field(None, alias="return")
    failure: RaisedError | None = Field(None, alias="raise")
    never: Literal[True] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = sum((self.returns, self.failure is not None, self.never is not None))
        if (said, len(self.model_fields_set)) != (1, 1):
            raise ValueError('an answer is {"return": …} or {"raise": {"error": …, "cause": …}}')
        return self

    @property
    def returns(self) -> bool:
        return "result" in self.model_fields_set

    @classmethod
    def of(cls, result: Json) -> Self:
        return cls.model_validate({"return": result})

    @classmethod
    def failing(cls, error: Json, cause: Json = None) -> Self:
        """Raises pydantic's ValidationError where they are no texts."""
        return cls.model_validate({"raise": {"error": error, "cause": cause}})


def _function(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a function reads <file>.py:<function>, the file beside the definition")
    return name


def _kind(value: Any) -> str | None:
    kinds: dict[type, str] = {str: _FUNCTION, list: _LIST, dict: _ANSWER, Answer: _ANSWER}
    return kinds.get(type(value))


_FUNCTION, _LIST, _ANSWER = f"{UNTOLD}function", f"{UNTOLD}list", f"{UNTOLD}answer"
_BY_KIND = Discriminator(
    _kind,
    custom_error_type="stand_in",
    custom_error_message="a stand-in is an answer, a list of answers or <file>.py:<function>",
)
FunctionName: TypeAlias = Annotated[str, AfterValidator(_function)]
Attempts: TypeAlias = Annotated[list[Answer], Field(min_length=1)]
AnswersOfVisit: TypeAlias = Annotated[
    Annotated[Answer, Tag(_ANSWER)] | Annotated[Attempts, Tag(_LIST)], _BY_KIND
]
StandIn: TypeAlias = Annotated[
    Annotated[FunctionName, Tag(_FUNCTION)]
    | Annotated[Answer, Tag(_ANSWER)]
    | Annotated[list[AnswersOfVisit], Tag(_LIST)],
    _BY_KIND,
]
"""A Python function's name, one answer for every visit, or a list of answers, one a visit: that of
a visit is the same for each of its attempts unless it is a list, of which each attempt takes the
next and the last repeats."""


@dataclass(frozen=True, slots=True)
class TaskCall:
    """One call of a task in an execution: the how many-th visit to its state, the how many-th
    attempt of that visit (a retry is another), and the how many-th call in all. From 1."""

    visit: int
    attempt: int
    number: int


class NoAnswerLeft(Exception):
    """A stand-in has no answer for this call. The text is a sentence without its state."""


def answer_of(stand_in: Answer | Sequence[Answer | Sequence[Answer]], call: TaskCall) -> Answer:
    """What a stand-in that is no function answers. Raises NoAnswerLeft."""
    if isinstance(stand_in, Answer):
        return stand_in
    if call.visit > len(stand_in):
        count = len(stand_in)
        has = f"its list has {count} answer{'s' * (count != 1)}"
        raise NoAnswerLeft(f"has no answer for visit {call.visit}: {has}, one a visit")
    visit = stand_in[call.visit - 1]
    if isinstance(visit, Answer):
        return visit
    return visit[min(call.attempt, len(visit)) - 1]
