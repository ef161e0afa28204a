"""Reads the cases of a state machine: files of JSON or YAML in the folder `cases` beside its
definition."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json
from handrail.core.stand_ins.case_file import FOLDER, CaseFile

from .machine_folder import text_of

SUFFIXES = (".json", ".yaml", ".yml")
_STEP = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True, slots=True)
class FoundCase:
    """`home` is the folder that describes the state machine that the case is of, `machine` its
    name or its folder's, None where it is the only one there."""

    home: Path
    machine: str | None
    name: str
    path: Path
    file: CaseFile

    @property
    def label(self) -> str:
        return f"{self.machine or self.home.name}/{self.name}"


def case_files(home: Path) -> tuple[Path, ...]:
    """Of the state machines that a folder describes, by name: `cases/<case>.json`, or where it
    describes several `cases/<state machine>/<case>.json`."""
    files = [*(home / FOLDER).glob("*"), *(home / FOLDER).glob("*/*")]
    return tuple(sorted(file for file in files if file.suffix in SUFFIXES))


def home_of(case: Path) -> Path | None:
    """The folder whose case this file is, None where it is no case's."""
    above = [parent for parent in case.parents[:2] if parent.name == FOLDER]
    return above[0].parent if above and case.suffix in SUFFIXES else None


def read_case(path: Path) -> FoundCase:
    """Raises InvalidDefinition, one line that names the file and the line in it."""
    text = text_of(path)
    document = _json(path, text) if path.suffix == ".json" else _yaml(path, text)
    try:
        home = home_of(path) or path.parent
        machine = None if path.parent.parent == home else path.parent.name
        return FoundCase(home, machine, path.stem, path, CaseFile.read(document))
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
    from handrail.core import yaml_documents  # noqa: PLC0415 needs PyYAML, which few need

    try:
        return yaml_documents.parse(text)
    except InvalidDefinition as error:
        where = "" if error.detail[:1].isdigit() else "1: "
        raise InvalidDefinition(f"{path}:{where}{error.detail}") from error
