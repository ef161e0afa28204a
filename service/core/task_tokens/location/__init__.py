"""Finds where a state puts its task token: reads a template backwards.

`placement(state)` reads a Task's Parameters (JSONPath) or Arguments (JSONata) into a small tree
of `nodes`; `tree.extract(value)` walks what AWS really sent along that tree and finds the token.
"""

from collections.abc import Callable

from service.core.definition.definition import QueryLanguage, State
from service.core.models import Json

from .intrinsics import read_expression, read_path
from .jsonata import read_jsonata
from .nodes import NOTHING, Fields, Items, Nothing, TemplateNode

__all__ = ["TemplateNode", "placement"]


def placement(state: State) -> TemplateNode:
    """The value that the state sends, seen from its token; `Nothing` where it doesn't send it."""
    if "Arguments" in state.raw:
        return _arguments(state.raw["Arguments"])
    input_path = str(state.raw.get("InputPath"))
    root = read_path(input_path, NOTHING) if input_path.startswith("$$") else NOTHING
    if "Parameters" in state.raw:
        return _parameters(state.raw["Parameters"], root)
    return NOTHING if state.query_language is QueryLanguage.JSONATA else root


def _parameters(template: Json, root: TemplateNode) -> TemplateNode:
    if not isinstance(template, dict):
        return _inside(template, lambda item: _parameters(item, root))
    fields: list[tuple[str, TemplateNode]] = []
    for key, value in template.items():
        if key.endswith(".$") and isinstance(value, str):
            fields.append((key[:-2], read_expression(value, root)))
        else:
            fields.append((key, _parameters(value, root)))
    return Fields.of(fields)


def _arguments(template: Json) -> TemplateNode:
    if isinstance(template, dict):
        return Fields.of((key, _arguments(value)) for key, value in template.items())
    text = template.strip() if isinstance(template, str) else ""
    if text.startswith("{%") and text.endswith("%}"):
        return read_jsonata(text[2:-2])
    return _inside(template, _arguments)


def _inside(template: Json, read: Callable[[Json], TemplateNode]) -> TemplateNode:
    if isinstance(template, list):
        return Items(tuple(map(read, template)))
    return Nothing(template) if isinstance(template, str) else NOTHING
