"""Reads JSONPath payload expressions: paths and intrinsic functions.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import re
from collections.abc import Sequence

from .nodes import (
    NOTHING,
    AnyOf,
    Coded,
    Concat,
    Function,
    Items,
    Nothing,
    Somewhere,
    TemplateNode,
    TokenAt,
    UnreadableError,
    at_key,
    call,
)

_NAME = re.compile(r"\s*(States\.\w+)\s*\(")
_CLOSE = re.compile(r"\s*\)\s*")
_STRING = re.compile(r"\s*'((?:[^'\\]|\\.)*)'\s*", re.DOTALL)
_WORD = re.compile(r"\s*(-?[\d.]+(?:[eE][-+]?\d+)?|true|false|null)\s*")
_PATH = re.compile(r"""\s*(\$(?:[^,()\[\]\s]|\[(?:'[^']*'|"[^"]*"|[^\]'"])*\])*)\s*""")
_KEY = re.compile(r"""\.([^\W\d][\w-]*)|\[\s*'([^']*)'\s*\]|\[\s*"([^"]*)"\s*\]""")


def read_expression(text: str, root: TemplateNode) -> TemplateNode:
    """The value of a `"key.$"` field. One we can't read carries the token if it names it.

    `root` is what `$` stands for: Nothing, or the token in an input taken from the context."""
    try:
        node, end = _read(text, 0, root)
        if text[end:].strip():
            raise UnreadableError
    except (UnreadableError, RecursionError):
        return Somewhere() if "$$" in text or root.carries() else NOTHING
    return node


def read_path(path: str, root: TemplateNode) -> TemplateNode:
    """The value at `$$.Task.Token`, `$['Task']`, … A `$variable` was set before the token was.

    Where the path does anything but follow keys (`..`, `*`, an index, a filter), the token may be
    anywhere in what it selects."""
    node: TemplateNode = TokenAt(("Task", "Token"))
    if path.startswith("$$"):
        rest = path[2:]
    elif path[1:2] in {"", ".", "["}:
        node, rest = root, path[1:]
    else:
        return NOTHING
    while rest:
        match = _KEY.match(rest)
        if match is None:
            return Somewhere() if node.carries() else NOTHING
        node = at_key(node, match[1] or match[2] or match[3] or "")
        rest = rest[match.end() :]
    return node


def _read(text: str, at: int, root: TemplateNode) -> tuple[TemplateNode, int]:
    """One expression that begins here, and where it ends."""
    if match := _NAME.match(text, at):
        arguments: list[TemplateNode] = []
        at = match.end()
        while (close := _CLOSE.match(text, at)) is None:
            if arguments and text[at : at + 1] != ",":
                raise UnreadableError
            node, at = _read(text, at + bool(arguments), root)
            arguments.append(node)
        return call(_FUNCTIONS, match[1], arguments), close.end()
    if match := _STRING.match(text, at):
        return Nothing(re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL)), match.end()
    if match := _WORD.match(text, at):
        return Nothing(match[1]), match.end()
    if match := _PATH.match(text, at):
        return read_path(match[1], root), match.end()
    raise UnreadableError


def _format(arguments: Sequence[TemplateNode]) -> TemplateNode:
    template = arguments[0]
    if not isinstance(template, Nothing) or template.text is None:
        return Somewhere()
    pieces = template.text.split("{}")
    if len(pieces) != len(arguments):
        return Somewhere()
    parts: list[TemplateNode] = [Nothing(pieces[0])]
    for argument, piece in zip(arguments[1:], pieces[1:], strict=True):
        parts += (argument, Nothing(piece))
    return Concat.of(parts)


def _string_to_json(arguments: Sequence[TemplateNode]) -> TemplateNode:
    text = arguments[0]
    return text.parts[0] if isinstance(text, Coded) and text.codec == "json" else Somewhere()


_FUNCTIONS: dict[str, Function] = {
    "States.Format": _format,
    "States.JsonToString": "json",
    "States.StringToJson": _string_to_json,
    "States.Array": lambda arguments: Items(tuple(arguments)),
    "States.JsonMerge": lambda arguments: AnyOf(tuple(arguments)),
    "States.Base64Encode": "base64",
    "States.Base64Decode": "from_base64",
    "States.Hash": lambda _: NOTHING,
    "States.ArrayLength": lambda _: NOTHING,
    "States.ArrayContains": lambda _: NOTHING,
}
