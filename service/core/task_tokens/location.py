"""Finds where a state puts its task token: reads a template backwards.

`placement(state)` reads a Task's Parameters (JSONPath) or Arguments (JSONata) into a small tree
of `nodes`; `tree.extract(value)` walks what AWS really sent along that tree and finds the token.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import re
from collections.abc import Callable, Sequence
from itertools import chain

from service.core.definition.definition import QueryLanguage, State
from service.core.models import Json

from . import nodes
from .jsonata import read_jsonata
from .nodes import NOTHING, TemplateNode

_NAME = re.compile(r"\s*(States\.\w+)\s*\(")
_CLOSE = re.compile(r"\s*\)\s*")
_STRING = re.compile(r"\s*'((?:[^'\\]|\\.)*)'\s*", re.DOTALL)
_WORD = re.compile(r"\s*(-?[\d.]+(?:[eE][-+]?\d+)?|true|false|null)\s*")
_PATH = re.compile(r"""\s*(\$(?:[^,()\[\]\s]|\[(?:'[^']*'|"[^"]*"|[^\]'"])*\])*)\s*""")
_KEY = re.compile(r"""\.([^\W\d][\w-]*)|\[\s*'([^']*)'\s*\]|\[\s*"([^"]*)"\s*\]""")


def placement(state: State) -> TemplateNode:
    """The value that the state sends, seen from its token; `Nothing` where it doesn't send it."""
    if "Arguments" in state.raw:
        return _arguments(state.raw["Arguments"])
    input_path = str(state.raw.get("InputPath"))
    root = _path(input_path, NOTHING) if input_path.startswith("$$") else NOTHING
    if "Parameters" in state.raw:
        return _parameters(state.raw["Parameters"], root)
    return NOTHING if state.query_language is QueryLanguage.JSONATA else root


def _parameters(template: Json, root: TemplateNode) -> TemplateNode:
    if not isinstance(template, dict):
        return _inside(template, lambda item: _parameters(item, root))
    fields: list[TemplateNode] = []
    for key, value in template.items():
        if key.endswith(".$") and isinstance(value, str):
            fields.append(nodes.Field((_expression(value, root),), key[:-2]))
        else:
            fields.append(nodes.Field((_parameters(value, root),), key))
    return nodes.Composite(tuple(fields))


def _arguments(template: Json) -> TemplateNode:
    if isinstance(template, dict):
        fields = (nodes.Field((_arguments(value),), key) for key, value in template.items())
        return nodes.Composite(tuple(fields))
    text = template.strip() if isinstance(template, str) else ""
    if text.startswith("{%") and text.endswith("%}"):
        return read_jsonata(text[2:-2])
    return _inside(template, _arguments)


def _inside(template: Json, read: Callable[[Json], TemplateNode]) -> TemplateNode:
    if isinstance(template, list):
        return nodes.Items(tuple(map(read, template)))
    return nodes.Nothing(template) if isinstance(template, str) else NOTHING


def _expression(text: str, root: TemplateNode) -> TemplateNode:
    """The value of a `"key.$"` field. One we can't read carries the token if it names it.

    `root` is what `$` stands for: Nothing, or the token in an input taken from the context."""
    try:
        node, end = _read(text, 0, root)
        if text[end:].strip():
            raise ValueError(text)
    except (ValueError, RecursionError):
        return nodes.Somewhere() if "$$" in text else root.anywhere()
    return node


def _path(path: str, root: TemplateNode) -> TemplateNode:
    """The value at `$$.Task.Token`, `$['Task']`, … A `$variable` was set before the token was.

    Where the path does anything but follow keys (`..`, `*`, an index, a filter), the token may be
    anywhere in what it selects."""
    node: TemplateNode = nodes.TASK
    if path.startswith("$$"):
        rest = path[2:]
    elif path[1:2] in {"", ".", "["}:
        node, rest = root, path[1:]
    else:
        return NOTHING
    while rest:
        if (match := _KEY.match(rest)) is None:
            return node.anywhere()
        node = node.at_key(match[1] or match[2] or match[3] or "")
        rest = rest[match.end() :]
    return node


def _read(text: str, at: int, root: TemplateNode) -> tuple[TemplateNode, int]:
    """One expression that begins here, and where it ends. Raises ValueError."""
    if match := _NAME.match(text, at):
        arguments: list[TemplateNode] = []
        at = match.end()
        while (close := _CLOSE.match(text, at)) is None:
            if arguments and text[at : at + 1] != ",":
                raise ValueError(text)
            node, at = _read(text, at + bool(arguments), root)
            arguments.append(node)
        return nodes.call(_FUNCTIONS, match[1], arguments), close.end()
    if match := _STRING.match(text, at):
        return nodes.Nothing(re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL)), match.end()
    if match := _WORD.match(text, at):
        return nodes.Nothing(match[1]), match.end()
    if match := _PATH.match(text, at):
        return _path(match[1], root), match.end()
    raise ValueError(text)


def _format(arguments: Sequence[TemplateNode]) -> TemplateNode:
    template, *values = arguments
    text = template.text if isinstance(template, nodes.Nothing) else None
    if text is None or text.count("{}") != len(values):
        return nodes.Somewhere()
    first, *pieces = map(nodes.Nothing, text.split("{}"))
    return nodes.Concat((first, *chain.from_iterable(zip(values, pieces, strict=True))))


def _string_to_json(arguments: Sequence[TemplateNode]) -> TemplateNode:
    text = arguments[0]
    if isinstance(text, nodes.Coded) and text.codec == "json":
        return text.parts[0]
    return nodes.Somewhere()


_FUNCTIONS: dict[str, nodes.Function] = {
    "States.Hash": lambda _: NOTHING,
    "States.ArrayLength": lambda _: NOTHING,
    "States.ArrayContains": lambda _: NOTHING,
    "States.Format": _format,
    "States.JsonToString": "json",
    "States.StringToJson": _string_to_json,
    "States.Array": lambda arguments: nodes.Items(tuple(arguments)),
    "States.JsonMerge": lambda arguments: nodes.Composite(tuple(arguments)),
    "States.Base64Encode": "base64",
    "States.Base64Decode": "from_base64",
}
