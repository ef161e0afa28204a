"""Finds the Python behind a template's Lambda functions."""

import os.path
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json
from handrail.usecases.machine_folder import TemplateFunction

from .stack_resources import Resource, physical_name
from .stack_values import StackValues

FUNCTIONS = frozenset({"AWS::Serverless::Function", "AWS::Lambda::Function"})
INLINE = "index.py"


@dataclass(frozen=True, slots=True)
class FoundFunction:
    """`handler` is as in machine.json, from the template's folder on; None where it can't be run
    here, and `reason` says why."""

    name: str
    handler: str | None
    reason: str = ""
    details: TemplateFunction = field(default_factory=TemplateFunction)


def found_function(resource: Resource, values: StackValues, folder: Path) -> FoundFunction:
    """Raises InvalidDefinition where its name can't be decided."""
    name = physical_name(resource, values.of)
    layers = tuple(_layers(resource.properties, values, folder))
    details = TemplateFunction(_environment(resource.properties, values), layers=layers)
    try:
        runtime = _property(resource, "Runtime", values)
        if not runtime.startswith("python"):
            how = runtime or "an image"
            return FoundFunction(name, None, f"it runs on {how}, not on Python")
        module, _, function = _property(resource, "Handler", values).rpartition(".")
        file = module.replace(".", "/") + ".py"
        if (code := _inline(resource.properties, values)) is not None:
            details = replace(details, inline_code=code)
            return FoundFunction(name, f"{INLINE}:{function}", details=details)
        code_folder = _code_folder(resource.properties, values, folder)
        if not (code_folder / file).is_file():
            where = os.path.relpath(code_folder / file, folder)
            return FoundFunction(name, None, f"there is no {where}")
    except InvalidDefinition as error:
        return FoundFunction(name, None, error.detail)
    path = os.path.relpath(code_folder / file, folder)
    return FoundFunction(name, f"{path}:{function}", details=details)


def _property(resource: Resource, name: str, values: StackValues) -> str:
    found = resource.properties.get(name)
    return values.text(found) if found is not None else ""


def _inline(properties: Mapping[str, Json], values: StackValues) -> str | None:
    code = properties.get("InlineCode")
    if isinstance(packed := properties.get("Code"), dict):
        code = packed.get("ZipFile", code)
    return None if code is None else values.text(code)


def _code_folder(properties: Mapping[str, Json], values: StackValues, folder: Path) -> Path:
    """Raises InvalidDefinition where the code is in a bucket, and no copy is here."""
    code = properties.get("CodeUri", properties.get("Code", "."))
    if isinstance(code, dict) and code.keys() & {"S3Key", "Key"}:
        key = code.get("S3Key", code.get("Key", ""))
        code = f"asset.{values.text(key).rpartition('/')[2].removesuffix('.zip')}"  # CDK's copy
        if not (folder / code).is_dir():
            raise InvalidDefinition("its code is in a bucket")
    path = values.text(code)
    if path.startswith("s3://"):
        raise InvalidDefinition("its code is in a bucket")
    return folder / path


def _layers(properties: Mapping[str, Json], values: StackValues, folder: Path) -> Iterator[Path]:
    """Of those layers whose content is here, as Lambda looks for modules in them."""
    layers = properties.get("Layers")
    for node in layers if isinstance(layers, list) else ():
        logical_id = node.get("Ref") if isinstance(node, dict) else None
        layer = values.resources.get(str(logical_id))
        content = layer.properties.get("ContentUri") if layer is not None else None
        if isinstance(content, str):
            for path in (folder / content / "python", folder / content):
                if path.is_dir():
                    yield path.resolve()


def _environment(properties: Mapping[str, Json], values: StackValues) -> dict[str, str]:
    """Those that can be decided."""
    environment = properties.get("Environment")
    variables = environment.get("Variables") if isinstance(environment, dict) else None
    found: dict[str, str] = {}
    for name, node in (variables if isinstance(variables, dict) else {}).items():
        with suppress(InvalidDefinition):
            found[name] = values.text(node)
    return found
