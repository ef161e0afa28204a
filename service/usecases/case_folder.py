"""Reads the cases of a state machine: files of JSON or YAML in the folder `cases` beside its
definition."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json
from handrail.core.stand_ins.case_file import FOLDER, CaseFile

from .machine_folder import text_of

SUFFIXES = (".json", ".yaml", ".yml")
_STEP = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True, slots=True)
class FoundCase:
    """`machine` is the folder of the state machine that the case is of."""

    machine: Path
    name: str
    path: Path
    file: CaseFile


def case_files(folder: Path) -> tuple[Path, ...]:
    """Of a state machine's folder, by name."""
    files = (folder / FOLDER).iterdir() if (folder / FOLDER).is_dir() else ()
    return tuple(sorted(file for file in files if file.suffix in SUFFIXES))


def read_case(path: Path) -> FoundCase:
    """Raises InvalidDefinition, one line that names the file and the line in it."""
    text = text_of(path)
    document = _json(path, text) if path.suffix == ".json" else _yaml(path, text)
    try:
        return FoundCase(path.parent.parent, path.stem, path, CaseFile.read(document))
    except InvalidDefinition as error:
        found = (
            f"{path}:{line_of(text, each.path)}: {each.path}: {each.message}"
            for each in error.errors
        )
        raise InvalidDefinition("; ".join(found), errors=error.errors) from error


def line_of(text: str, path: str) -> int:
    """The line on which the last key of `expect.output_paths.$.x` or `a[0].b` is found, each behind
    the one before it; the first where none is."""
    position = 0
    for key in _STEP.findall(path):
        found = re.compile(rf"""(?<![\w$])["']?{re.escape(key)}["']?\s*:""").search(text, position)
        position = found.start() if found else position
    return text.count("\n", 0, position) + 1


def _json(path: Path, text: str) -> Json:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise InvalidDefinition(f"{where}: is not JSON: {error.msg}.") from error
    except RecursionError as error:
        raise InvalidDefinition(f"{path}:1: is nested too deeply.") from error


def _yaml(path: Path, text: str) -> Json:
    try:
        import yaml  # noqa: PLC0415 comes with handrail[local]
    except ModuleNotFoundError as error:
        raise InvalidDefinition(f"{path}: needs PyYAML: pip install 'handrail[local]'.") from error
    try:
        # as JSON has it: a date is a text, and so is every key
        document: Any = yaml.load(text, _loader(yaml))  # noqa: S506 a SafeLoader
        return json.loads(json.dumps(document))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise InvalidDefinition(f"{path}:{line}:{column}: is not YAML: {error.problem}.") from error
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        raise InvalidDefinition(f"{path}:1: can't be read as JSON values: {error}") from error


def _loader(yaml: Any) -> Any:
    loader = type("JsonLoader", (yaml.SafeLoader,), {})
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return loader
