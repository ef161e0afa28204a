"""Reference paths into the context object and the input, as far as the token is concerned."""

import re

from .nodes import NOTHING, TASK_TOKEN, Node, Nothing, Somewhere, TokenAt

Root = Node
"""What `$` stands for: Nothing, or where the token is in an input taken from the context."""

_KEY = re.compile(r"""\.([^\W\d][\w-]*)|\[\s*'([^']*)'\s*\]|\[\s*"([^"]*)"\s*\]""")


def read_path(path: str, root: Root) -> Node:
    """The value at `$$.Task.Token`, `$['Task']`, … A `$variable` was set before the token was."""
    if path.startswith("$$"):
        return descend(TokenAt(TASK_TOKEN), path[2:])
    if path[1:2] in {"", ".", "["}:
        return descend(root, path[1:])
    return NOTHING


def descend(node: Node, rest: str) -> Node:
    """Follow `.key` and `['key']` into the value. Where the path does something else (`..`, `*`,
    an index, a filter), the token may be anywhere in what it selects."""
    while rest:
        match = _KEY.match(rest)
        if match is None:
            return Somewhere() if isinstance(node, TokenAt | Somewhere) else NOTHING
        node = at_key(node, match[1] or match[2] or match[3] or "")
        rest = rest[match.end() :]
    return node


def at_key(node: Node, key: str) -> Node:
    """The value under one key."""
    match node:
        case TokenAt(keys):
            return TokenAt(keys[1:]) if keys and keys[0] == key else NOTHING
        case Nothing():
            return NOTHING
        case _:
            return Somewhere()
