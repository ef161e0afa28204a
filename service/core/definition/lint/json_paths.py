"""Reads JSONPath as Step Functions takes it, after Jayway JsonPath: whether a path can be read at
all, and whether it is a reference path, which leads to one place.

https://states-language.net/#path, https://github.com/json-path/JsonPath
"""

import re
from dataclasses import dataclass

_ROOT = re.compile(r"\$\$|\$(?P<variable>[^\W\d]\w*)?")
_NAME = re.compile(r"(?:[^.\[\]()'\"\s,\\]|\\.)+")
_INTEGERS = re.compile(r"\s*-?\d+\s*(?:,\s*-?\d+\s*)*")
_SLICE = re.compile(r"\s*(?:-?\d+)?\s*:\s*(?:-?\d+)?\s*(?::\s*(?:-?\d+)?\s*)?")
_QUOTED = re.compile(r"""\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*""")
_EMPTY = re.compile(r"\??\s*(?:\(\s*\))?")
_REGEX = re.compile(r"/(?:[^/\\\n]|\\.)+/[a-z]*")
_OPENED = {"(": ")", "[": "]", "{": "}"}


class MalformedPath(Exception):
    """Says what can't be read, and where."""


@dataclass(frozen=True, slots=True)
class ReadPath:
    """`end` is where it ends in the text; `definite`, that it can find one place only; `variable`
    its name where it begins with one, `context` that it reads the context object."""

    end: int
    definite: bool
    variable: str | None
    context: bool


def read_path(text: str) -> ReadPath:
    """A path that is the whole text. Raises MalformedPath."""
    read = path_at(text, 0)
    if text[read.end :].strip():
        raise MalformedPath(f"{text[read.end :]!r} can't follow {text[: read.end]!r}")
    return read


def path_at(text: str, start: int) -> ReadPath:
    """The path that begins here; where it ends something else may follow. Raises MalformedPath."""
    root = _ROOT.match(text, start)
    if root is None:
        raise MalformedPath("it doesn't begin with $")
    at, definite = root.end(), True
    while at < len(text) and text[at] in ".[":
        at, one = _step(text, at)
        definite &= one
    return ReadPath(at, definite, root["variable"], root[0] == "$$")


def _step(text: str, at: int) -> tuple[int, bool]:
    if text[at] == "[":
        return _bracket(text, at)
    deep = text.startswith("..", at)
    at += 2 if deep else 1
    if text.startswith("[", at):
        at, one = _bracket(text, at)
        return at, one and not deep
    if text.startswith("*", at):
        return at + 1, False
    name = _NAME.match(text, at)
    if name is None:
        raise MalformedPath(f"a name is missing at position {at + 1}")
    if text.startswith("(", name.end()):  # a function of Jayway's
        return _closing(text, name.end()), False
    return name.end(), not deep


def _bracket(text: str, at: int) -> tuple[int, bool]:
    """What stands in brackets: names, indexes, a slice, a filter, a script, or a wildcard."""
    end = _closing(text, at)
    inner = text[at + 1 : end - 1]
    bare = inner.strip()
    if bare == "*":
        return end, False
    if bare.startswith(("?", "(")):
        if _EMPTY.fullmatch(bare):
            raise MalformedPath(f"the filter at position {at + 1} is empty")
        return end, False
    if _INTEGERS.fullmatch(inner):
        return end, "," not in inner
    if _SLICE.fullmatch(inner):
        return end, False
    names, position = 0, 0
    while (quoted := _QUOTED.match(inner, position)) is not None:
        names, position = names + 1, quoted.end()
        if not inner.startswith(",", position):
            break
        position += 1
    if not names or position != len(inner):
        raise MalformedPath(f"[{inner}] holds neither a name in quotes nor an index")
    return end, names == 1


def _closing(text: str, at: int) -> int:
    """Behind the bracket that closes the one here. Raises MalformedPath where there is none."""
    awaited = [_OPENED[text[at]]]
    position = at + 1
    while awaited and position < len(text):
        mark = text[position]
        skipped = _QUOTED.match(text, position) if mark in "'\"" else None
        if mark == "/" and text[:position].rstrip().endswith("=~"):
            skipped = _REGEX.match(text, position)
        if skipped:
            position = skipped.end()
            continue
        if mark in _OPENED:
            awaited.append(_OPENED[mark])
        elif mark == awaited[-1]:
            awaited.pop()
        position += 1
    if awaited:
        raise MalformedPath(f"the {text[at]} at position {at + 1} isn't closed")
    return position
