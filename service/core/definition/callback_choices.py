"""Reads a `machine.json`'s questions to people: their title, facts to show, and buttons."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from handrail.core.history.outcomes import Outcome
from handrail.core.json_text import exact, json_bytes, whole
from handrail.core.limits import MAX_CAUSE, MAX_ERROR
from handrail.core.models import Json

ABSENT = "not among what the task was called with"
UNKNOWN = "not known: the history doesn't hold what the task was called with"
MAX_LABEL = 60

_STEP = re.compile(r"\.([^\W\d][\w-]*)|\[(\d+)\]|\['([^']+)'\]")
_PATH = re.compile(rf"\$(?:{_STEP.pattern})*")


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Shown(Part):
    """One value to show: `path` leads into the task's parameters, as `$.Payload.items[0]['a key']`.
    Its last name is the label where none is given."""

    path: str
    label: str = Field(default="", max_length=MAX_LABEL)

    @field_validator("path")
    @classmethod
    def _leads_somewhere(cls, path: str) -> str:
        if not _PATH.fullmatch(path):
            raise ValueError("a path reads $.Name.name, with [0] and ['any name'] for the rest")
        return path

    @property
    def title(self) -> str:
        names = [dotted or quoted for dotted, _, quoted in _STEP.findall(self.path)]
        last = next(filter(None, reversed(names)), "Parameters")
        return self.label or f"{last[:1].upper()}{last[1:]}".replace("_", " ").strip()


_SHOWN = BeforeValidator(lambda value: {"path": value} if isinstance(value, str) else value)


class Approval(Part):
    """Settles as success, with this output."""

    label: str = Field(default="Approve", min_length=1, max_length=MAX_LABEL)
    output: Json


class Rejection(Part):
    """Settles as success with this output, or as failure with this error and cause."""

    label: str = Field(default="Reject", min_length=1, max_length=MAX_LABEL)
    output: Json = None
    error: str | None = Field(default=None, min_length=1, max_length=MAX_ERROR)
    cause: str | None = Field(default=None, max_length=MAX_CAUSE)

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.succeeds is (self.error is not None) or (self.succeeds and self.cause is not None):
            raise ValueError("needs either an output, or an error (and a cause)")
        return self

    @property
    def succeeds(self) -> bool:
        return "output" in self.model_fields_set


class Callback(Part):
    """The question to a person where a state waits for a callback."""

    title: str | None = Field(default=None, min_length=1, max_length=200)
    show: tuple[Annotated[Shown, _SHOWN], ...] = ()
    approve: Approval | None = None
    reject: Rejection | None = None

    def choices(self) -> "tuple[Choice, ...]":
        """The buttons, approval first."""
        found = []
        if (yes := self.approve) is not None:
            found.append(Choice("approve", yes.label, Outcome.SUCCESS, {"output": yes.output}))
        if (no := self.reject) is not None and no.succeeds:
            found.append(Choice("reject", no.label, Outcome.SUCCESS, {"output": no.output}))
        elif no is not None:
            body = no.model_dump(include={"error", "cause"}, exclude_none=True)
            found.append(Choice("reject", no.label, Outcome.FAILURE, body))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Choice:
    """One button. `body` is what settles the task so, as POST /v1/callbacks/{signed} takes it."""

    name: Literal["approve", "reject"]
    label: str
    outcome: Outcome
    body: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of the task's parameters; where there is none, `text` says so."""

    label: str
    value: Json
    text: str


def facts(show: Sequence[Shown], parameters: str | None) -> tuple[Fact, ...]:
    """The values to show of a task's parameters: JSON text, None where they aren't known whole."""
    try:
        value = exact(parameters or "")
    except ValueError:
        return tuple(Fact(shown.title, None, UNKNOWN) for shown in show)
    return tuple(_fact(shown, value) for shown in show)


def _fact(shown: Shown, parameters: Json) -> Fact:
    value = parameters
    for dotted, index, quoted in _STEP.findall(shown.path):
        inner = value if isinstance(value, list if index else dict) else ()
        try:
            value = inner[int(index) if index else dotted or quoted]
        except (KeyError, IndexError, TypeError):
            return Fact(shown.title, None, ABSENT)
    return Fact(shown.title, value, _text(value))


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return whole(value) if isinstance(value, str) else json_bytes(value, indent=2).decode()
