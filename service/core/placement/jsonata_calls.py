"""What JSONata's functions make of a token among their arguments.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

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
    argument_text,
)

_TOKENLESS = {"boolean", "contains", "count", "exists", "hash", "length", "not", "type"}


def call(name: str, arguments: Sequence[Node]) -> Node:
    """The value of `$name(arguments…)`."""
    if name in _TOKENLESS or not any(a.carries() for a in arguments):
        return NOTHING
    build = _FUNCTIONS.get(name)
    return build(arguments) if build else Somewhere()


def singled(node: Node) -> Node:
    """An item of the value, whichever: JSONata makes no difference between x and [x]."""
    return AnyOf(node.items) if isinstance(node, Items) else AnyOf((node, Items((node,))))


def _append(arguments: Sequence[Node]) -> Node:
    items: list[Node] = []
    for argument in arguments:
        items += argument.items if isinstance(argument, Items) else (argument,)
    return Items(tuple(items))


def _join(arguments: Sequence[Node]) -> Node:
    texts, *rest = arguments
    separator = rest[0] if rest else Nothing("")
    if not isinstance(texts, Items):
        return singled(texts) if not separator.carries() else Somewhere()
    parts: list[Node] = []
    for item in texts.items:
        parts += (separator, argument_text(item))
    return Concat(tuple(parts[1:]))


def _coded(codec: str) -> Callable[[Sequence[Node]], Node]:
    return lambda arguments: Coded(codec, arguments[0])


_FUNCTIONS: dict[str, Callable[[Sequence[Node]], Node]] = {
    "append": _append,
    "base64decode": _coded("from_base64"),
    "base64encode": _coded("base64"),
    "decodeUrlComponent": _coded("from_url"),
    "encodeUrl": _coded("url"),
    "encodeUrlComponent": _coded("url"),
    "join": _join,
    "merge": lambda arguments: singled(arguments[0]),
    "string": _coded("text"),
    "trim": lambda arguments: arguments[0],
}
