"""Reads `machine.json`: what a folder of `state_machines/` says about its state machine.

What of it goes to AWS, and the definition beside it, may hold `${REGION}`, `${ACCOUNT_ID}` and
`${ENVIRONMENT}`; the definition also the names under `substitutions`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from service.core.errors import FieldError, InvalidDefinition, InvalidName, InvalidOutput
from service.core.history.outcomes import Outcome
from service.core.models import Json, MachineType

from .callback_choices import Callback, misplaced
from .definition import Definition
from .json_schema import InputSchema
from .substitution import fill, substitute

_MACHINE_NAME = re.compile(r"[0-9A-Za-z_-]{1,80}")
_SUBSTITUTION = re.compile(r"[A-Za-z0-9_]+")
_HANDLER = re.compile(r"[\w./-]+\.py:\w+")


def _upper(value: Json) -> Json:
    return value.upper() if isinstance(value, str) else value


class MachineFile(BaseModel):
    """One `machine.json`. `handlers` maps Lambda function names to the Python that answers for
    them on a laptop (`handlers.py:charge_card`); `queues` are created there too. `activities` are
    created wherever the state machine is deployed. `output_schemas` and `callbacks` are by the
    state that waits for one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    type: Annotated[MachineType, BeforeValidator(_upper)] = MachineType.STANDARD
    description: str | None = None
    input_schema: dict[str, Json] | bool | None = None
    output_schemas: dict[str, dict[str, Json] | bool] = Field(default_factory=dict)
    callbacks: dict[str, Callback] = Field(default_factory=dict)
    substitutions: dict[str, str] = Field(default_factory=dict)
    role_arn: str | None = None
    handlers: dict[str, str] = Field(default_factory=dict)
    queues: list[str] = Field(default_factory=list)
    activities: list[str] = Field(default_factory=list)

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read a `machine.json`. Raises InvalidDefinition with a field error for each mistake."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            errors = []
            for fault in error.errors():
                parts = (f"[{p}]" if isinstance(p, int) else f".{p}" for p in fault["loc"])
                path = "".join(parts).lstrip(".") or "machine.json"
                errors.append(FieldError(path, fault["msg"].removeprefix("Value error, ")))
            listed = "; ".join(f"{e.path}: {e.message}" for e in errors)
            raise InvalidDefinition(f"machine.json: {listed}", errors=errors) from error

    @field_validator("substitutions")
    @classmethod
    def _names_can_be_placeholders(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if not _SUBSTITUTION.fullmatch(name):
                raise ValueError(f"{name} can't stand in ${{…}}: use letters, digits and _")
        return value

    @field_validator("handlers")
    @classmethod
    def _handlers_name_a_function(cls, value: dict[str, str]) -> dict[str, str]:
        for function, handler in value.items():
            if not _HANDLER.fullmatch(handler):
                raise ValueError(f"{function}: a handler reads <file>.py:<function>")
        return value


@dataclass(frozen=True, slots=True)
class RenderedMachine:
    """A state machine ready to deploy to one account, region and environment."""

    name: str
    type: MachineType
    definition_text: str
    role_arn: str | None = None
    activities: tuple[str, ...] = ()


def rendered(
    file: MachineFile, template: str, *, region: str, account_id: str, environment: str
) -> RenderedMachine:
    """Fill the file and its definition's template in.

    Raises InvalidDefinition (a name without a value, no JSON, a broken schema, `callbacks` of a
    state that waits for none) and InvalidName where the name that results isn't one AWS takes."""
    for state, schema in file.output_schemas.items():
        _check_schema(InputSchema(schema, root="output"), f"output_schemas.{state}")
    known = {"REGION": region, "ACCOUNT_ID": account_id, "ENVIRONMENT": environment}
    filled = {name: fill(value, known) for name, value in file.substitutions.items()}
    values = {**filled, **known}
    name, definition_text = _checked_name(fill(file.name, values)), substitute(template, values)
    _check_callbacks(file, definition_text)
    if file.input_schema is not None:
        _check_schema(InputSchema(file.input_schema), "input_schema")
    role_arn = file.role_arn and fill(file.role_arn, values)
    activities = tuple(_checked_name(fill(activity, values)) for activity in file.activities)
    return RenderedMachine(name, file.type, definition_text, role_arn, activities)


def _check_callbacks(file: MachineFile, definition_text: str) -> None:
    """Raises InvalidDefinition where `callbacks` names a state that waits for none, or a button
    would send what `output_schemas` refuses."""
    if file.callbacks:
        faults = [*misplaced(file.callbacks, Definition.parse(definition_text)), *_unfit(file)]
        if faults:
            listed = "; ".join(f"{fault.path} {fault.message}" for fault in faults)
            raise InvalidDefinition(f"machine.json: {listed}.", errors=faults)


def _unfit(file: MachineFile) -> Iterator[FieldError]:
    """A fault for each output of a button that its state's schema refuses."""
    for state in filter(file.output_schemas.__contains__, file.callbacks):
        schema = InputSchema(file.output_schemas[state], root="output")
        for choice in file.callbacks[state].choices():
            if choice.outcome is not Outcome.SUCCESS:
                continue
            try:
                schema.check(choice.body["output"])
            except InvalidOutput as error:
                for fault in error.errors:
                    path = f"callbacks.{state}.{choice.name}.{fault.path}"
                    yield FieldError(path, fault.message)


def _checked_name(name: str) -> str:
    if not _MACHINE_NAME.fullmatch(name):
        raise InvalidName(f"{name!r} is no name: up to 80 letters, digits, _ and - are.")
    return name


def _check_schema(schema: InputSchema, field: str) -> None:
    try:
        schema.compile()
    except InvalidDefinition as error:
        raise InvalidDefinition(f"{field}: {error.detail}", errors=error.errors) from error
