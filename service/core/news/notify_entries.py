"""Reads `notify`: who is told what of a state machine's executions, in its `machine.json` and in
HANDRAIL_NOTIFY. No message quotes a secret or a URL."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Self

from pydantic import (
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from handrail.core.access.webhook_secrets import check_secret
from handrail.core.definition.callback_choices import Part
from handrail.core.definition.definition import Definition
from handrail.core.definition.field_errors import field_errors
from handrail.core.definition.substitution import fill, filled, names
from handrail.core.errors import FieldError, InvalidDefinition
from handrail.core.json_text import exact
from handrail.core.machine_patterns import MachinePatterns
from handrail.core.models import Json

from .news_kinds import check_kind, never_told, of_waiting
from .targets import THE_NEWS, StartTarget, Target, WebhookTarget, parse_target
from .then_expressions import faults_of

SETTING = "HANDRAIL_NOTIFY"
_VARIABLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_CLOSED = ConfigDict(hide_input_in_errors=True)


class StartEntry(Part):
    """An execution to start. Without an input it gets the news' own document."""

    machine: str = Field(min_length=1)
    input: Json = Field(default=THE_NEWS, repr=False)

    @field_validator("input")
    @classmethod
    def _can_be_evaluated(cls, value: Json) -> Json:
        if faults := "; ".join(faults_of(value)):
            raise ValueError(faults)
        return value


class NotifyEntry(Part):
    """One subscription. `secret` is `whsec_…`, or `env:NAME` for the variable that holds it."""

    model_config = _CLOSED

    on: list[str] = Field(min_length=1)
    url: str | None = Field(default=None, min_length=1, repr=False)
    secret: str | None = Field(default=None, repr=False)
    links: bool = False
    then: StartEntry | None = None

    @field_validator("on")
    @classmethod
    def _are_kinds(cls, kinds: list[str]) -> list[str]:
        for number, kind in enumerate(kinds):
            check_kind(kind)
            if kind in kinds[:number]:
                raise ValueError(f"{kind} stands there twice")
        return kinds

    @field_validator("secret")
    @classmethod
    def _is_a_secret(cls, secret: str | None) -> str | None:
        if secret is not None and not _VARIABLE.fullmatch(secret):
            if not secret.startswith("whsec_"):
                raise ValueError("reads whsec_…, or env:NAME for the variable that holds it")
            check_secret(secret)
        return secret

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if (self.url is None) == (self.then is None):
            raise ValueError("has either a url or a then")
        if self.url is None and self.secret is not None:
            raise ValueError("secret: a then takes none")
        if self.links and (self.url is None or not any(map(of_waiting, self.on))):
            raise ValueError("links: only news of waiting that is sent to a url carries one")
        if self.url is not None and not names(self.url):
            try:
                parse_target(self.url, self.secret)
            except ValueError as error:
                raise ValueError(f"url: {error}") from None
        return self

    @property
    def secret_is_written(self) -> bool:
        """Whether it stands here itself, and not the name of a variable."""
        return self.secret is not None and not _VARIABLE.fullmatch(self.secret)

    def filled(self, values: Mapping[str, Json]) -> Self:
        """Raises InvalidDefinition where a name has no value, pydantic's ValidationError where the
        result can't be used."""
        url, then = self.url and fill(self.url, values), self.then
        if then is not None:
            given = filled(then.input, values)
            then = StartEntry(machine=fill(then.machine, values), input=given)
        return self.model_validate({**dict(self), "url": url, "then": then})

    def target(self, environment: Mapping[str, str]) -> Target:
        """Raises ValueError, which names the variable, where the secret's is missing or no
        secret."""
        if self.then is not None:
            return StartTarget(self.then.machine, self.then.input)
        target = parse_target(self.url or "", self.secret)
        if isinstance(target, WebhookTarget) and (named := _VARIABLE.fullmatch(target.secret)):
            if not (secret := environment.get(named[1], "").strip()):
                raise ValueError(f"the variable {named[1]}, which holds its secret, isn't set")
            try:
                check_secret(secret)
            except ValueError as error:
                raise ValueError(f"the variable {named[1]} {error}") from None
            return WebhookTarget(target.url, secret)
        return target


class MachinesEntry(NotifyEntry):
    """One of HANDRAIL_NOTIFY. `machines` reads as HANDRAIL_MACHINES, or is a list of the same; all
    that are served where it is missing."""

    machines: str | list[str] = ""

    @field_validator("machines")
    @classmethod
    def _name_machines(cls, value: str | list[str], info: ValidationInfo) -> str | list[str]:
        MachinePatterns.parse(_joined(value))
        return value

    @property
    def patterns(self) -> MachinePatterns:
        return MachinePatterns.parse(_joined(self.machines))


def _joined(machines: str | list[str]) -> str:
    return machines if isinstance(machines, str) else ",".join(machines)


_ENTRIES = TypeAdapter(list[MachinesEntry])


def parse_notify(text: str) -> tuple[MachinesEntry, ...]:
    """Read HANDRAIL_NOTIFY. Raises ValueError with each mistake and where it is."""
    try:
        given = exact(text)
    except ValueError:
        raise ValueError("is no JSON: it is a list of who is told what") from None
    try:
        entries = tuple(_ENTRIES.validate_python(given))
    except ValidationError as error:
        faults = field_errors(error, root="it")
        raise ValueError("; ".join(f"{each.path}: {each.message}" for each in faults)) from None
    if any(entry.url is not None and names(entry.url) for entry in entries):
        raise ValueError("a url here holds no ${…}: nothing fills it in")
    return entries


def filled_entries(
    entries: Iterable[NotifyEntry], values: Mapping[str, Json]
) -> tuple[NotifyEntry, ...]:
    """With their `${…}` filled in. Raises InvalidDefinition naming the entry."""
    found = []
    for number, entry in enumerate(entries):
        try:
            found.append(entry.filled(values))
        except ValidationError as error:
            faults = field_errors(error, root="")
            faults = [
                FieldError(f"notify[{number}].{each.path}".rstrip("."), each.message)
                for each in faults
            ]
            listed = "; ".join(f"{fault.path} {fault.message}" for fault in faults)
            raise InvalidDefinition(f"machine.json: {listed}.", errors=faults) from None
        except InvalidDefinition as error:
            raise InvalidDefinition(f"machine.json: notify[{number}]: {error.detail}") from None
    return tuple(found)


def faults_in(entries: Iterable[NotifyEntry], definition: Definition) -> Iterator[FieldError]:
    """A fault for each kind of news that no execution of this definition has."""
    for number, entry in enumerate(entries):
        for place, kind in enumerate(entry.on):
            if (why := never_told(kind, definition)) is not None:
                yield FieldError(f"notify[{number}].on[{place}]", why)
