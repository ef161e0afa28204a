"""Reads a `machine.json`'s questions to people: their title, facts to show, and buttons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from handrail.core.errors import InvalidRequest
from handrail.core.history.outcomes import Outcome
from handrail.core.limits import MAX_CAUSE, MAX_ERROR
from handrail.core.models import Json

from .callback_titles import check_title
from .output_form import FormField, askable_fields, form_fields, read_fields
from .parameter_references import check_reference, last_name

MAX_LABEL = 60
MAX_TITLE = 200
COMMENT = "comment"
"""The one member of an output that a rejection which fails its task can carry: in its cause."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Shown(Part):
    """One value to show, by a name or a path as `parameter_references` finds it. Its last name is
    the label where none is given."""

    path: str
    label: str = Field(default="", max_length=MAX_LABEL)

    @field_validator("path")
    @classmethod
    def _leads_somewhere(cls, path: str) -> str:
        return check_reference(path)

    @property
    def title(self) -> str:
        last = last_name(self.path) or "Parameters"
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
    """The question to a person where a state waits for a callback. `title` may name values as
    `show` does, in braces; `answered_by` is the member of the output that says who answered."""

    title: str | None = Field(default=None, min_length=1, max_length=MAX_TITLE)
    show: tuple[Annotated[Shown, _SHOWN], ...] = Field(default=(), max_length=50)
    approve: Approval | None = None
    reject: Rejection | None = None
    answered_by: str | None = Field(default=None, min_length=1, max_length=80)

    @field_validator("title")
    @classmethod
    def _can_be_filled(cls, title: str | None) -> str | None:
        return title if title is None else check_title(title)

    @model_validator(mode="after")
    def _has_room_for_who_answered(self) -> Self:
        member = self.answered_by
        for choice in self.choices() if member is not None else ():
            output = choice.body.get("output", {})
            if not isinstance(output, dict):
                raise ValueError(f"{choice.name}: answered_by needs an output that is an object")
            if member in output:
                raise ValueError(f"{choice.name}: {member} is written by answered_by alone")
        return self

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

    def fields(self, schema: Json) -> "tuple[FormField, ...] | None":
        """What is asked of whoever answers, by the schema of the state's outputs: all of it where
        there are no choices, else what no choice says itself. None where a form can't ask it."""
        outputs = [choice.body["output"] for choice in self.choices() if "output" in choice.body]
        if not all(isinstance(output, dict) for output in outputs):
            return ()  # nothing has a place in it
        fields = askable_fields(schema) if outputs else form_fields(schema)
        if fields is None:
            return None
        said = {self.answered_by}.union(*outputs)
        return tuple(field for field in fields if field.name not in said)


@dataclass(frozen=True, slots=True)
class Choice:
    """One button. `body` is what settles the task so, as POST /v1/callbacks/{signed} takes it."""

    name: Literal["approve", "reject"]
    label: str
    outcome: Outcome
    body: Mapping[str, Json]

    def carries(self, field: FormField) -> bool:
        """Whether what is typed there goes with it: all of it in an output, in a cause a comment
        alone."""
        return self.outcome is Outcome.SUCCESS or field.name == COMMENT

    def filled(self, fields: tuple[FormField, ...], typed: Mapping[str, str]) -> Mapping[str, Json]:
        """Its body with what was typed beside it. Raises InvalidOutput with an error for each field
        that can't be read, and InvalidRequest where the cause becomes too long."""
        read = read_fields(tuple(field for field in fields if self.carries(field)), typed)
        if not read:
            return self.body
        if self.outcome is Outcome.SUCCESS:
            return {"output": {**self.body["output"], **read}}
        said = [text for text in (self.body.get("cause"), read[COMMENT]) if text]
        if len(cause := "\n".join(said)) > MAX_CAUSE:
            raise InvalidRequest(f"The comment is too long: a cause has {MAX_CAUSE:,} characters.")
        return {**self.body, "cause": cause}
