"""Reads the file of a case: an input, what stands in for the tasks, and what is to come of it."""

from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from handrail.core.definition.callback_choices import Part
from handrail.core.definition.field_errors import field_errors
from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json

from .answers import StandIn

FOLDER = "cases"
"""Where the cases of a state machine stand, in its folder."""


class Expectation(Part):
    """How the execution ends. What is left out is not looked at: `given` tells an output of null
    from none. `output_paths` are values by JSONPath into the output; `entered` the states that are
    entered, each time they are, in order; `not_entered` those that never are."""

    status: Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] | None = None
    output: Json = None
    output_paths: dict[str, Json] = Field(default_factory=dict)
    error: str | None = None
    cause: str | None = None
    entered: list[str] | None = None
    not_entered: list[str] = Field(default_factory=list)

    def given(self, member: str) -> bool:
        return member in self.model_fields_set


class CaseFile(Part):
    """One case. `mocks` is the path of a MockConfigFile, from the file of the case, and `mock_case`
    the name of its test case; `notes` say what a recorded execution's history didn't hold."""

    description: str | None = None
    notes: list[str] = Field(default_factory=list)
    input: Json = Field(default_factory=dict)
    stand_ins: dict[str, StandIn] = Field(default_factory=dict)
    mocks: str | None = None
    mock_case: str | None = None
    expect: Expectation

    @model_validator(mode="after")
    def _mocks_are_whole(self) -> Self:
        if (self.mocks is None) != (self.mock_case is None):
            raise ValueError("mocks and mock_case go together: a file, and a test case in it")
        return self

    @classmethod
    def read(cls, document: Json) -> Self:
        """Raises InvalidDefinition with a field error for each mistake."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            errors = field_errors(error, root="the case")
            listed = "; ".join(f"{each.path}: {each.message}" for each in errors)
            raise InvalidDefinition(listed, errors=errors) from error
