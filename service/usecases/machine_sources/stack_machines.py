"""Reads the state machines of a SAM or CloudFormation template, as CDK synthesises one too, with
the functions behind them and what the template creates for them."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from handrail.core.definition.logging_configuration import LoggingPart
from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json
from handrail.usecases.machine_folder import METADATA, FolderProblem, MachineFolder, Refused

from .definition_files import definition_text, document, json_text, written_in
from .described_folder import described_beside, name_from
from .sam_config import given_parameters
from .stack_functions import FUNCTIONS, FoundFunction, found_function
from .stack_resources import Resource, physical_name
from .stack_seeds import seeds_of
from .stack_values import NO_VALUE, StackValues

_MACHINES = {
    "AWS::Serverless::StateMachine": "Type",
    "AWS::StepFunctions::StateMachine": "StateMachineType",
}
_GROUP = re.compile(r":log-group:(?:[\w./#-]|\$\{\w+\})+(?::\*)?$")
_LOGGING = {
    "AWS::Serverless::StateMachine": "Logging",
    "AWS::StepFunctions::StateMachine": "LoggingConfiguration",
}
_NESTED = {"AWS::Serverless::Application": "Location", "AWS::CloudFormation::Stack": "TemplateURL"}


def machines_of(
    template: Json,
    path: Path,
    *,
    alone: bool,
    refused: Refused,
    given: Mapping[str, str] | None = None,
    around: tuple[Path, ...] = (),
) -> tuple[MachineFolder, ...]:
    """Every state machine of the template at `path`, and of templates nested in it; `refused` is
    told of those that can't be read. Names that the template leaves to CloudFormation begin with
    the folder's name unless it stands `alone`; `given` are its parameters, else samconfig.toml's;
    `around` are the templates that it is nested in. Raises InvalidDefinition where it is no
    template."""
    values = _values(template, path, alone=alone, given=given)
    for logical_id in template["Resources"]:
        if logical_id.startswith("Fn::"):
            refused(FolderProblem(path, f"{logical_id} in Resources can't be evaluated."))
    present = [each for each in values.resources.values() if _present(each, template, values)]
    functions = {each.name: each for each in _functions(present, values, path.parent)}
    seeds, notes = seeds_of(present, values)
    found: list[MachineFolder] = []
    for resource in present:
        if resource.type in _MACHINES:
            values.notes[:] = notes if not found else ()  # what isn't created is said once
            try:
                found.append(_machine(resource, values, path, list(functions.values()), seeds))
            except InvalidDefinition as error:
                detail = error.detail.removeprefix(f"{path.parent}/")
                refused(
                    FolderProblem(path, f"{resource.logical_id}: {detail}", resource.logical_id)
                )
    for resource in present:
        if resource.type in _NESTED:
            within = (*around, path.resolve())
            found += _nested(resource, values, path, alone=alone, refused=refused, around=within)
    return tuple(found)


def _nested(
    resource: Resource,
    values: StackValues,
    path: Path,
    *,
    alone: bool,
    refused: Refused,
    around: tuple[Path, ...],
) -> tuple[MachineFolder, ...]:
    """Of a stack whose template is here; CDK's stand beside this one, and are found there."""
    where = resource.properties.get(_NESTED[resource.type])
    if not isinstance(where, str) or not (inner := path.parent / where).is_file():
        return ()
    if inner.resolve() in around:
        refused(FolderProblem(inner, f"{resource.logical_id}: it is nested in itself."))
        return ()
    try:
        given = values.of(resource.properties.get("Parameters") or {})
        texts = {name: values.text(value) for name, value in given.items()}
        found = document(inner)
        return machines_of(found, inner, alone=alone, refused=refused, given=texts, around=around)
    except InvalidDefinition as error:
        refused(FolderProblem(inner, error.detail.removeprefix(str(inner)).lstrip("/: ")))
        return ()


def _functions(
    resources: list[Resource], values: StackValues, folder: Path
) -> Iterator[FoundFunction]:
    """Without those whose name can't be decided: nor can it where they are used."""
    for resource in resources:
        if resource.type in FUNCTIONS:
            with suppress(InvalidDefinition):
                yield found_function(resource, values, folder)


def _values(
    template: Json, path: Path, *, alone: bool, given: Mapping[str, str] | None
) -> StackValues:
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise InvalidDefinition("has no Resources.")
    stack = name_from(path.resolve().parent.name)
    resources = {
        logical_id: _resource(logical_id, declared, template, "" if alone else stack)
        for logical_id, declared in template["Resources"].items()
        if isinstance(declared, dict) and isinstance(declared.get("Type"), str)
    }
    return StackValues(
        stack,
        parameters=template.get("Parameters") or {},
        mappings=template.get("Mappings") or {},
        conditions=template.get("Conditions") or {},
        resources=resources,
        given=given_parameters(path.parent / "samconfig.toml") if given is None else given,
    )


def _resource(logical_id: str, declared: Mapping[str, Json], template: Any, stack: str) -> Resource:
    """With the template's Globals, which SAM's functions and state machines have."""
    properties = dict(declared.get("Properties") or {})
    service, _, kind = declared["Type"].rpartition("::")
    if service == "AWS::Serverless":
        common = (template.get("Globals") or {}).get(kind) or {}
        properties = _merged(common, properties)
    return Resource(logical_id, declared["Type"], properties, stack)


def _merged(common: Mapping[str, Json], own: Mapping[str, Json]) -> dict[str, Json]:
    merged = {**common, **own}
    for name in common.keys() & own.keys():
        if isinstance(common[name], dict) and isinstance(own[name], dict):
            merged[name] = _merged(common[name], own[name])
    return merged


def _present(resource: Resource, template: Any, values: StackValues) -> bool:
    condition = template["Resources"][resource.logical_id].get("Condition")
    return condition is None or values.holds(condition)


def _machine(
    resource: Resource,
    values: StackValues,
    path: Path,
    functions: list[FoundFunction],
    seeds: Mapping[str, Any],
) -> MachineFolder:
    properties, lines = resource.properties, None
    if (template := _inline(properties, values)) is None:
        definition = _definition_file(properties, values, path.parent)
        template, lines = definition_text(definition), written_in(definition)
    given = values.of(properties.get("DefinitionSubstitutions") or {})
    substitutions = {name: _as_text(name, value) for name, value in given.items()}
    text = f"{template}\n{json.dumps(substitutions)}"
    used = [each for each in functions if _uses(text, each.name)]
    known = {
        "name": physical_name(resource, values.of),
        "type": values.text(properties.get(_MACHINES[resource.type], "STANDARD")),
        "substitutions": substitutions,
        "handlers": {each.name: each.handler for each in used if each.handler},
        **_logging(resource, values),
        **seeds,
    }
    file = described_beside(path, resource.logical_id, known)
    missing = [each for each in used if each.name not in file.handlers]
    notes = [f"the function {each.name} isn't run here: {each.reason}" for each in missing]
    return MachineFolder(
        path,
        template,
        file,
        functions={each.name: each.details for each in used},
        notes=(*notes, *values.notes),
        in_stack=True,
        written_in=lines,
        described_in=f"{resource.logical_id}.{METADATA}",
    )


def _logging(resource: Resource, values: StackValues) -> dict[str, Json]:
    """As machine.json has it; what only AWS can say of it is left to AWS."""
    try:
        found = values.of(resource.properties.get(_LOGGING[resource.type]) or {})
        groups = [each["CloudWatchLogsLogGroup"] for each in found.get("Destinations") or ()]
        group = next((each["LogGroupArn"] for each in groups), None)
        known = {"level": found["Level"], "log_group": group}
        known["include_execution_data"] = found.get("IncludeExecutionData", False)
        if group is not None and not _GROUP.search(group):
            return {}
        return {"logging": LoggingPart.model_validate(known).model_dump(mode="json")}
    except (InvalidDefinition, ValidationError, KeyError, TypeError, AttributeError):
        return {}


def _inline(properties: Mapping[str, Json], values: StackValues) -> str | None:
    """The definition as JSON, where it stands in the template."""
    for name in ("Definition", "DefinitionString"):
        if (written := properties.get(name)) is not None:
            found = values.of(written)
            return found if isinstance(found, str) else json_text(found)
    return None


def _definition_file(properties: Mapping[str, Json], values: StackValues, folder: Path) -> Path:
    """Raises InvalidDefinition where the template has no definition, or it isn't here."""
    where = properties.get("DefinitionUri", properties.get("DefinitionS3Location"))
    if where is None:
        raise InvalidDefinition("the template gives it no definition.")
    if isinstance(location := values.of(where), str):
        if location.startswith("s3://"):
            raise InvalidDefinition(f"its definition is in a bucket: {location}.")
        return folder / location
    key = str(location.get("Key", "")).rpartition("/")[2] if isinstance(location, dict) else ""
    for file in (folder / key, folder / f"asset.{key}"):  # as CDK names its copy
        if key and file.is_file():
            return file
    raise InvalidDefinition(f"its definition is in a bucket: {json.dumps(location)}.")


def _as_text(name: str, value: Json) -> str:
    """CloudFormation fills a number in as its text, within the quotation marks that there are."""
    if isinstance(value, dict | list) or value is NO_VALUE:
        raise InvalidDefinition(f"the substitution {name} is no text.")
    return value if isinstance(value, str) else json.dumps(value)


def _uses(text: str, name: str) -> bool:
    return f":function:{name}" in text or f'"{name}"' in text
