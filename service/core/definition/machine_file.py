"""Reads `machine.json`, which describes the state machine of a folder of `state_machines/`. It and
the definition beside it may hold the names of `known_names`; the definition also those under
`substitutions`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from handrail.core.errors import FieldError, InvalidDefinition, InvalidName, InvalidOutput
from handrail.core.execution_logging import ExecutionLogging
from handrail.core.history.outcomes import Outcome
from handrail.core.json_text import exact
from handrail.core.limits import check_name
from handrail.core.machine_encryption import MachineEncryption
from handrail.core.models import Account, Json, MachineType
from handrail.core.news.notify_entries import NotifyEntry, faults_in, filled_entries
from handrail.core.partitions import url_suffix
from handrail.core.stand_ins.answers import StandIn

from .callback_choices import Callback, Part
from .definition import Definition
from .encryption_configuration import EncryptionPart
from .field_errors import field_errors
from .json_schema import InputSchema
from .logging_configuration import LoggingPart
from .substitution import fill, filled, substitute
from .table_keys import TableKeys

DEVELOPMENT = "dev"
_SUBSTITUTION = re.compile(r"[A-Za-z0-9_]+")
_UPPER = BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)
_HANDLER = re.compile(r"[\w./-]+\.py:\w+")


class MachineFile(Part):
    """One `machine.json`. `handlers` maps Lambda function names to the Python that answers for
    them on a laptop (`handlers.py:charge_card`), where `queues`, `topics`, `buckets`, `tables`,
    `parameters` and `secrets` are created too, and `setup` is called once; `activities` are created
    everywhere. `output_schemas` and `callbacks` are by the state that waits for one, `stand_ins` by
    the state whose task they answer for on a laptop. `notify` says who is told what of its
    executions."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: str = Field(min_length=1)
    type: Annotated[MachineType, _UPPER] = MachineType.STANDARD
    description: str | None = None
    input_schema: dict[str, Json] | bool | None = None
    output_schemas: dict[str, dict[str, Json] | bool] = Field(default_factory=dict)
    callbacks: dict[str, Callback] = Field(default_factory=dict)
    substitutions: dict[str, Json] = Field(default_factory=dict)
    role_arn: str | None = None
    logging: LoggingPart | None = None
    encryption: EncryptionPart | None = None
    handlers: dict[str, str] = Field(default_factory=dict)
    queues: list[str] = Field(default_factory=list)
    topics: list[str] = Field(default_factory=list)
    buckets: list[str] = Field(default_factory=list)
    tables: dict[str, TableKeys] = Field(default_factory=dict)
    parameters: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, Json] = Field(default_factory=dict)
    setup: str | None = None
    activities: list[str] = Field(default_factory=list)
    stand_ins: dict[str, StandIn] = Field(default_factory=dict)
    notify: list[NotifyEntry] = Field(default_factory=list)

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read a `machine.json`. Raises InvalidDefinition with a field error for each mistake."""
        try:
            return cls.model_validate(exact(text))
        except ValidationError as error:
            errors = field_errors(error, root="machine.json")
            listed = "; ".join(f"{e.path}: {e.message}" for e in errors)
            raise InvalidDefinition(f"machine.json: {listed}", errors=errors) from error
        except ValueError as error:
            faults = [FieldError("machine.json", f"is not JSON: {error}")]
            raise InvalidDefinition(f"machine.json is not JSON: {error}", errors=faults) from error

    @field_validator("substitutions", "handlers")
    @classmethod
    def _well_formed(cls, entries: dict[str, Json], info: ValidationInfo) -> dict[str, Json]:
        for name, text in entries.items():
            if info.field_name == "substitutions" and not _SUBSTITUTION.fullmatch(name):
                raise ValueError(f"{name} can't stand in ${{…}}: use letters, digits and _")
            if info.field_name == "handlers" and not _HANDLER.fullmatch(text):
                raise ValueError(f"{name}: a handler reads <file>.py:<function>")
        return entries

    @field_validator("setup")
    @classmethod
    def _names_a_function(cls, text: str | None) -> str | None:
        if text is not None and not _HANDLER.fullmatch(text):
            raise ValueError("a setup reads <file>.py:<function>")
        return text


@dataclass(frozen=True, slots=True)
class RenderedMachine:
    """A state machine ready to deploy to one account, region and environment."""

    name: str
    type: MachineType
    definition_text: str
    role_arn: str | None = None
    activities: tuple[str, ...] = ()
    logging: ExecutionLogging | None = None
    encryption: MachineEncryption | None = None
    notify: tuple[NotifyEntry, ...] = ()


def known_names(account: Account, environment: str) -> dict[str, str]:
    """What `${…}` may name without being given, by our names and by CloudFormation's."""
    suffix = url_suffix(account.partition)
    return {
        "PARTITION": account.partition,
        "REGION": account.region,
        "ACCOUNT_ID": account.account_id,
        "URL_SUFFIX": suffix,
        "AWS::Partition": account.partition,
        "AWS::Region": account.region,
        "AWS::AccountId": account.account_id,
        "AWS::URLSuffix": suffix,
        **stage_names(environment),
    }


def stage_names(environment: str) -> dict[str, str]:
    """What `${…}` may name wherever a name is given: the stage, and what tells names of stages of
    one account and region apart."""
    suffix = "" if environment == DEVELOPMENT else f"-{environment}"
    return {"ENVIRONMENT": environment, "SUFFIX": suffix}


def rendered(
    file: MachineFile, template: str, *, account: Account, environment: str
) -> RenderedMachine:
    """Fill the file and its definition's template in. Raises InvalidDefinition (a name without a
    value, no JSON, a broken schema, `callbacks` of a state that waits for none, a button whose
    output `output_schemas` refuses, `notify` of what can't happen) and InvalidName where AWS
    wouldn't take the resulting name."""
    schemas = {
        f"output_schemas.{state}": InputSchema(schema, root="output")
        for state, schema in file.output_schemas.items()
    }
    if file.input_schema is not None:
        schemas["input_schema"] = InputSchema(file.input_schema)
    for field, schema in schemas.items():
        try:
            schema.compile()
        except InvalidDefinition as error:
            raise InvalidDefinition(f"{field}: {error.detail}", errors=error.errors) from error
    known = known_names(account, environment)
    values = {name: filled(value, known) for name, value in file.substitutions.items()} | known
    name, definition_text = _checked_name(fill(file.name, values)), substitute(template, values)
    if file.callbacks or file.stand_ins or file.notify:
        faults = [*_faults(file, Definition.parse(definition_text))]
        if faults:
            listed = "; ".join(f"{fault.path} {fault.message}" for fault in faults)
            raise InvalidDefinition(f"machine.json: {listed}.", errors=faults)
    role_arn = file.role_arn and fill(file.role_arn, values)
    activities = tuple(_checked_name(fill(activity, values)) for activity in file.activities)
    logging = None if file.logging is None else file.logging.filled(values, account)
    encryption = None if file.encryption is None else file.encryption.filled(values)
    return RenderedMachine(
        name,
        file.type,
        definition_text,
        role_arn,
        activities,
        logging,
        encryption,
        filled_entries(file.notify, values),
    )


def _faults(file: MachineFile, definition: Definition) -> Iterator[FieldError]:
    """A fault for each of `callbacks` whose state waits for none, for each button whose output its
    state's schema refuses, for each of `stand_ins` that is for no task, and for each of `notify`
    that no execution has."""
    if file.notify and file.type is MachineType.EXPRESS:
        yield FieldError("notify", "no news is told of Express executions: no history is kept")
    yield from faults_in(file.notify, definition)
    waiting = {state.name for state in definition.all_states if state.waits_for_callback}
    for name in file.stand_ins:
        meant = definition.states.get(name)
        if meant is None or meant.type != "Task":
            yield FieldError(f"stand_ins.{name}", "is no Task" if meant else "is no state's name")
    for state, callback in file.callbacks.items():
        if state not in waiting:
            known = state in definition.states
            message = "is a state without .waitForTaskToken" if known else "is no state's name"
            yield FieldError(f"callbacks.{state}", message)
        if (schema := file.output_schemas.get(state)) is not None:
            yield from _refused_outputs(state, callback, schema)


def _refused_outputs(
    state: str, callback: Callback, schema: Mapping[str, Json] | bool
) -> Iterator[FieldError]:
    """What is asked beside the buttons, and who answered, need not stand in their outputs."""
    if isinstance(schema, Mapping) and isinstance(required := schema.get("required"), list):
        asked = {callback.answered_by, *(field.name for field in callback.fields(schema) or ())}
        schema = {**schema, "required": [name for name in required if name not in asked]}
    checked = InputSchema(schema, root="output")
    for choice in callback.choices():
        try:
            if choice.outcome is Outcome.SUCCESS:
                checked.check(choice.body["output"])
        except InvalidOutput as error:
            for fault in error.errors:
                yield FieldError(f"callbacks.{state}.{choice.name}.{fault.path}", fault.message)


def _checked_name(name: str) -> str:
    try:
        check_name(name)
    except InvalidName as error:
        raise InvalidName(f"{name!r} is no name: {error.detail}", errors=error.errors) from error
    return name
