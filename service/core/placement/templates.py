"""Reads a Task's Parameters or Arguments into the tree of what it does with the token."""

from collections.abc import Callable

from service.core.definition import QueryLanguage, State
from service.core.models import Json

from .intrinsics import read_expression
from .jsonata import read_jsonata
from .nodes import NOTHING, Fields, Items, Node, Nothing
from .paths import Root, read_path

_MARKS = ("{%", "%}")


def placement(state: State) -> Node:
    """What the state sends, seen from its token. `Nothing` where it sends the token nowhere."""
    if "Arguments" in state.raw:
        return _arguments(state.raw["Arguments"])
    root = _root(state.raw.get("InputPath"))
    if "Parameters" in state.raw:
        return _parameters(state.raw["Parameters"], root)
    return NOTHING if state.query_language is QueryLanguage.JSONATA else root


def _root(input_path: Json) -> Root:
    """An InputPath may select the context object, then `$` means that."""
    if not isinstance(input_path, str) or not input_path.startswith("$$"):
        return NOTHING
    return read_path(input_path, NOTHING)


def _parameters(template: Json, root: Root) -> Node:
    if not isinstance(template, dict):
        return _inside(template, lambda item: _parameters(item, root))
    fields: list[tuple[str, Node]] = []
    for key, value in template.items():
        if key.endswith(".$") and isinstance(value, str):
            fields.append((key[:-2], read_expression(value, root)))
        else:
            fields.append((key, _parameters(value, root)))
    return Fields(tuple(fields))


def _arguments(template: Json) -> Node:
    if isinstance(template, str):
        text = template.strip()
        if text.startswith(_MARKS[0]) and text.endswith(_MARKS[1]):
            return read_jsonata(text[2:-2])
        return Nothing(template)
    if isinstance(template, dict):
        return Fields(tuple((key, _arguments(value)) for key, value in template.items()))
    return _inside(template, _arguments)


def _inside(template: Json, read: Callable[[Json], Node]) -> Node:
    if isinstance(template, list):
        return Items(tuple(map(read, template)))
    return Nothing(template) if isinstance(template, str) else NOTHING
