"""Fills the title of a question, `Approve order {order_id}`, from what its task was called with."""

import re
from collections.abc import Iterator

from handrail.core.json_text import json_bytes, whole
from handrail.core.models import Json

from .parameter_references import Missing, check_reference, find, read_parameters

LONGEST_VALUE = 80
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
_LITERAL = {"{{": "{", "}}": "}"}
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # turn what follows around


def check_title(title: str) -> str:
    """Raises ValueError where braces name nothing; `{{` is a brace."""
    for piece, name in _pieces(title):
        if name is not None:
            check_reference(name)
        elif piece in {"{", "}"}:
            raise ValueError("a brace stands alone: write {{ or }} for one that is text")
    return title


def named_in(title: str) -> list[str]:
    """The names and paths in its braces."""
    return [name for _, name in _pieces(title) if name is not None]


def filled_title(title: str, parameters: str | None) -> str:
    """One line. A value that isn't there, or isn't known, is said to be so in its place."""
    try:
        known, value = True, read_parameters(parameters)
    except ValueError:
        known, value = False, None
    filled = []
    for piece, name in _pieces(title):
        if name is None:
            filled.append(_LITERAL.get(piece, piece))
        elif not known:
            filled.append(f"({name} is not known)")
        else:
            filled.append(_found(name, value))
    return "".join(filled)


def _pieces(title: str) -> Iterator[tuple[str, str | None]]:
    for piece in _PIECE.finditer(title):
        yield piece[0], piece[1]


def _found(name: str, parameters: Json) -> str:
    try:
        value = find(name, parameters)
    except Missing:
        return f"(there is no {name})"
    text = whole(value) if isinstance(value, str) else json_bytes(value).decode()
    line = _TURNING.sub("", _UNSEEN.sub(" ", text)).strip()
    return line if len(line) <= LONGEST_VALUE else f"{line[: LONGEST_VALUE - 1]}…"
