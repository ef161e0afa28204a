"""Terraform's files, parsed without Terraform: what is declared, what is referred to, and values as
far as they are written out. A reference stays text: `${var.environment}`."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

from tests.deploy.templates import DEPLOY

MODULE = DEPLOY / "terraform"
EXAMPLE = MODULE / "examples" / "document-review"

_QUOTED = re.compile(r'"(?:[^"\\$]|\\.|\$(?!\{))*"')
_REFERENCE = re.compile(
    r"(?<![\w.\"-])((?:data\.)?aws_\w+\.\w+|(?:var|local|module|path|each|count)\.\w+)"
)
_LOCALS_OF_BLOCKS = ("each", "count", "path")


@cache
def parsed(folder: Path) -> tuple[Mapping[str, Any], ...]:
    """The files of a folder."""
    files = sorted(folder.glob("*.tf"))
    return tuple(_plain(hcl2.loads(path.read_text(encoding="utf-8"))) for path in files)


def blocks(folder: Path, kind: str) -> dict[str, Any]:
    """`variable`, `output` and `module` by name; `resource` and `data` by type and name."""
    found: dict[str, Any] = {}
    for file in parsed(folder):
        for block in file.get(kind, ()):
            for name, body in block.items():
                if kind in ("resource", "data"):
                    found |= {f"{name}.{label}": inner for label, inner in body.items()}
                else:
                    found[name] = body
    return found


def local_values(folder: Path) -> dict[str, Any]:
    """What `locals` says, of all files."""
    return {
        name: value
        for file in parsed(folder)
        for block in file.get("locals", ())
        for name, value in block.items()
    }


def declared(folder: Path) -> set[str]:
    """Everything that a reference may name."""
    return {
        *(f"var.{name}" for name in blocks(folder, "variable")),
        *(f"local.{name}" for name in local_values(folder)),
        *(f"module.{name}" for name in blocks(folder, "module")),
        *(f"data.{name}" for name in blocks(folder, "data")),
        *blocks(folder, "resource"),
    }


def referred_to(folder: Path) -> set[str]:
    """What the expressions of all files name, each without its attributes; what stands between
    quotes is text, but for `${…}` in it."""
    return {
        name
        for file in parsed(folder)
        for expression in _expressions(file)
        for name in _REFERENCE.findall(_QUOTED.sub('""', expression))
        if not name.startswith(_LOCALS_OF_BLOCKS)
    }


def _expressions(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _expressions(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _expressions(each)


def _plain(value: Any) -> Any:
    """python-hcl2's output without its marks and without quotes around literals."""
    if isinstance(value, dict):
        return {
            str(_plain(key)): _plain(each)
            for key, each in value.items()
            if not str(key).startswith("__")
        }
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str) and value.startswith('"') and value.endswith('"'):
        return value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return value
