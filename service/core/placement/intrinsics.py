"""JSONPath payload expressions: paths and intrinsic functions.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import re
from collections.abc import Callable, Sequence

from .nodes import (
    NOTHING,
    AnyOf,
    Coded,
    Concat,
    Items,
    Node,
    Nothing,
    Somewhere,
    UnreadableError,
    argument_text,
)
from .paths import Root, read_path

_NAME = re.compile(r"\s*(States\.\w+)\s*\(")
_STRING = re.compile(r"\s*'((?:[^'\\]|\\.)*)'\s*", re.DOTALL)
_WORD = re.compile(r"\s*(-?[\d.]+(?:[eE][-+]?\d+)?|true|false|null)\s*")
_PATH = re.compile(r"""\s*(\$(?:[^,()\[\]\s]|\[(?:'[^']*'|"[^"]*"|[^\]'"])*\])*)\s*""")


def read_expression(text: str, root: Root) -> Node:
    """The value of a `"key.$"` field. One we can't read carries the token if it names it."""
    try:
        node, end = _Reader(text, root).read(0)
    except (UnreadableError, RecursionError):
        return _by_mention(text, root)
    return node if not text[end:].strip() else _by_mention(text, root)


class _Reader:
    def __init__(self, text: str, root: Root) -> None:
        self._text = text
        self._root = root

    def read(self, at: int) -> tuple[Node, int]:
        if match := _NAME.match(self._text, at):
            arguments, end = self._arguments(match.end())
            return _call(match[1], arguments), end
        if match := _STRING.match(self._text, at):
            return Nothing(_unescape(match[1])), match.end()
        if match := _WORD.match(self._text, at):
            return Nothing(match[1]), match.end()
        if match := _PATH.match(self._text, at):
            return read_path(match[1], self._root), match.end()
        raise UnreadableError

    def _arguments(self, at: int) -> tuple[list[Node], int]:
        arguments: list[Node] = []
        if self._text[at:].lstrip().startswith(")"):
            return arguments, self._text.index(")", at) + 1
        while True:
            node, at = self.read(at)
            arguments.append(node)
            mark = self._text[at : at + 1]
            at += 1
            if mark == ")":
                spaces = len(self._text[at:]) - len(self._text[at:].lstrip())
                return arguments, at + spaces
            if mark != ",":
                raise UnreadableError


def _by_mention(text: str, root: Root) -> Node:
    return Somewhere() if "$$" in text or root.carries() else NOTHING


def _call(name: str, arguments: Sequence[Node]) -> Node:
    if not any(a.carries() for a in arguments):
        return NOTHING
    build = _FUNCTIONS.get(name)
    return build(arguments) if build else Somewhere()


def _format(arguments: Sequence[Node]) -> Node:
    template = arguments[0]
    if not isinstance(template, Nothing) or template.text is None:
        return Somewhere()
    pieces = template.text.split("{}")
    if len(pieces) != len(arguments):
        return Somewhere()
    parts: list[Node] = [Nothing(pieces[0])]
    for argument, piece in zip(arguments[1:], pieces[1:], strict=True):
        parts += (argument_text(argument), Nothing(piece))
    return Concat(tuple(parts))


def _string_to_json(arguments: Sequence[Node]) -> Node:
    match arguments[0]:
        case Coded("json", inner):
            return inner
        case _:
            return Somewhere()


def _coded(codec: str) -> Callable[[Sequence[Node]], Node]:
    return lambda arguments: Coded(codec, arguments[0])


_FUNCTIONS: dict[str, Callable[[Sequence[Node]], Node]] = {
    "States.Format": _format,
    "States.JsonToString": _coded("json"),
    "States.StringToJson": _string_to_json,
    "States.Array": lambda arguments: Items(tuple(arguments)),
    "States.JsonMerge": lambda arguments: AnyOf(tuple(arguments)),
    "States.Base64Encode": _coded("base64"),
    "States.Base64Decode": _coded("from_base64"),
    "States.Hash": lambda _: NOTHING,
    "States.ArrayLength": lambda _: NOTHING,
    "States.ArrayContains": lambda _: NOTHING,
}


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
