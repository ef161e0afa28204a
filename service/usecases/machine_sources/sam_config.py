"""Reads the parameters that `sam deploy` gives a template, from the samconfig.toml beside it."""

import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from handrail.core.errors import InvalidDefinition
from handrail.usecases.machine_folder import text_of


def given_parameters(file: Path) -> dict[str, str]:
    """Those of the environment `default`. Raises InvalidDefinition where the file is no TOML."""
    if not file.is_file():
        return {}
    try:
        default = tomllib.loads(text_of(file)).get("default")
        return {name: value for table in _tables(default) for name, value in _overrides(table)}
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise InvalidDefinition(f"{file}: can't be read: {error}.") from error


def _tables(default: Any) -> Iterator[Any]:
    """What is for every command, then what is for deploying, which goes before it."""
    for command in ("global", "deploy"):
        found = default.get(command) if isinstance(default, dict) else None
        if isinstance(found, dict) and isinstance(table := found.get("parameters"), dict):
            yield table.get("parameter_overrides", "")


def _overrides(written: Any) -> Iterator[tuple[str, str]]:
    """`Stage="prod" Email=a@b`, in a text or in a list of them."""
    for text in written if isinstance(written, list) else [written]:
        for part in shlex.split(str(text)):
            name, equals, value = part.partition("=")
            if equals:
                yield name, value
