"""Finds the places that findings name in the definition's text, and writes them as AWS does."""

import re
from bisect import bisect
from collections.abc import Collection, Iterator, Mapping

from handrail.core.models import Json

from .findings import Step, joined

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]')
_LAST = re.compile(r"(\.[^.\[]*|\[\d+\])$")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")


def lines(text: str, paths: Collection[str]) -> Mapping[str, int]:
    """The line of each of these dotted paths, or of what is nearest around it."""
    if not paths:
        return {}
    breaks = [found.start() for found in re.finditer("\n", text)]
    starts: dict[str, int] = {}
    for path, offset in _members(text):
        starts.setdefault(path, offset)
    found = {}
    for path in paths:
        known = path
        while known and known not in starts:
            known = _LAST.sub("", known) if _LAST.search(known) else ""
        found[path] = bisect(breaks, starts.get(known, 0)) + 1
    return found


def location(raw: Mapping[str, Json], path: str) -> str:
    """A dotted path of this definition as AWS writes it: `/States/Fan/Branches[0]/StartAt`."""
    written = ""
    for step in _steps(raw, path):
        written += f"[{step}]" if isinstance(step, int) else f"/{step}"
    return written or "/"


def _steps(raw: Json, path: str) -> Iterator[Step]:
    """Names may hold dots and brackets: the longest key that fits is meant."""
    here, rest = raw, path
    while rest:
        if isinstance(here, list) and (index := re.match(r"\[(\d+)\]\.?", rest)):
            at = int(index[1])
            rest = rest[index.end() :]
            here = here[at] if at < len(here) else None
            yield at
        else:
            keys = here if isinstance(here, Mapping) else {}
            fits = [key for key in keys if rest == key or rest.startswith((f"{key}.", f"{key}["))]
            step = max(fits, key=len, default=rest.partition(".")[0])
            rest = rest[len(step) :].removeprefix(".")
            here = keys.get(step)
            yield step


def _members(text: str) -> Iterator[tuple[str, int]]:
    """Each member of each object and array of this JSON: its dotted path, where it begins."""
    around: list[tuple[str, int | None]] = []  # the path, and the index of an array's next item
    path, index, key = "", None, ""
    fresh = False  # an item or a key is to come
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if index is not None and fresh and mark != "]":
            yield joined(path, index), token.start()
        if mark in "{[":
            inner = joined(path, index if index is not None else key) if around else ""
            around.append((path, index))
            path, index, fresh = inner, (0 if mark == "[" else None), True
        elif mark in "}]":
            path, index = around.pop()
            fresh = False
        elif mark == ",":
            index = None if index is None else index + 1
            fresh = True
        elif index is None and fresh:
            key = _ESCAPE.sub(_meant, mark[1:-1]) if "\\" in mark else mark[1:-1]
            yield joined(path, key), token.start()
            fresh = False
        else:
            fresh = False


def _meant(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _CONTROLS.get(escape[2], escape[2])
